import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from '@jest/globals'
import { createDatabase } from './database.ts'
import { MIGRATIONS } from './migrations/index.ts'
import { createSqliteStorage } from './open-sqlite.ts'
import { migrate } from './schema.ts'

/** Small tables, wanted as a whole; `waiting` is made on the way and has a row for each client, a constant row is one. */
const READ_AS_A_WHOLE = ['stored_key', 'sqlite_sequence', 'waiting', 'CONSTANT ROW']

function plansOfAllStatements(): { sql: string; step: string }[] {
  const connection = new DatabaseSync(':memory:')
  migrate(connection, ':memory:', MIGRATIONS, new Date(0))
  const database = createDatabase(connection)
  const statements: string[] = []
  createSqliteStorage({
    ...database,
    prepare: (sql) => {
      statements.push(sql)
      return database.prepare(sql)
    },
  })
  return statements.flatMap((sql) =>
    connection
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map((row) => ({ sql, step: String(row['detail']) })),
  )
}

describe('the statements of all stores', () => {
  it('go through an index, however large a table becomes', () => {
    const plans = plansOfAllStatements()
    expect(plans.length).toBeGreaterThan(50)
    const scans = plans.filter(({ step }) => /^SCAN (?!.*(USING|VIRTUAL TABLE))/.test(step))
    const unexpected = scans.filter(({ step }) => !READ_AS_A_WHOLE.includes(step.slice('SCAN '.length)))
    expect(unexpected).toEqual([])
  })
})
