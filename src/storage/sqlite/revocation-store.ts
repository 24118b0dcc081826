import type { Dead, Generations, RevocationStore } from '../../domain/revocations/index.ts'
import type { Companions } from './companions.ts'
import type { Database, Row } from './database.ts'
import { fields, toDate } from './fields.ts'

const DEAD = fields('cursor', 'kind', 'id', 'tokenGeneration', 'signInGeneration', 'at')

export function createRevocationStore(database: Database, companions: Companions): RevocationStore {
  // One statement for all owners, so that their numbers are of one moment.
  const findGenerations = database.prepare<Generations>(
    `SELECT coalesce(g.token, 0) AS token, coalesce(g.sign_in, 0) AS signIn
     FROM json_each(:owners) o
     LEFT JOIN generation g ON g.kind = o.value ->> 'kind' AND g.id = o.value ->> 'id'
     ORDER BY o.key`,
  )
  const keepIssuer = database.prepare(
    'INSERT INTO issuer (only, generation) VALUES (1, :value) ON CONFLICT (only) DO NOTHING',
  )
  const findIssuer = database.prepare<{ generation: string }>('SELECT generation FROM issuer WHERE only = 1')
  const isEnded = database.prepare('SELECT 1 FROM ending WHERE kind = :kind AND id = :id')
  const tidy = database.prepare(
    `DELETE FROM ending WHERE rowid IN (SELECT rowid FROM ending WHERE until <= :now LIMIT :limit)`,
  )
  const listDead = database.prepare<Row<Dead>>(
    `SELECT ${DEAD.selected} FROM dead WHERE cursor > :after ORDER BY cursor LIMIT :limit`,
  )
  // Not the greatest row: the newest may have been tidied away.
  const mark = database.prepare(
    `INSERT INTO dead (kind, id, at) SELECT 'everything', '', :at
     WHERE NOT EXISTS (SELECT 1 FROM dead WHERE cursor > :marker AND kind = 'everything')`,
  )
  const newestDead = database.prepare<{ cursor: number }>(
    "SELECT seq AS cursor FROM sqlite_sequence WHERE name = 'dead'",
  )
  const tidyDead = database.prepare(
    'DELETE FROM dead WHERE cursor IN (SELECT cursor FROM dead WHERE at <= :before LIMIT :limit)',
  )

  return {
    findGenerations: (owners) =>
      database.read(() =>
        findGenerations.all({ owners: JSON.stringify(owners) }).map((generations) => ({ ...generations })),
      ),
    raise: (raises, at, audit) =>
      database.write(() => {
        companions.raise(raises, at)
        companions.appendAudit(audit)
      }),
    keepIssuerGeneration: (value) =>
      database.write(() => {
        keepIssuer.run({ value })
        return findIssuer.get({})?.generation ?? value
      }),
    end: (endings, audit) =>
      database.write(() => {
        const ended = endings.map((ending) => companions.end(ending))
        if (ended.includes(true)) companions.appendAudit(audit)
        return ended
      }),
    isEnded: (kind, id) => database.read(() => isEnded.get({ kind, id }) !== null),
    tidy: (now, limit) => database.write(() => tidy.run({ now, limit })),
    raiseAll: (owners, marker, at, audit) =>
      database.write(() => {
        if (mark.run({ marker, at }) === 0) return false
        companions.raise(
          owners.map((owner) => ({ owner, signIn: false })),
          at,
        )
        companions.appendAudit(audit)
        return true
      }),
    listDead: (after, limit) =>
      database.read(() => listDead.all({ after, limit }).map((row) => ({ ...row, at: toDate(row.at) }))),
    newestDead: () => database.read(() => newestDead.get({})?.cursor ?? 0),
    tidyDead: (before, limit) => database.write(() => tidyDead.run({ before, limit })),
  }
}
