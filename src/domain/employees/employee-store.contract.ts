import { describe, expect, it } from '@jest/globals'
import { type Backend, type FreshStore, freshStore, type Storage } from '../../../tests/support/backend.ts'
import { call, countOf, race } from '../../../tests/support/race.ts'
import { anAccount, anAuditEntry, anEmployee, at, justBefore, NOON } from '../../../tests/support/records.ts'
import type { Account } from '../accounts/index.ts'
import type { EmployeeRecord } from './employee.ts'
import type { EmployeeWrite } from './employee-store.ts'

const NOTHING: EmployeeWrite = { audit: [], raises: [], at: NOON }
const SUSPENDED = anEmployee({ status: 'suspended' })

const raiseOf = (id: string) => ({ owner: { kind: 'account', id }, signIn: false }) as const

/** A write whose record and raise show whether it happened. */
const aWrite = (accountId = 'acc_other'): EmployeeWrite => ({
  audit: [anAuditEntry()],
  raises: [raiseOf(accountId)],
  at: at(5),
})

export function describeEmployeeStore(backend: Backend): void {
  describe(`${backend.name}: employees`, () => {
    const opened = freshStore(backend)
    describeRecords(opened)
    describeReplace(opened)
    describeClaims(opened)
    describeImport(opened)
    describePublish(opened)
  })
}

/** An account that has claimed the employee, whose record is there in version 1 unless it is elsewhere. */
async function claim(
  { accounts }: Storage,
  { employeeId, role }: EmployeeRecord = anEmployee(),
  recordVersion: number | null = 1,
): Promise<Account> {
  const account = anAccount({ employeeId, email: null, createdAt: at(-10) })
  const claimed = await accounts.insert(account, [{ space: 'name', value: employeeId }], {
    audit: [],
    claim: { employeeId, recordVersion, role, checkedAt: NOON },
  })
  expect(claimed).toBe('inserted')
  return account
}

async function tokenGeneration({ revocations }: Storage, id = 'acc_other'): Promise<number> {
  const [generations] = await revocations.findGenerations([{ kind: 'account', id }])
  expect(generations?.signIn).toBe(0)
  return generations?.token ?? 0
}

/** Neither a record nor a raise of `aWrite`. */
async function expectNothingWritten(storage: Storage): Promise<void> {
  expect(await storage.audit.countUnsealed()).toBe(0)
  expect(await tokenGeneration(storage)).toBe(0)
}

function describeRecords(opened: FreshStore): void {
  it('finds a record by its id, in version 1, as it went in', async () => {
    const { storage, second } = opened()
    const full = anEmployee({
      employeeId: 'å-1',
      shownId: 'Å-1 中文 🙂',
      fullName: 'O\'Neil "Ann" 中文',
      attributes: { station: 'a.b $c', $where: '1', constructor: 'x' },
    })
    await storage.employees.insert(full, NOTHING)
    expect(await second.employees.find('å-1')).toEqual({ ...full, version: 1, changedAt: NOON })
    const bare = anEmployee({ status: 'ended', fullName: null, email: null, phone: null })
    await storage.employees.insert(bare, NOTHING)
    expect(await second.employees.find(bare.employeeId)).toEqual({ ...bare, version: 1, changedAt: NOON })
    expect(await storage.employees.find('Å-1')).toBeNull()
  })

  it('writes record and raise with an insert, and nothing when the id is there', async () => {
    const { storage, second } = opened()
    const entry = anAuditEntry()
    await storage.employees.insert(anEmployee(), { ...aWrite(), audit: [entry] })
    expect(await second.audit.listUnsealed(10)).toEqual([entry])
    expect(await tokenGeneration(second)).toBe(1)
    await expect(second.employees.insert(SUSPENDED, aWrite())).rejects.toMatchObject({
      code: 'duplicate_key',
    })
    expect(await storage.employees.find(SUSPENDED.employeeId)).toMatchObject({ status: 'active', version: 1 })
    expect(await storage.audit.countUnsealed()).toBe(1)
    expect(await tokenGeneration(storage)).toBe(1)
  })

  it("refuses an id that is somebody's user id, and takes one that is somebody's employee id", async () => {
    const { storage } = opened()
    const named = anAccount({ userId: 'jdg-1001' })
    await storage.accounts.insert(named, [{ space: 'name', value: 'jdg-1001' }], { audit: [] })
    await expect(storage.employees.insert(anEmployee(), aWrite())).rejects.toMatchObject({
      code: 'duplicate_key',
    })
    expect(await storage.employees.find('jdg-1001')).toBeNull()
    await expectNothingWritten(storage)
    // Claimed while another register was asked.
    const officer = anEmployee({ employeeId: 'pol-1' })
    await claim(storage, officer, null)
    await storage.employees.insert(officer, NOTHING)
    expect(await storage.employees.find('pol-1')).not.toBeNull()
  })

  it('lists by id, a page after another', async () => {
    const { storage } = opened()
    for (const employeeId of ['c', 'a', 'b']) {
      await storage.employees.insert(anEmployee({ employeeId }), NOTHING)
    }
    const ids = async (after: string | null, limit: number) =>
      (await storage.employees.list(after, limit)).map(({ employeeId }) => employeeId)
    expect(await ids(null, 2)).toEqual(['a', 'b'])
    expect(await ids('b', 2)).toEqual(['c'])
    expect(await ids('c', 2)).toEqual([])
  })
}

