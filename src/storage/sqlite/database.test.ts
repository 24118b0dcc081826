import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { openConnection } from './connection.ts'
import { createDatabase, type Database } from './database.ts'
import type { Migration } from './migrations/index.ts'

const THINGS: Migration = {
  number: 1,
  name: 'things',
  minReader: 1,
  sql: `CREATE TABLE thing (id INTEGER PRIMARY KEY, bulk BLOB, parent INTEGER REFERENCES thing (id)) STRICT;`,
}

let folder: string
let connection: DatabaseSync
let other: DatabaseSync
let database: Database

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-'))
  const open = () =>
    openConnection(join(folder, 'things.db'), {
      migrations: [THINGS],
      busyTimeoutMs: 50,
      now: new Date(0),
    })
  connection = await open()
  other = await open()
  database = createDatabase(connection)
})

afterEach(async () => {
  await database.close()
  other.close()
  await rm(folder, { recursive: true })
})

/** What has been committed, as another connection sees it. */
function committed(): number[] {
  return other
    .prepare('SELECT id FROM thing ORDER BY id')
    .all()
    .map((row) => Number(row['id']))
}

function insert(id: number, bulkBytes = 0): () => number {
  const statement = database.prepare('INSERT INTO thing (id, bulk) VALUES (:id, zeroblob(:bulkBytes))')
  return () => {
    statement.run({ id, bulkBytes })
    return id
  }
}

describe('a write', () => {
  it('shares its transaction with the writes of the same tick, and is durable when it settles', async () => {
    const first = database.write(insert(1))
    const seenBySecond = database.write(() => {
      insert(2)()
      return committed()
    })
    expect(await first).toBe(1)
    expect(await seenBySecond).toEqual([])
    expect(committed()).toEqual([1, 2])
  })

  it('that fails is undone alone, with all of its statements', async () => {
    const results = await Promise.allSettled([
      database.write(insert(1)),
      database.write(() => {
        insert(2)()
        insert(1)()
      }),
      database.write(insert(3)),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(results[1]).toMatchObject({ reason: { code: 'duplicate_key', message: 'Duplicate key: thing' } })
    expect(committed()).toEqual([1, 3])
  })

  it('is not seen by a read before it is committed', async () => {
    const find = database.prepare('SELECT id FROM thing')
    const write = database.write(insert(1))
    expect(await database.read(() => find.all({}))).toHaveLength(0)
    await write
    expect(await database.read(() => find.all({}))).toHaveLength(1)
  })

  it('waits for its turn when very many arrive at once', async () => {
    const writes = Array.from({ length: 500 }, (_, index) => database.write(insert(index)))
    const seenByLast = database.write(committed)
    await Promise.all(writes)
    const early = (await seenByLast).length
    expect(early).toBeGreaterThan(0)
    expect(early).toBeLessThan(500)
    expect(committed()).toHaveLength(500)
  })
})

describe('a group', () => {
  it('fails as a whole when its commit fails, and the next one works', async () => {
    const orphan = () => {
      connection.exec('PRAGMA defer_foreign_keys = ON')
      connection.exec('INSERT INTO thing (id, parent) VALUES (2, 99)')
    }
    const results = await Promise.allSettled([database.write(insert(1)), database.write(orphan)])
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } })
    }
    expect(committed()).toEqual([])
    expect(await database.write(insert(3))).toBe(3)
    expect(committed()).toEqual([3])
  })

  it('fails as a whole while another process holds the store, and the next one works', async () => {
    other.exec('BEGIN IMMEDIATE')
    const results = await Promise.allSettled([database.write(insert(1)), database.write(insert(2))])
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'unavailable', status: 503 } })
    }
    other.exec('ROLLBACK')
    expect(await database.write(insert(3))).toBe(3)
    expect(committed()).toEqual([3])
  })

  it('never acknowledges what a full disk took back', async () => {
    connection.exec('PRAGMA max_page_count = 40')
    const sizes = [100, 1_000_000, 100]
    const results = await Promise.allSettled(sizes.map((size, id) => database.write(insert(id, size))))
    expect(results[1]).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } })
    const acknowledged = results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    expect(committed()).toEqual(acknowledged)
    connection.exec('PRAGMA max_page_count = 100000')
    await database.write(insert(4))
    expect(committed()).toContain(4)
  })
})

describe('errors', () => {
  it('of SQLite are Unavailable, with their cause', async () => {
    const broken = database.write(() => connection.exec('INSERT INTO nowhere VALUES (1)'))
    await expect(broken).rejects.toMatchObject({ code: 'unavailable', cause: { errcode: 1 } })
    const unreadable = database.read(() => connection.prepare('SELECT * FROM nowhere'))
    await expect(unreadable).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('of our own pass as they are', async () => {
    const fault = new TypeError('a fault')
    const throwing = () => {
      throw fault
    }
    await expect(database.write(throwing)).rejects.toBe(fault)
    await expect(database.read(throwing)).rejects.toBe(fault)
  })
})

describe('close', () => {
  it('finishes what waits, then refuses, and may be called again', async () => {
    const find = database.prepare('SELECT id FROM thing')
    const waiting = [database.write(insert(1)), database.write(insert(2))]
    await database.close()
    await database.close()
    expect(await Promise.all(waiting)).toEqual([1, 2])
    expect(committed()).toEqual([1, 2])
    await expect(database.write(() => 1)).rejects.toMatchObject({ code: 'unavailable' })
    await expect(database.read(() => find.all({}))).rejects.toMatchObject({ code: 'unavailable' })
  })
})
