import { beforeEach, describe, expect, it } from '@jest/globals'
import { movingClock } from '../../../tests/support/moving-clock.ts'
import { anOrigin, auditOn, recordsOf } from '../../../tests/support/operators.ts'
import { anAccount, anEmployee } from '../../../tests/support/records.ts'
import { temporaryStorage } from '../../../tests/support/temporary-storage.ts'
import type { EmployeeStore } from '../../domain/employees/index.ts'
import { createEmployeeOperations } from './employees.ts'

const clock = movingClock(new Date('2026-08-09T10:40:12.480Z'))
const { storage } = temporaryStorage(clock)
const BY = anOrigin({ kind: 'account', id: 'acc_admin' })
const TEXTS = {
  employeeId: 'JDG-1001',
  role: 'judge',
  status: 'active',
  fullName: 'Meera Krishnan',
  email: 'Meera@courts.example',
  phone: '98765 00101',
  attributes: {},
}
let store: EmployeeStore

beforeEach(() => {
  store = storage().employees
})

function operations({ on = store, isBuiltIn = true } = {}) {
  return createEmployeeOperations({
    store: on,
    isBuiltIn,
    audit: auditOn(storage(), clock),
    phoneRegion: 'IN',
    clock,
  })
}

async function claimed(recordVersion: number | null = 1): Promise<string> {
  const account = anAccount({ employeeId: 'jdg-1001' })
  await storage().accounts.insert(account, [{ space: 'name', value: 'jdg-1001' }], {
    audit: [],
    claim: { employeeId: 'jdg-1001', recordVersion, role: 'judge', checkedAt: clock.now() },
  })
  return account.id
}

const generations = (id: string) => storage().revocations.findGenerations([{ kind: 'account', id }])
const any = { version: null }

describe('adding an employee', () => {
  it('keeps the record in canonical form, and records who did it', async () => {
    expect(await operations().add(TEXTS, BY)).toEqual({ kind: 'added', record: anEmployee() })
    expect(await store.find('jdg-1001')).toEqual({ ...anEmployee(), version: 1, changedAt: clock.now() })
    expect(await recordsOf(storage())).toMatchObject([
      {
        event: 'employee.added',
        actor: { kind: 'account', id: 'acc_admin' },
        subject: { kind: 'employee', id: 'jdg-1001' },
        details: { role: 'judge', status: 'active' },
      },
    ])
  })

  it('is refused for a wrong text, a taken id, and a register elsewhere', async () => {
    expect(await operations().add({ ...TEXTS, status: 'x', email: 'y' }, BY)).toEqual({
      kind: 'invalid',
      problems: [
        { column: 'status', problem: 'not-a-status' },
        { column: 'email', problem: 'malformed' },
      ],
    })
    await operations().add(TEXTS, BY)
    expect(await operations().add({ ...TEXTS, employeeId: 'jdg-1001' }, BY)).toEqual({ kind: 'taken' })
    const elsewhere = operations({ isBuiltIn: false })
    expect(await elsewhere.add({ ...TEXTS, employeeId: 'b' }, BY)).toEqual({ kind: 'elsewhere' })
    expect(await elsewhere.change('jdg-1001', { ...any, role: 'x' }, BY)).toEqual({ kind: 'elsewhere' })
    expect(await recordsOf(storage())).toHaveLength(1)
  })
})