function describeReplace(opened: FreshStore): void {
  const from = (version: number, claimedBy: string | null = null) => ({ version, claimedBy })

  it('puts a record in the place of the version that was read, with record and raise', async () => {
    const { storage, second } = opened()
    await storage.employees.insert(anEmployee(), NOTHING)
    const next = anEmployee({ fullName: 'M. Krishnan', email: null, attributes: { station: 'x' } })
    expect(await second.employees.replace(next, from(1), aWrite())).toBe(true)
    expect(await storage.employees.find(next.employeeId)).toEqual({ ...next, version: 2, changedAt: at(5) })
    expect(await storage.audit.countUnsealed()).toBe(1)
    expect(await tokenGeneration(storage)).toBe(1)
  })

  it('does nothing when version or claim is another, or the record is not there', async () => {
    const { storage } = opened()
    expect(await storage.employees.replace(SUSPENDED, from(1), aWrite())).toBe(false)
    await storage.employees.insert(anEmployee(), NOTHING)
    expect(await storage.employees.replace(SUSPENDED, from(2), aWrite())).toBe(false)
    expect(await storage.employees.replace(SUSPENDED, from(1, 'acc_nobody'), aWrite())).toBe(false)
    const { id } = await claim(storage)
    expect(await storage.employees.replace(SUSPENDED, from(1), aWrite())).toBe(false)
    expect(await storage.employees.replace(SUSPENDED, from(1, 'acc_nobody'), aWrite())).toBe(false)
    expect(await storage.employees.find('jdg-1001')).toMatchObject({ status: 'active', version: 1 })
    await expectNothingWritten(storage)
    expect(await storage.employees.replace(SUSPENDED, from(1, id), aWrite())).toBe(true)
  })

  it('notes the new role and status on the claim', async () => {
    const { storage, second } = opened()
    await storage.employees.insert(anEmployee(), NOTHING)
    const { id } = await claim(storage)
    const next = anEmployee({ role: 'lawyer', status: 'ended' })
    await storage.employees.replace(next, from(1, id), aWrite(id))
    expect(await second.employees.findClaim('jdg-1001')).toEqual({
      employeeId: 'jdg-1001',
      accountId: id,
      claimedAt: at(-10),
      role: 'lawyer',
      status: 'ended',
      checkedAt: at(5),
    })
    expect(await tokenGeneration(storage, id)).toBe(1)
  })

  it('lets one of many changes win, over two processes', async () => {
    const { settings, storage } = opened()
    await storage.employees.insert(anEmployee(), NOTHING)
    const change = () => call('employees', 'replace', SUSPENDED, from(1), aWrite())
    const outcomes = await race(
      settings,
      Array.from({ length: 10 }, change),
      Array.from({ length: 10 }, change),
    )
    expect(countOf(true, outcomes)).toBe(1)
    expect(await storage.employees.find('jdg-1001')).toMatchObject({ version: 2 })
    expect(await storage.audit.countUnsealed()).toBe(1)
    expect(await tokenGeneration(storage)).toBe(1)
  })
}

