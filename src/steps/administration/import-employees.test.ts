import { beforeEach, describe, expect, it } from '@jest/globals'
import { movingClock } from '../../../tests/support/moving-clock.ts'
import { anOrigin, auditOn, recordsOf } from '../../../tests/support/operators.ts'
import { anAccount, anEmployee } from '../../../tests/support/records.ts'
import { temporaryStorage } from '../../../tests/support/temporary-storage.ts'
import type { EmployeeStore } from '../../domain/employees/index.ts'
import { systemRandom } from '../../lib/ids.ts'
import { createImportEmployees, type ImportMode } from './import-employees.ts'

const clock = movingClock(new Date('2026-08-09T10:40:12.480Z'))
const { storage } = temporaryStorage(clock)
const HEADER = 'employeeId,role,status,fullName,email,phone'
let store: EmployeeStore

beforeEach(() => {
  store = storage().employees
})

interface Run {
  readonly mode?: ImportMode
  readonly isBuiltIn?: boolean
  readonly on?: EmployeeStore
}

async function* pieces(lines: Iterable<string>) {
  for (const line of lines) yield Buffer.from(`${line}\n`)
}

function run(lines: Iterable<string>, { mode = 'publish', isBuiltIn = true, on = store }: Run = {}) {
  const audit = auditOn(storage(), clock)
  const parts = { store: on, isBuiltIn, audit, phoneRegion: null, clock, random: systemRandom }
  return createImportEmployees(parts)(pieces(lines), mode, anOrigin({ kind: 'account', id: 'acc_admin' }))
}

/** The account that has claimed the employee. */
async function claimed(employeeId: string): Promise<string> {
  const account = anAccount({ employeeId })
  await storage().accounts.insert(account, [], {
    audit: [],
    claim: { employeeId, recordVersion: 1, role: 'judge', checkedAt: clock.now() },
  })
  return account.id
}

const file = (...rows: readonly string[]) => [HEADER, ...rows]
const row = (id: string, rest = 'judge,active,,,') => `${id},${rest}`
const idsOf = async () => (await store.list(null, 1000)).map(({ employeeId }) => employeeId)
const generations = (id: string) => storage().revocations.findGenerations([{ kind: 'account', id }])

/** Nothing is laid aside any more. */
const stagedRows = () => store.tidy(new Date(8.64e15), 100_000)

