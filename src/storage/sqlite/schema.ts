import type { DatabaseSync } from 'node:sqlite'
import { StartRefused } from '../../lib/errors.ts'
import type { Migration } from './migrations/index.ts'

interface SchemaVersions {
  readonly schemaVersion: number
  readonly minReader: number
}

/**
 * Refuses a store that is not ours or that this version must not read; only looks. `known` is the schema version
 * that this code was written for.
 */
export function checkSchema(connection: DatabaseSync, file: string, known: number): SchemaVersions {
  const tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
  if (tables.length === 0) return { schemaVersion: 0, minReader: 0 }
  const names = tables.map((table) => table['name'])
  if (!names.includes('meta') || !names.includes('migration')) throw foreign(file)

  const rows = connection.prepare('SELECT key, value FROM meta').all()
  const meta = new Map(rows.map((row) => [row['key'], row['value']]))
  const schemaVersion = meta.get('schemaVersion')
  const minReader = meta.get('minReader')
  if (typeof schemaVersion !== 'number' || typeof minReader !== 'number') throw foreign(file)
  if (minReader > known) {
    throw new StartRefused(
      `The store ${file} was brought up to date by a newer Latchkey: it needs one that knows schema version ` +
        `${minReader}, this one knows ${known}. Start the newer version, or restore a backup from before the update.`,
    )
  }
  return { schemaVersion, minReader }
}

function foreign(file: string): StartRefused {
  return new StartRefused(
    `The store ${file} is a database, but not one of Latchkey. Name another file; a new one is made by itself.`,
  )
}

/**
 * Runs the steps that the store does not have yet, all in one transaction. Two processes that start at once wait
 * for each other here, and the second finds nothing left to do.
 */
export function migrate(
  connection: DatabaseSync,
  file: string,
  migrations: readonly Migration[],
  now: Date,
): void {
  const known = migrations.at(-1)?.number ?? 0
  connection.exec('BEGIN IMMEDIATE')
  try {
    // Again, under the lock: a newer version may have been faster.
    const before = checkSchema(connection, file, known)
    const pending = migrations.filter(({ number }) => number > before.schemaVersion)
    if (before.schemaVersion === 0) connection.exec(BOOKKEEPING)
    for (const migration of pending) apply(connection, migration, now)
    connection.exec('COMMIT')
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK')
    throw error
  }
}

const BOOKKEEPING = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
`

function apply(connection: DatabaseSync, { number, name, minReader, sql }: Migration, now: Date): void {
  connection.exec(sql)
  connection
    .prepare('INSERT INTO migration (number, name, at) VALUES (?, ?, ?)')
    .run(number, name, now.getTime())
  connection
    .prepare(
      `INSERT INTO meta (key, value) VALUES ('schemaVersion', ?), ('minReader', ?)
       ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)`,
    )
    .run(number, minReader)
}