function describeClaims(opened: FreshStore): void {
  it('finds a claim by employee id and by account, and knows no other', async () => {
    const { storage, second } = opened()
    await storage.employees.insert(anEmployee(), NOTHING)
    const { id } = await claim(storage)
    const expected = {
      employeeId: 'jdg-1001',
      accountId: id,
      claimedAt: at(-10),
      role: 'judge',
      status: 'active',
      checkedAt: NOON,
    }
    expect(await second.employees.findClaim('jdg-1001')).toEqual(expected)
    expect(await second.employees.findClaimOf(id)).toEqual(expected)
    expect(await second.employees.findClaim('jdg-1002')).toBeNull()
    expect(await second.employees.findClaimOf('acc_nobody')).toBeNull()
  })

  it('finds a claim together with what the record says now', async () => {
    const { storage, second } = opened()
    await storage.employees.insert(anEmployee(), NOTHING)
    const { id } = await claim(storage)
    const held = await second.employees.findHeld(id)
    expect(held).toEqual({
      claim: await storage.employees.findClaimOf(id),
      record: { role: 'judge', status: 'active' },
    })
    await storage.employees.replace(SUSPENDED, { version: 1, claimedBy: id }, NOTHING)
    expect((await second.employees.findHeld(id))?.record).toEqual({ role: 'judge', status: 'suspended' })
    const elsewhere = await claim(storage, anEmployee({ employeeId: 'pol-1' }), null)
    expect(await second.employees.findHeld(elsewhere.id)).toMatchObject({ record: null })
    expect(await second.employees.findHeld('acc_nobody')).toBeNull()
  })

  it('notes what a register said while the last note is the one that was read', async () => {
    const { storage, second } = opened()
    const { id } = await claim(storage, anEmployee(), null)
    const noted = await storage.employees.findClaimOf(id)
    if (!noted) throw new Error('There is a claim.')
    const next = { ...noted, role: 'lawyer', status: 'absent', checkedAt: at(900) } as const
    const { audit, raises } = aWrite(id)
    expect(await second.employees.noteCheck(next, at(1), { audit, raises })).toBe(false)
    expect(await second.employees.noteCheck({ ...next, accountId: 'acc_x' }, NOON, { audit, raises })).toBe(
      false,
    )
    await expectNothingWritten(storage)
    expect(await second.employees.noteCheck(next, NOON, { audit, raises })).toBe(true)
    expect(await storage.employees.findClaim('jdg-1001')).toEqual(next)
    expect(await storage.audit.countUnsealed()).toBe(1)
    expect(await tokenGeneration(storage, id)).toBe(1)
    expect(await storage.employees.noteCheck(next, NOON, { audit, raises })).toBe(false)
  })

  it('releases a claim of the account that has it, with its identifier, and it can be claimed anew', async () => {
    const { storage, second } = opened()
    await storage.employees.insert(anEmployee(), NOTHING)
    const account = await claim(storage)
    expect(await second.employees.releaseClaim('jdg-1001', 'acc_x', aWrite())).toBe(false)
    expect(await second.employees.releaseClaim('jdg-1002', account.id, aWrite())).toBe(false)
    await expectNothingWritten(storage)
    expect(await second.employees.releaseClaim('jdg-1001', account.id, aWrite(account.id))).toBe(true)
    expect(await storage.employees.findClaim('jdg-1001')).toBeNull()
    expect(await storage.employees.findHeld(account.id)).toBeNull()
    expect(await storage.accounts.findByIdentifier({ space: 'name', value: 'jdg-1001' })).toBeNull()
    expect(await storage.accounts.find(account.id)).toEqual({ ...account, employeeId: null, version: 2 })
    expect(await storage.audit.countUnsealed()).toBe(1)
    expect(await tokenGeneration(storage, account.id)).toBe(1)
    const next = await claim(storage)
    expect((await second.employees.findClaim('jdg-1001'))?.accountId).toBe(next.id)
  })
}

const rowsOf = (...records: readonly EmployeeRecord[]) =>
  records.map((record, index) => ({ row: index + 2, record }))
const EMPTY = { added: 0, changed: 0, same: 0 }

