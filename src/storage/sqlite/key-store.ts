import type { KeyStore, StoredKey } from '../../domain/keys/index.ts'
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

export function createKeyStore(database: Database): KeyStore {
  const list = database.prepare<Row<StoredKey>>(
    `SELECT ${KEY.selected} FROM stored_key ORDER BY created_at, position`,
  )
  const keep = database.prepare(
    `INSERT INTO stored_key (${KEY.columns}) VALUES (${KEY.parameters}) ON CONFLICT (slot) DO NOTHING`,
  )

  return {
    list: () => database.read(() => list.all({}).map(toKey)),
    keep: (keys) =>
      database.write(() => {
        for (const key of keys) keep.run(key)
      }),
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
