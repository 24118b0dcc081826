import type { ReplaceUserTypeResult, StoredUserType, UserTypeStore } from '../../domain/user-types/index.ts'
import type { Companions } from './companions.ts'
import type { Database } from './database.ts'
import { toDate } from './fields.ts'

interface UserTypeRow {
  readonly body: string
  readonly version: number
  readonly createdAt: number
}

export function createUserTypeStore(database: Database, companions: Companions): UserTypeStore {
  // Every type begins with version 1, so its id is new when that place is free.
  const keep = database.prepare(
    `INSERT INTO user_type (id, version, body, created_at) VALUES (:id, 1, :body, :now)
     ON CONFLICT (id, version) DO NOTHING`,
  )
  const insert = database.prepare(
    'INSERT INTO user_type (id, version, body, created_at) VALUES (:id, :version, :body, :now)',
  )
  const find = database.prepare<UserTypeRow>(
    `SELECT body, version, created_at AS createdAt FROM user_type
     WHERE id = :id ORDER BY version DESC LIMIT 1`,
  )
  const listVersions = database.prepare<UserTypeRow>(
    `SELECT body, version, created_at AS createdAt FROM user_type WHERE id = :id ORDER BY version DESC`,
  )
  const list = database.prepare<UserTypeRow>(
    `SELECT body, version, created_at AS createdAt FROM user_type AS one
     WHERE version = (SELECT max(version) FROM user_type WHERE id = one.id) ORDER BY id`,
  )
  // The index has id and version; a type that is removed and made again has another time.
  const fingerprint = database.prepare<{ readonly print: string }>(
    `SELECT id || ' ' || max(version) || ' ' || created_at AS print FROM user_type GROUP BY id ORDER BY id`,
  )
  const findCreating = database.prepare(
    `SELECT 1 FROM user_type
     WHERE id <> :but AND (id, version) IN (SELECT id, max(version) FROM user_type GROUP BY id)
       AND json_extract(body, '$.passwordless.createsAccounts') LIMIT 1`,
  )

  return {
    keep: (types, now, audit) =>
      database.write(() => {
        const kept = types.filter((type) => keep.run({ id: type.id, body: JSON.stringify(type), now }) === 1)
        if (kept.length > 0) companions.appendAudit(audit)
        return kept.map(({ id }) => id)
      }),
    replace: (type, from, now, { audit, raises }) =>
      database.write((): ReplaceUserTypeResult => {
        if (find.get({ id: type.id })?.version !== from) return 'conflict'
        // Safe to look before acting: nobody else writes while this transaction is open.
        if (type.passwordless?.createsAccounts && findCreating.get({ but: type.id }) !== null) {
          return 'another-creates-accounts'
        }
        insert.run({ id: type.id, version: from + 1, body: JSON.stringify(type), now })
        companions.raise(raises, now)
        companions.appendAudit(audit)
        return 'replaced'
      }),
    find: (id) => database.read(() => toUserType(find.get({ id }))),
    listVersions: (id) => database.read(() => listVersions.all({ id }).map((row) => toUserType(row))),
    fingerprint: () =>
      database.read(() =>
        fingerprint
          .all({})
          .map(({ print }) => print)
          .join(),
      ),
    list: () => database.read(() => list.all({}).map((row) => toUserType(row))),
  }
}

function toUserType(row: UserTypeRow): StoredUserType
function toUserType(row: UserTypeRow | null): StoredUserType | null
function toUserType(row: UserTypeRow | null): StoredUserType | null {
  return row && { type: JSON.parse(row.body), version: row.version, createdAt: toDate(row.createdAt) }
}