function describeImport(opened: FreshStore): void {
  it('lays rows aside without touching the register, and says what they would do', async () => {
    const { storage, second } = opened()
    const [kept, changed, added] = ['a', 'b', 'c'].map((employeeId) => anEmployee({ employeeId }))
    if (!kept || !changed || !added) throw new Error('There are three.')
    for (const record of [kept, changed]) await storage.employees.insert(record, NOTHING)
    const rows = rowsOf(kept, { ...changed, fullName: null }, added)
    expect(await storage.employees.stage('imp_1', rows.slice(0, 2), at(60))).toEqual([])
    expect(await second.employees.stage('imp_1', rows.slice(2), at(60))).toEqual([])
    expect(await second.employees.plan('imp_1')).toEqual({
      summary: { added: 1, changed: 1, same: 1 },
      affected: [],
    })
    expect(await second.employees.find('c')).toBeNull()
    expect(await second.employees.find('b')).toMatchObject({ version: 1 })
    expect(await second.employees.plan('imp_2')).toEqual({ summary: EMPTY, affected: [] })
  })

  it('names rows whose id an earlier row has, or an account as its user id', async () => {
    const { storage, second } = opened()
    await storage.accounts.insert(anAccount({ userId: 'u' }), [{ space: 'name', value: 'u' }], { audit: [] })
    const [a, u, b] = ['a', 'u', 'b'].map((employeeId) => anEmployee({ employeeId }))
    if (!a || !u || !b) throw new Error('There are three.')
    expect(await storage.employees.stage('imp_1', rowsOf(a, u, a, b), at(60))).toEqual([
      { row: 3, employeeId: 'u', problem: 'user-id' },
      { row: 4, employeeId: 'a', problem: 'twice' },
    ])
    expect(await second.employees.stage('imp_1', [{ row: 9, record: b }], at(60))).toEqual([
      { row: 9, employeeId: 'b', problem: 'twice' },
    ])
    // Another import is another file.
    expect(await second.employees.stage('imp_2', [{ row: 2, record: b }], at(60))).toEqual([])
  })

  it('takes columns in any order for the same', async () => {
    const { storage } = opened()
    await storage.employees.insert(anEmployee({ attributes: { a: '1', b: '2' } }), NOTHING)
    await storage.employees.stage('imp_1', rowsOf(anEmployee({ attributes: { b: '2', a: '1' } })), at(60))
    expect((await storage.employees.plan('imp_1')).summary).toEqual({ ...EMPTY, same: 1 })
  })

  it('names the accounts whose role or status becomes another, by id, and no others', async () => {
    const { storage } = opened()
    const records = ['a', 'b', 'c', 'd'].map((employeeId) => anEmployee({ employeeId }))
    for (const record of records) await storage.employees.insert(record, NOTHING)
    const [a, b, c, d] = records
    if (!a || !b || !c || !d) throw new Error('There are four.')
    const accounts = [await claim(storage, a), await claim(storage, b), await claim(storage, c)]
    const rows = rowsOf(
      { ...a, status: 'ended' },
      { ...b, role: 'lawyer' },
      { ...c, email: null },
      { ...d, role: 'x' },
    )
    await storage.employees.stage('imp_1', rows, at(60))
    const before = { role: 'judge', status: 'active' }
    const expected = [
      { accountId: accounts[0]?.id, employeeId: 'a', before, after: { role: 'judge', status: 'ended' } },
      { accountId: accounts[1]?.id, employeeId: 'b', before, after: { role: 'lawyer', status: 'active' } },
    ]
    expect(await storage.employees.plan('imp_1')).toEqual({
      summary: { added: 0, changed: 4, same: 0 },
      affected: expected.sort((one, other) => (String(one.accountId) < String(other.accountId) ? -1 : 1)),
    })
  })

  it('forgets rows that are discarded, and tidies away those at their end, some at a time', async () => {
    const { storage } = opened()
    const rows = rowsOf(...['a', 'b', 'c'].map((employeeId) => anEmployee({ employeeId })))
    await storage.employees.stage('imp_1', rows, at(60))
    await storage.employees.stage('imp_2', rows, at(61))
    expect(await storage.employees.discard('imp_2', 2)).toBe(2)
    expect(await storage.employees.discard('imp_2', 2)).toBe(1)
    expect(await storage.employees.discard('imp_2', 2)).toBe(0)
    expect((await storage.employees.plan('imp_2')).summary).toEqual(EMPTY)
    expect((await storage.employees.plan('imp_1')).summary).toEqual({ ...EMPTY, added: 3 })
    expect(await storage.employees.tidy(justBefore(at(60)), 2)).toBe(0)
    expect(await storage.employees.tidy(at(60), 2)).toBe(2)
    expect(await storage.employees.tidy(at(60), 2)).toBe(1)
    expect((await storage.employees.plan('imp_1')).summary).toEqual(EMPTY)
  })
}

