import type { KeyStore, StoredKey } from '../../domain/keys/index.ts'
import type { Companions } from './companions.ts'
import type { Database, Row } from './database.ts'
import { fields, toDate } from './fields.ts'

const KEY = fields(
  'id',
  'slot',
  'use',
  'purpose',
  'sealed',
  'masterKeyId',
  'createdAt',
  'publishedAt',
  'activeAt',
  'retiredAt',
)

export function createKeyStore(database: Database, companions: Companions): KeyStore {
  const list = database.prepare<Row<StoredKey>>(
    `SELECT ${KEY.selected} FROM stored_key ORDER BY created_at, position`,
  )
  const keep = database.prepare(
    `INSERT INTO stored_key (${KEY.columns}) VALUES (${KEY.parameters}) ON CONFLICT (slot) DO NOTHING`,
  )
  const isTaken = database.prepare('SELECT 1 FROM stored_key WHERE slot = :slot')
  const retire = database.prepare(
    `UPDATE stored_key SET retired_at = :retiredAt
     WHERE use = 'signing' AND (retired_at IS NULL OR retired_at > :retiredAt)`,
  )
  const rewrap = database.prepare(
    `UPDATE stored_key SET sealed = :sealed, master_key_id = :masterKeyId
     WHERE id = :id AND master_key_id = :from`,
  )
  const tidy = database.prepare(
    `DELETE FROM stored_key WHERE position IN
       (SELECT position FROM stored_key WHERE use = 'signing' AND retired_at <= :now LIMIT :limit)`,
  )

  return {
    list: () => database.read(() => list.all({}).map(toKey)),
    keep: (keys) =>
      database.write(() => {
        for (const key of keys) keep.run(key)
      }),
    rotate: (next, retiredAt, audit) =>
      database.write(() => {
        if (next.some(({ slot }) => isTaken.get({ slot }) !== null)) return false
        retire.run({ retiredAt })
        for (const key of next) keep.run(key)
        companions.appendAudit(audit)
        return true
      }),
    rewrap: (keys, audit) =>
      database.write(() => {
        const changed = keys.filter(({ id, from, sealed, masterKeyId }) => {
          return rewrap.run({ id, from, sealed, masterKeyId }) === 1
        })
        if (changed.length > 0) companions.appendAudit(audit)
        return changed.length
      }),
    tidy: (now, limit) => database.write(() => tidy.run({ now, limit })),
  }
}

function toKey(row: Row<StoredKey>): StoredKey {
  return {
    ...row,
    createdAt: toDate(row.createdAt),
    publishedAt: toDate(row.publishedAt),
    activeAt: toDate(row.activeAt),
    retiredAt: toDate(row.retiredAt),
  }
}
