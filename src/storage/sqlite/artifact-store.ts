import type { Artifact, ArtifactStore, ConsumeResult } from '../../oidc/index.ts'
import type { Companions } from './companions.ts'
import type { Database, Row } from './database.ts'
import { fields, toDate } from './fields.ts'

const ARTIFACT = fields(
  'model',
  'id',
  'payload',
  'accountId',
  'clientId',
  'grantId',
  'uid',
  'sessionUid',
  'accountGeneration',
  'clientGeneration',
  'issuerGeneration',
  'expiresAt',
  'consumedAt',
)

/** Nothing that it hangs on has died; when it expires is another matter. */
const ALIVE = `
  (a.account_generation IS NULL OR a.account_generation >= coalesce(
    (SELECT g.sign_in FROM generation g WHERE g.kind = 'account' AND g.id = a.account_id), 0))
  AND (a.client_generation IS NULL OR a.client_generation >= coalesce(
    (SELECT g.sign_in FROM generation g WHERE g.kind = 'client' AND g.id = a.client_id), 0))
  AND (a.issuer_generation IS NULL OR a.issuer_generation = (SELECT i.generation FROM issuer i WHERE i.only = 1))
  AND NOT EXISTS (SELECT 1 FROM ending e
    WHERE e.kind = 'grant' AND e.id IN (a.grant_id, CASE a.model WHEN 'Grant' THEN a.id END))
  AND NOT EXISTS (SELECT 1 FROM ending e
    WHERE e.kind = 'session' AND e.id IN (a.session_uid, CASE a.model WHEN 'Session' THEN a.uid END))`

/**
 * The whole rule of what is absent, in the statement that reads or changes the row: no other process can raise a
 * generation or end a grant in between. A Grant is under itself, a Session is its own session.
 */
export const LIVE = `a.expires_at > :now AND ${ALIVE}`

/** Clients are told of a session's death from its payload. One that ran out by itself tells nobody. */
const SESSION_KEPT_MS = 86_400_000

/** Another account signs in with the same session: its stamp is new. The same account keeps the stamp it had. */
const KEPT_GENERATIONS = `
  account_generation = CASE WHEN account_id IS excluded.account_id
    THEN account_generation ELSE excluded.account_generation END,
  client_generation = CASE WHEN client_id IS excluded.client_id
    THEN client_generation ELSE excluded.client_generation END`

const REPLACED = `
  payload = excluded.payload, account_id = excluded.account_id, client_id = excluded.client_id,
  grant_id = excluded.grant_id, uid = excluded.uid, session_uid = excluded.session_uid,
  expires_at = excluded.expires_at`

const INSERT = `INSERT INTO artifact (${ARTIFACT.columns}) VALUES (${ARTIFACT.parameters})
  ON CONFLICT (model, id) DO UPDATE SET ${REPLACED},`

export function createArtifactStore(database: Database, companions: Companions): ArtifactStore {
  const sql = prepareStatements(database)

  return {
    save: (artifact) =>
      database.write(() => {
        sql.save.run(artifact)
      }),
    insert: (artifact, now) => database.write(() => sql.insert.run({ ...artifact, now }) === 1),
    find: (model, id, now) => database.read(() => toArtifact(sql.find.get({ model, id, now }))),
    findByUid: (model, uid, now) => database.read(() => toArtifact(sql.findByUid.get({ model, uid, now }))),
    listByAccount: (model, accountId, now, limit) =>
      database.read(() =>
        sql.listByAccount.all({ model, accountId, now, limit }).map((row) => toArtifact(row)),
      ),
    consume: (model, id, now) =>
      database.write((): ConsumeResult => {
        if (sql.consume.run({ model, id, now }) === 1) return 'won'
        return sql.find.get({ model, id, now }) === null ? 'absent' : 'lost'
      }),
    prolong: ({ model, id, payload: from }, payload, expiresAt, now) =>
      database.write(() => sql.prolong.run({ model, id, from, payload, expiresAt, now }) === 1),
    remove: (model, id) =>
      database.write(() => {
        sql.remove.run({ model, id })
      }),
    endGrant: (id, until, reason, at, audit) =>
      database.write(() => {
        const ended = companions.end({ kind: 'grant', id, at, until, reason })
        if (ended) companions.appendAudit(audit)
        return ended
      }),
    endSession: (sessionUid, until, reason, at, audit) =>
      database.write(() => {
        const ended = companions.end({ kind: 'session', id: sessionUid, at, until, reason })
        for (const { grantId } of sql.grantsOfSession.all({ sessionUid })) {
          companions.end({ kind: 'grant', id: grantId, at, until, reason })
        }
        if (ended) companions.appendAudit(audit)
        return ended
      }),
    listDead: ({ kind, id }, limit) =>
      database.read(() => sql.listDead[kind].all({ id, limit }).map((row) => toArtifact(row))),
    findStoredSession: (uid) => database.read(() => toArtifact(sql.findStoredSession.get({ uid }))),
    removeDead: (artifacts) =>
      database.write(() => {
        for (const { model, id } of artifacts) sql.removeDead.run({ model, id })
      }),
    tidy: (now, limit) => database.write(() => sql.tidy.run({ now, limit })),
  }
}