describe('changing an employee', () => {
  beforeEach(async () => {
    await store.insert(anEmployee(), { audit: [], raises: [], at: clock.now() })
  })

  it.each([
    ['suspended', { status: 'suspended' }],
    ['ended', { status: 'ended' }],
    ['role', { role: 'lawyer' }],
  ])('that moves the office (%s) ends the access tokens of its account', async (reason, change) => {
    const id = await claimed()
    const result = await operations().change(' JDG-1001 ', { ...any, ...change }, BY)
    expect(result).toMatchObject({ kind: 'changed', record: { ...change, version: 2 } })
    expect(await generations(id)).toEqual([{ token: 1, signIn: 0 }])
    const [changed, standing] = await recordsOf(storage())
    expect(changed).toMatchObject({ event: 'employee.changed', details: { changed: Object.keys(change) } })
    expect(standing).toMatchObject({
      event: 'employee.standing-changed',
      reason,
      actor: { id: 'acc_admin' },
      subject: { kind: 'account', id },
      details: { employeeId: 'jdg-1001', roleBefore: 'judge', statusBefore: 'active', ...change },
    })
  })

  it('in names and contacts alone ends nothing', async () => {
    const id = await claimed()
    const change = {
      fullName: 'M. Krishnan',
      email: '',
      phone: '+919876500102',
      attributes: { station: 'A' },
    }
    expect(await operations().change('jdg-1001', { ...any, ...change }, BY)).toMatchObject({
      kind: 'changed',
      record: { ...change, email: null, role: 'judge', shownId: 'JDG-1001' },
    })
    expect(await generations(id)).toEqual([{ token: 0, signIn: 0 }])
    expect(await recordsOf(storage())).toMatchObject([
      { event: 'employee.changed', details: { changed: ['fullName', 'email', 'phone', 'attributes'] } },
    ])
    // What a name or a contact was is nobody's business for good.
    expect(JSON.stringify(await recordsOf(storage()))).not.toMatch(/Krishnan|98765/)
  })

  it('writes nothing when all stays the same', async () => {
    expect(await operations().change('jdg-1001', { ...any, phone: '098765 00101' }, BY)).toMatchObject({
      kind: 'same',
      record: { version: 1 },
    })
    expect(await recordsOf(storage())).toEqual([])
  })

  it('is refused for somebody unknown, a version that is past, and a wrong text', async () => {
    const { change } = operations()
    expect(await change('jdg-1002', { ...any, role: 'x' }, BY)).toEqual({ kind: 'absent' })
    expect(await change('a@b', { ...any, role: 'x' }, BY)).toEqual({ kind: 'absent' })
    expect(await change('jdg-1001', { version: 2, role: 'x' }, BY)).toEqual({ kind: 'stale' })
    expect(await change('jdg-1001', { ...any, role: ' ' }, BY)).toEqual({
      kind: 'invalid',
      problems: [{ column: 'role', problem: 'missing' }],
    })
    expect(await change('jdg-1001', { version: 1, role: 'x' }, BY)).toMatchObject({ kind: 'changed' })
  })

  it('counts in whoever claims the employee at the same moment', async () => {
    let id: string | null = null
    const meanwhile: EmployeeStore = {
      ...store,
      async replace(...args) {
        id ??= await claimed()
        return store.replace(...args)
      },
    }
    const result = await operations({ on: meanwhile }).change('jdg-1001', { ...any, status: 'ended' }, BY)
    expect(result).toMatchObject({ kind: 'changed', record: { version: 2 } })
    expect(await generations(String(id))).toEqual([{ token: 1, signIn: 0 }])
  })

  it('gives up when the record never stands still', async () => {
    const restless: EmployeeStore = { ...store, replace: async () => false }
    await expect(
      operations({ on: restless }).change('jdg-1001', { ...any, role: 'x' }, BY),
    ).rejects.toMatchObject({ code: 'unavailable' })
  })
})

describe('releasing a claim', () => {
  it('takes the employee id from the account, ends its access tokens, and is recorded', async () => {
    const id = await claimed(null)
    // Also where somebody else keeps the register: claims are ours.
    expect(await operations({ isBuiltIn: false }).release('JDG-1001', BY)).toBe('released')
    expect(await store.findClaimOf(id)).toBeNull()
    expect(await storage().accounts.find(id)).toMatchObject({ employeeId: null })
    expect(await generations(id)).toEqual([{ token: 1, signIn: 0 }])
    expect(await recordsOf(storage())).toMatchObject([
      {
        event: 'employee.claim-released',
        subject: { kind: 'account', id },
        details: { employeeId: 'jdg-1001' },
      },
    ])
  })

  it('does nothing where nobody has claimed it', async () => {
    expect(await operations().release('jdg-1001', BY)).toBe('not-claimed')
    expect(await operations().release('@', BY)).toBe('not-claimed')
    expect(await recordsOf(storage())).toEqual([])
  })
})
