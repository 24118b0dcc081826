import type { ClaimedMessage, MessageStore } from '../../domain/delivery/index.ts'
import { type Companions, QUEUED_MESSAGE } from './companions.ts'
import type { Database, Row } from './database.ts'
import { fields, toDate } from './fields.ts'

const CLAIMED = fields(...QUEUED_MESSAGE, 'attempts')

/** How many expired messages one claim empties: more than ever expire between two claims. */
const EXPIRED_PER_CLAIM = 500

/**
 * A message waits until it has an `ended_at`. Its holder has it until somebody else claims it: one that was slow
 * to send may still say so when nobody did.
 */
export function createMessageStore(database: Database, companions: Companions): MessageStore {
  const sql = prepareStatements(database)

  return {
    insert: (messages) =>
      database.write(() => {
        const [first] = messages
        return first ? companions.queueMessages(messages, first.queuedAt) : { ok: true, queued: true }
      }),
    claim: (holder, now, leaseUntil, limit) =>
      database.write(() => {
        sql.expire.run({ now })
        return sql.claim.all({ holder, now, leaseUntil, limit }).sort(newestFirst).map(toClaimed)
      }),
    markSent: (id, holder, at) =>
      database.write(() => sql.end.run({ id, holder, at, outcome: 'sent', reason: null }) === 1),
    markFailed: (id, holder, at, reason) =>
      database.write(() => sql.end.run({ id, holder, at, outcome: 'failed', reason }) === 1),
    release: (id, holder, at) => database.write(() => sql.release.run({ id, holder, at }) === 1),
    countWaiting: (now) => database.read(() => sql.countWaiting.get({ now })?.count ?? 0),
    tidy: (before, limit) => database.write(() => sql.tidy.run({ before, limit })),
  }
}

function prepareStatements(database: Database) {
  return {
    expire: database.prepare(
      `UPDATE message SET content = x'', outcome = 'expired', ended_at = expires_at, holder = NULL
       WHERE position IN (SELECT position FROM message
         WHERE ended_at IS NULL AND expires_at <= :now LIMIT ${EXPIRED_PER_CLAIM})`,
    ),
    claim: database.prepare<Row<ClaimedMessage> & { position: number }>(
      `UPDATE message SET holder = :holder, claimable_at = :leaseUntil, attempts = attempts + 1
       WHERE position IN (SELECT position FROM message
         WHERE ended_at IS NULL AND expires_at > :now AND coalesce(claimable_at, 0) <= :now
         ORDER BY queued_at DESC, position DESC LIMIT :limit)
       RETURNING ${CLAIMED.selected}, position`,
    ),
    end: database.prepare(
      `UPDATE message SET content = x'', outcome = :outcome, reason = :reason, ended_at = :at, holder = NULL
       WHERE id = :id AND holder = :holder`,
    ),
    release: database.prepare(
      'UPDATE message SET holder = NULL, claimable_at = :at WHERE id = :id AND holder = :holder',
    ),
    countWaiting: database.prepare<{ count: number }>(
      'SELECT count(*) AS count FROM message WHERE ended_at IS NULL AND expires_at > :now',
    ),
    tidy: database.prepare(
      `DELETE FROM message WHERE position IN (
         SELECT position FROM message WHERE ended_at < :before
         UNION ALL SELECT position FROM message WHERE ended_at IS NULL AND expires_at < :before
         LIMIT :limit)`,
    ),
  }
}

type Claimed = Row<ClaimedMessage> & { readonly position: number }

/** RETURNING promises no order. */
function newestFirst(a: Claimed, b: Claimed): number {
  return b.queuedAt - a.queuedAt || b.position - a.position
}

function toClaimed({ position: _, ...row }: Claimed): ClaimedMessage {
  return { ...row, queuedAt: toDate(row.queuedAt), expiresAt: toDate(row.expiresAt) }
}
