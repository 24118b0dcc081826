import type { ClaimedNotice, LogoutNoticeStore } from '../../oidc/index.ts'
import type { Companions } from './companions.ts'
import type { Database, Row } from './database.ts'
import { fields, toDate } from './fields.ts'

const NOTICE = fields('id', 'clientId', 'accountId', 'sessionId', 'sid', 'queuedAt', 'expiresAt')

/** The row of `followed` in which it stands how far the log of what has died is followed up. */
const FOLLOWER = 'logout-notices'

/** A notice waits until it has an `ended_at`. */
export function createLogoutNoticeStore(database: Database, companions: Companions): LogoutNoticeStore {
  const sql = prepareStatements(database)

  return {
    queue: (notices) =>
      database.write(() => notices.reduce((queued, notice) => queued + sql.insert.run(notice), 0)),
    claim: (holder, now, leaseUntil, limit) =>
      database.write(() =>
        sql.claim.all({ holder, now, leaseUntil, limit }).map((row) => ({
          ...row,
          queuedAt: toDate(row.queuedAt),
          expiresAt: toDate(row.expiresAt),
        })),
      ),
    settle: (id, holder, outcome, at, audit) =>
      database.write(() => {
        if (sql.settle.run({ id, holder, outcome, at }) !== 1) return false
        companions.appendAudit(audit)
        return true
      }),
    release: (id, holder, dueAt) => database.write(() => sql.release.run({ id, holder, dueAt }) === 1),
    countWaiting: () => database.read(() => sql.countWaiting.get({})?.count ?? 0),
    followedTo: () => database.read(() => sql.followedTo.get({})?.seq ?? 0),
    follow: (from, to) =>
      database.write(() => {
        sql.begin.run({})
        return sql.follow.run({ from, to }) === 1
      }),
    tidy: (before, limit) => database.write(() => sql.tidy.run({ before, limit })),
  }
}

function prepareStatements(database: Database) {
  return {
    insert: database.prepare(
      `INSERT INTO logout_notice (${NOTICE.columns}, due_at, attempts)
       VALUES (${NOTICE.parameters}, :queuedAt, 0) ON CONFLICT (id) DO NOTHING`,
    ),
    // From client to client along the index, and of each only its first notice: the queue of one may be long.
    claim: database.prepare<Row<ClaimedNotice>>(
      `WITH RECURSIVE waiting (client_id) AS (
         SELECT min(client_id) FROM logout_notice WHERE ended_at IS NULL
         UNION ALL
         SELECT (SELECT min(n.client_id) FROM logout_notice n
           WHERE n.ended_at IS NULL AND n.client_id > waiting.client_id)
         FROM waiting WHERE waiting.client_id IS NOT NULL
       )
       UPDATE logout_notice SET holder = :holder, due_at = :leaseUntil, attempts = attempts + 1
       WHERE position IN (
         SELECT n.position FROM waiting JOIN logout_notice n ON n.position = (
           SELECT f.position FROM logout_notice f
           WHERE f.client_id = waiting.client_id AND f.ended_at IS NULL AND f.due_at <= :now
           ORDER BY f.due_at, f.position LIMIT 1)
         WHERE NOT EXISTS (SELECT 1 FROM logout_notice h
           WHERE h.client_id = waiting.client_id AND h.holder IS NOT NULL AND h.due_at > :now)
         ORDER BY n.due_at, n.position LIMIT :limit)
       RETURNING ${NOTICE.selected}, attempts`,
    ),
    settle: database.prepare(
      `UPDATE logout_notice SET outcome = :outcome, ended_at = :at, holder = NULL
       WHERE id = :id AND holder = :holder`,
    ),
    release: database.prepare(
      'UPDATE logout_notice SET holder = NULL, due_at = :dueAt WHERE id = :id AND holder = :holder',
    ),
    countWaiting: database.prepare<{ count: number }>(
      'SELECT count(*) AS count FROM logout_notice WHERE ended_at IS NULL',
    ),
    followedTo: database.prepare<{ seq: number }>(`SELECT seq FROM followed WHERE name = '${FOLLOWER}'`),
    begin: database.prepare(
      `INSERT INTO followed (name, seq) VALUES ('${FOLLOWER}', 0) ON CONFLICT (name) DO NOTHING`,
    ),
    follow: database.prepare(`UPDATE followed SET seq = :to WHERE name = '${FOLLOWER}' AND seq = :from`),
    tidy: database.prepare(
      `DELETE FROM logout_notice WHERE position IN (
         SELECT position FROM logout_notice WHERE ended_at < :before LIMIT :limit)`,
    ),
  }
}
