import type { ProgressStore, StoredProgress } from '../../domain/progress/index.ts'
import type { Database, Row } from './database.ts'
import { fields, toDate } from './fields.ts'

const PROGRESS = fields('idHash', 'state', 'version', 'expiresAt')

export function createProgressStore(database: Database): ProgressStore {
  const insert = database.prepare(
    `INSERT INTO progress (${PROGRESS.columns}) VALUES (${PROGRESS.parameters})`,
  )
  const find = database.prepare<Row<StoredProgress>>(
    `SELECT ${PROGRESS.selected} FROM progress WHERE id_hash = :idHash AND expires_at > :now`,
  )
  const advance = database.prepare(
    `UPDATE progress SET state = :state, version = version + 1, expires_at = :expiresAt
     WHERE id_hash = :idHash AND version = :from AND expires_at > :now`,
  )
  const remove = database.prepare('DELETE FROM progress WHERE id_hash = :idHash')
  const tidy = database.prepare(
    `DELETE FROM progress WHERE rowid IN (SELECT rowid FROM progress WHERE expires_at <= :now LIMIT :limit)`,
  )

  return {
    insert: (progress) =>
      database.write(() => {
        insert.run(progress)
      }),
    find: (idHash, now) => database.read(() => toProgress(find.get({ idHash, now }))),
    advance: (idHash, from, state, expiresAt, now) =>
      database.write(() => advance.run({ idHash, from, state, expiresAt, now }) === 1),
    remove: (idHash) =>
      database.write(() => {
        remove.run({ idHash })
      }),
    tidy: (now, limit) => database.write(() => tidy.run({ now, limit })),
  }
}

function toProgress(row: Row<StoredProgress> | null): StoredProgress | null {
  return row && { ...row, expiresAt: toDate(row.expiresAt) }
}