describe('an import of employees', () => {
  it('takes all rows over, ends the tokens of whom it affects, and records who did it', async () => {
    await run(file(row('A'), row('B'), row('C')))
    const [a, b, c] = [await claimed('a'), await claimed('b'), await claimed('c')]
    const before = { role: 'judge', status: 'active' }
    const result = await run(
      file(row('A', 'judge,suspended,,,'), row('B', 'lawyer,active,,,'), row('C'), row('D')),
    )
    expect(result).toMatchObject({
      kind: 'published',
      rows: 4,
      summary: { added: 1, changed: 2, same: 1 },
    })
    const affected = result.kind === 'published' ? result.affected : []
    expect([...affected].sort((one, other) => (one.employeeId < other.employeeId ? -1 : 1))).toEqual([
      { accountId: a, employeeId: 'a', before, after: { role: 'judge', status: 'suspended' } },
      { accountId: b, employeeId: 'b', before, after: { role: 'lawyer', status: 'active' } },
    ])
    expect(await idsOf()).toEqual(['a', 'b', 'c', 'd'])
    for (const id of [a, b]) expect(await generations(id)).toEqual([{ token: 1, signIn: 0 }])
    expect(await generations(c)).toEqual([{ token: 0, signIn: 0 }])

    const records = (await recordsOf(storage())).slice(1)
    expect(records.map(({ event, actor }) => [event, actor.id])).toEqual([
      ['employee.imported', 'acc_admin'],
      ['employee.standing-changed', 'acc_admin'],
      ['employee.standing-changed', 'acc_admin'],
    ])
    expect(records[0].details).toEqual({ added: 1, changed: 2, same: 1, affected: 2 })
    expect(
      records
        .slice(1)
        .map(({ subject }) => subject.id)
        .sort(),
    ).toEqual([a, b].sort())
    expect(await stagedRows()).toBe(0)
  })

  it('takes nothing over when one row is wrong, and names every problem by its row', async () => {
    await storage().accounts.insert(anAccount({ userId: 'taken' }), [{ space: 'name', value: 'taken' }], {
      audit: [],
    })
    const result = await run(file(row('A'), row('B', 'judge,gone,,x,'), row('a'), row('Taken'), row('C')))
    expect(result).toMatchObject({ kind: 'refused', rows: 5, problemCount: 4 })
    const problems = result.kind === 'refused' ? result.problems : []
    expect(problems.map((one) => [one.row, one.column, one.problem])).toEqual([
      [3, 'status', 'not-a-status'],
      [3, 'email', 'malformed'],
      [4, 'employeeId', 'twice'],
      [5, 'employeeId', 'user-id'],
    ])
    expect(await idsOf()).toEqual([])
    expect(await stagedRows()).toBe(0)
    expect(await recordsOf(storage())).toMatchObject([
      { event: 'employee.import-refused', outcome: 'failure', details: { rows: 5, problems: 4 } },
    ])
  })

  it('finds an id twice however far apart the rows are, and keeps a hundred problems at most', async () => {
    const ids = Array.from({ length: 700 }, (_, index) => row(`id-${index}`))
    const result = await run(file(...ids, ...ids))
    expect(result).toMatchObject({ kind: 'refused', rows: 1400, problemCount: 700 })
    expect(result.kind === 'refused' && result.problems).toHaveLength(100)
    expect(result.kind === 'refused' && result.problems[0]).toMatchObject({ row: 702, problem: 'twice' })
    expect(await stagedRows()).toBe(0)
  })

  it('only tells what it would do in a dry run', async () => {
    await run(file(row('A')))
    const id = await claimed('a')
    const result = await run(file(row('A', 'judge,ended,,,'), row('B')), { mode: 'dry-run' })
    expect(result).toMatchObject({
      kind: 'dry-run',
      rows: 2,
      summary: { added: 1, changed: 1, same: 0 },
      affected: [{ accountId: id, employeeId: 'a' }],
    })
    expect(await store.find('a')).toMatchObject({ status: 'active', version: 1 })
    expect(await idsOf()).toEqual(['a'])
    expect(await generations(id)).toEqual([{ token: 0, signIn: 0 }])
    expect(await recordsOf(storage())).toHaveLength(1)
    expect(await run(file(row('A', 'judge,x,,,')), { mode: 'dry-run' })).toMatchObject({ kind: 'refused' })
    expect(await recordsOf(storage())).toHaveLength(1)
    expect(await stagedRows()).toBe(0)
  })

  it('changes nothing the second time', async () => {
    await run(file(row('A'), row('B')))
    expect(await run(file(row('A'), row('B')))).toMatchObject({ summary: { added: 0, changed: 0, same: 2 } })
    expect(await store.find('a')).toMatchObject({ version: 1 })
  })

  it('plans anew when somebody claims an id before it publishes', async () => {
    await run(file(row('A')))
    let id: string | null = null
    const meanwhile: EmployeeStore = {
      ...store,
      async publish(...args) {
        id ??= await claimed('a')
        return store.publish(...args)
      },
    }
    const result = await run(file(row('A', 'judge,ended,,,')), { on: meanwhile })
    expect(result).toMatchObject({ kind: 'published', affected: [{ accountId: id }] })
    expect(await generations(String(id))).toEqual([{ token: 1, signIn: 0 }])
  })

  it('gives up when the register never stands still', async () => {
    const restless: EmployeeStore = { ...store, publish: async () => false }
    await expect(run(file(row('A')), { on: restless })).rejects.toMatchObject({ code: 'unavailable' })
    expect(await stagedRows()).toBe(0)
  })

  it('takes no part of the rows over when some were tidied away meanwhile', async () => {
    const slow: EmployeeStore = {
      ...store,
      async plan(importId) {
        await store.tidy(new Date(8.64e15), 1)
        return store.plan(importId)
      },
    }
    await expect(run(file(row('A'), row('B')), { on: slow })).rejects.toMatchObject({ code: 'unavailable' })
    expect(await idsOf()).toEqual([])
  })

  it('fills an empty register alone where that is asked for', async () => {
    expect(await run(file(row('A')), { mode: 'into-empty' })).toMatchObject({ kind: 'published' })
    expect((await recordsOf(storage()))[0]).toMatchObject({ event: 'employee.sample-loaded' })
    expect(await run(file(row('A'), row('B')), { mode: 'into-empty' })).toEqual({ kind: 'not-empty' })
    expect(await idsOf()).toEqual(['a'])
  })

  it('does nothing where somebody else keeps the register', async () => {
    await store.insert(anEmployee(), { audit: [], raises: [], at: clock.now() })
    expect(await run(file(row('A')), { isBuiltIn: false })).toEqual({ kind: 'elsewhere' })
    expect(await idsOf()).toEqual(['jdg-1001'])
  })

  it('holds a few hundred rows at a time, however long the file is', async () => {
    let pulled = 0
    let staged = 0
    let mostHeld = 0
    function* many() {
      yield HEADER
      for (; pulled < 6000; pulled += 1) yield row(`id-${pulled}`, `judge,active,${'n'.repeat(500)},,`)
    }
    const watched: EmployeeStore = {
      ...store,
      async stage(...args) {
        mostHeld = Math.max(mostHeld, pulled - staged)
        staged += args[1].length
        return store.stage(...args)
      },
    }
    const result = await run(many(), { on: watched })
    expect(result).toMatchObject({ kind: 'published', rows: 6000, summary: { added: 6000 } })
    expect(staged).toBe(6000)
    expect(mostHeld).toBeLessThan(1000)
  })
})