function describePublish(opened: FreshStore): void {
  it('takes all rows over in one step, with records and raises; the others stay', async () => {
    const { storage, second } = opened()
    const [kept, changed, other, added] = ['a', 'b', 'c', 'd'].map((employeeId) => anEmployee({ employeeId }))
    if (!kept || !changed || !other || !added) throw new Error('There are four.')
    for (const record of [kept, changed, other]) await storage.employees.insert(record, NOTHING)
    const account = await claim(storage, changed)
    const next = { ...changed, status: 'suspended' as const, phone: null, attributes: { x: '1' } }
    await storage.employees.stage('imp_1', rowsOf(kept, next, added), at(60))
    const plan = await storage.employees.plan('imp_1')
    expect(await second.employees.publish('imp_1', plan, aWrite(account.id))).toBe(true)
    expect(await storage.employees.list(null, 10)).toEqual([
      { ...kept, version: 1, changedAt: NOON },
      { ...next, version: 2, changedAt: at(5) },
      { ...other, version: 1, changedAt: NOON },
      { ...added, version: 1, changedAt: at(5) },
    ])
    expect(await storage.employees.findClaim('b')).toMatchObject({ status: 'suspended', checkedAt: at(5) })
    expect(await storage.audit.countUnsealed()).toBe(1)
    expect(await tokenGeneration(storage, account.id)).toBe(1)
    // What was published is not published again, and is no import any more once it is discarded.
    expect(await second.employees.publish('imp_1', plan, aWrite(account.id))).toBe(false)
    expect(await storage.audit.countUnsealed()).toBe(1)
    expect(await storage.employees.discard('imp_1', 10)).toBe(3)
    expect((await storage.employees.plan('imp_1')).summary).toEqual(EMPTY)
  })

  it('takes nothing over when it would do something else than was planned', async () => {
    const { storage, second } = opened()
    const [a, b, c] = ['a', 'b', 'c'].map((employeeId) => anEmployee({ employeeId }))
    if (!a || !b || !c) throw new Error('There are three.')
    for (const record of [a, b]) await storage.employees.insert(record, NOTHING)
    const first = await claim(storage, a)
    const ended = { status: 'ended' } as const
    await storage.employees.stage('imp_1', rowsOf({ ...a, ...ended }, { ...b, ...ended }, c), at(60))
    const plan = await storage.employees.plan('imp_1')

    // Another account is affected now, and as many as before.
    const heir = await claim(storage, b)
    await storage.employees.releaseClaim('a', first.id, NOTHING)
    expect(await second.employees.publish('imp_1', plan, aWrite())).toBe(false)
    const later = await storage.employees.plan('imp_1')
    expect(later.affected.map(({ accountId }) => accountId)).toEqual([heir.id])

    // A record that was new is there by now.
    await storage.employees.insert(c, NOTHING)
    expect(await second.employees.publish('imp_1', later, aWrite())).toBe(false)
    expect(await storage.employees.find('a')).toMatchObject({ status: 'active', version: 1 })
    await expectNothingWritten(storage)
    const last = await storage.employees.plan('imp_1')
    expect(await second.employees.publish('imp_1', last, NOTHING)).toBe(true)
  })

  it('takes nothing over when a staged id has become a user id', async () => {
    const { storage } = opened()
    await storage.employees.stage('imp_1', rowsOf(anEmployee({ employeeId: 'a' }), anEmployee()), at(60))
    const plan = await storage.employees.plan('imp_1')
    await storage.accounts.insert(anAccount({ userId: 'a' }), [{ space: 'name', value: 'a' }], { audit: [] })
    expect(await storage.employees.publish('imp_1', plan, aWrite())).toBe(false)
    expect(await storage.employees.list(null, 1)).toEqual([])
    await expectNothingWritten(storage)
  })

  it('lets one of two equal imports be the one that added, over two processes', async () => {
    const { settings, storage } = opened()
    const imports = ['imp_1', 'imp_2']
    for (const id of imports) await storage.employees.stage(id, rowsOf(anEmployee()), at(60))
    const calls = await Promise.all(
      imports.map(async (id) => call('employees', 'publish', id, await storage.employees.plan(id), aWrite())),
    )
    expect(countOf(true, await race(settings, calls.slice(0, 1), calls.slice(1)))).toBe(1)
    expect(await storage.employees.find('jdg-1001')).toMatchObject({ version: 1 })
    expect(await storage.audit.countUnsealed()).toBe(1)
    expect(await tokenGeneration(storage)).toBe(1)
  })
}