function prepareStatements(database: Database) {
  return {
    save: database.prepare(`${INSERT} ${KEPT_GENERATIONS}`),
    // An expired row is absent, so its place is free.
    insert: database.prepare(
      `${INSERT} account_generation = excluded.account_generation,
         client_generation = excluded.client_generation,
         issuer_generation = excluded.issuer_generation, consumed_at = excluded.consumed_at
       WHERE artifact.expires_at <= :now`,
    ),
    find: database.prepare<Row<Artifact>>(
      `SELECT ${ARTIFACT.selected} FROM artifact a WHERE a.model = :model AND a.id = :id AND ${LIVE}`,
    ),
    // A session that changes its id keeps its uid: the row written last is the one that counts.
    findByUid: database.prepare<Row<Artifact>>(
      `SELECT ${ARTIFACT.selected} FROM artifact a WHERE a.model = :model AND a.uid = :uid AND ${LIVE}
       ORDER BY a.rowid DESC LIMIT 1`,
    ),
    listByAccount: database.prepare<Row<Artifact>>(
      `SELECT ${ARTIFACT.selected} FROM artifact a
       WHERE a.account_id = :accountId AND a.model = :model AND ${LIVE} ORDER BY a.rowid LIMIT :limit`,
    ),
    consume: database.prepare(
      `UPDATE artifact AS a SET consumed_at = :now
       WHERE a.model = :model AND a.id = :id AND a.consumed_at IS NULL AND ${LIVE}`,
    ),
    prolong: database.prepare(
      `UPDATE artifact AS a SET payload = :payload, expires_at = :expiresAt
       WHERE a.model = :model AND a.id = :id AND a.payload = :from AND ${LIVE}`,
    ),
    remove: database.prepare('DELETE FROM artifact WHERE model = :model AND id = :id'),
    grantsOfSession: database.prepare<{ grantId: string }>(
      `SELECT DISTINCT CASE model WHEN 'Grant' THEN id ELSE grant_id END AS grantId FROM artifact
       WHERE session_uid = :sessionUid AND (model = 'Grant' OR grant_id IS NOT NULL)`,
    ),
    listDead: prepareListsOfDead(database),
    findStoredSession: database.prepare<Row<Artifact>>(
      `SELECT ${ARTIFACT.selected} FROM artifact a WHERE a.model = 'Session' AND a.uid = :uid
       ORDER BY a.rowid DESC LIMIT 1`,
    ),
    removeDead: database.prepare(
      `DELETE FROM artifact AS a WHERE a.model = :model AND a.id = :id AND NOT (${ALIVE})`,
    ),
    tidy: database.prepare(
      `DELETE FROM artifact WHERE rowid IN (SELECT a.rowid FROM artifact a WHERE a.expires_at <= :now
         AND (a.model <> 'Session' OR a.expires_at <= :now - ${SESSION_KEPT_MS} OR (${ALIVE})) LIMIT :limit)`,
    ),
  }
}

/** Each goes through an index of its own; a session's and a grant's own row come last. */
function prepareListsOfDead(database: Database) {
  const list = (...belonging: readonly string[]) =>
    database.prepare<Row<Artifact>>(
      `${belonging
        .map((one) => `SELECT ${ARTIFACT.selected} FROM artifact a WHERE ${one} AND NOT (${ALIVE})`)
        .join(' UNION ALL ')} LIMIT :limit`,
    )
  const sessionOfGrant = "(SELECT g.session_uid FROM artifact g WHERE g.model = 'Grant' AND g.id = :id)"
  return {
    account: list('a.account_id = :id'),
    client: list("a.model = 'Grant' AND a.client_id = :id"),
    session: list('a.session_uid = :id', "a.model = 'Session' AND a.uid = :id"),
    grant: list(`a.session_uid = ${sessionOfGrant} AND a.grant_id = :id`, "a.model = 'Grant' AND a.id = :id"),
  }
}

function toArtifact(row: Row<Artifact>): Artifact
function toArtifact(row: Row<Artifact> | null): Artifact | null
function toArtifact(row: Row<Artifact> | null): Artifact | null {
  return row && { ...row, expiresAt: toDate(row.expiresAt), consumedAt: toDate(row.consumedAt) }
}
