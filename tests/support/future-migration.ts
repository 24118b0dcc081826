import { MIGRATIONS, type Migration } from '../../src/storage/sqlite/migrations/index.ts'

/** The step after the last one of today. */
export function aFutureMigration(minReader: number): Migration {
  return {
    number: MIGRATIONS.length + 1,
    name: 'of-the-future',
    minReader,
    sql: 'CREATE TABLE invention (id TEXT PRIMARY KEY) STRICT;',
  }
}
