import { beforeEach, describe, expect, it } from '@jest/globals'
import { movingClock } from '../../../tests/support/moving-clock.ts'
import { anAccount, anEmployee, aUserType } from '../../../tests/support/records.ts'
import { temporaryStorage } from '../../../tests/support/temporary-storage.ts'
import { systemRandom } from '../../lib/ids.ts'
import { createAudit, systemOrigin } from '../audit/index.ts'
import { userTypeSchema } from '../user-types/index.ts'
import { createBuiltInRegister } from './built-in-register.ts'
import type { EmployeeRecord } from './employee.ts'
import { type Applicant, createEmployees, type Employees } from './employees.ts'
import type { Register, RegisterAnswer } from './register.ts'

const clock = movingClock(new Date('2026-08-09T10:40:12.480Z'))
const { storage } = temporaryStorage(clock)
let employees: Employees

function employeesOn(register: Register): Employees {
  const keys = [{ id: 'k1', key: Buffer.alloc(32, 1) }] as const
  const audit = createAudit({ store: storage().audit, keys, clock, random: systemRandom })
  return createEmployees({
    store: storage().employees,
    register,
    audit,
    origin: () => systemOrigin('register', 'check', systemRandom),
    maxAgeSeconds: 900,
    phoneRegion: 'IN',
    clock,
  })
}

beforeEach(() => {
  employees = employeesOn(createBuiltInRegister(storage().employees))
})

const NOTHING = { audit: [], raises: [] }
const keep = (record: EmployeeRecord) => storage().employees.insert(record, { ...NOTHING, at: clock.now() })

const FIELDS = [
  { name: 'fullName', label: 'Full name', kind: 'text', required: true },
  {
    name: 'station',
    label: 'Station',
    kind: 'choice',
    required: true,
    choices: [{ value: 'Harbour', label: 'H' }],
  },
  { name: 'born', label: 'Born', kind: 'date', required: true },
  { name: 'badge', label: 'Badge', kind: 'number', required: true },
  { name: 'desk', label: 'Desk', kind: 'phone', required: true },
  { name: 'aadhaar', label: 'Aadhaar', kind: 'nationalId', scheme: 'aadhaar', required: true },
]

function judge(match: readonly string[] = ['fullName'], contact: 'record' | 'any' = 'record') {
  return userTypeSchema.parse({
    ...aUserType({ id: 'judge', identifiers: ['employeeId'] }),
    fields: FIELDS,
    employee: { roles: ['judge', 'senior-judge'], match, contact },
  })
}

function applicant(changes: Partial<Applicant> = {}): Applicant {
  return {
    userType: judge(),
    employeeId: 'jdg-1001',
    fields: { fullName: 'Meera Krishnan' },
    verified: { channel: 'sms', destination: '+919876500101' },
    ...changes,
  }
}

const refused = (reason: string, holdsContact: boolean) => ({ kind: 'refused', reason, holdsContact })

describe('somebody who says to be an employee', () => {
  it('is confirmed by an active record that fits, nobody has claimed, and holds the contact', async () => {
    await keep(anEmployee({ role: 'senior-judge' }))
    const claim = { employeeId: 'jdg-1001', recordVersion: 1, role: 'senior-judge', checkedAt: clock.now() }
    const confirmed = { kind: 'confirmed', holdsContact: true, claim }
    expect(await employees.check(applicant())).toEqual(confirmed)
    const byEmail = { channel: 'email', destination: 'meera@courts.example' } as const
    expect(await employees.check(applicant({ verified: byEmail }))).toEqual(confirmed)
  })

  it('is refused without a record, whatever else is right', async () => {
    expect(await employees.check(applicant())).toEqual(refused('no-record', false))
  })

  it.each([
    ['not-active', anEmployee({ status: 'suspended' })],
    ['not-active', anEmployee({ status: 'ended' })],
    ['role', anEmployee({ role: 'lawyer' })],
    ['no-match', anEmployee({ fullName: 'Mira Krishnan' })],
    ['no-match', anEmployee({ fullName: null })],
    ['no-match', anEmployee({ fullName: '' })],
  ])('is refused for %s, and the record is said to hold the contact or not', async (reason, record) => {
    await keep(record)
    expect(await employees.check(applicant())).toEqual(refused(reason, true))
    const stranger = { channel: 'sms', destination: '+919876599999' } as const
    expect(await employees.check(applicant({ verified: stranger }))).toEqual(refused(reason, false))
  })

  it('is refused when somebody has claimed the id, also by an administrator', async () => {
    await keep(anEmployee())
    await storage().accounts.insert(anAccount(), [], {
      audit: [],
      claim: { employeeId: 'jdg-1001', recordVersion: 1, role: 'judge', checkedAt: clock.now() },
    })
    expect(await employees.check(applicant())).toEqual(refused('claimed', true))
    expect(await employees.check(applicant({ verified: 'by-administrator' }))).toEqual(
      refused('claimed', false),
    )
  })

  it('is refused with a contact that the record does not hold, or holds for the other channel', async () => {
    await keep(anEmployee())
    for (const verified of [
      { channel: 'sms', destination: '+919876599999' },
      { channel: 'email', destination: '+919876500101' },
    ] as const) {
      expect(await employees.check(applicant({ verified }))).toEqual(refused('contact', false))
    }
    await storage().employees.replace(
      anEmployee({ phone: null }),
      { version: 1, claimedBy: null },
      {
        ...NOTHING,
        at: clock.now(),
      },
    )
    expect(await employees.check(applicant())).toEqual(refused('contact', false))
  })

  it('needs approval where the record has no contact at all, once all else is right', async () => {
    await keep(anEmployee({ email: null, phone: null }))
    expect(await employees.check(applicant())).toEqual({ kind: 'needs-approval' })
    expect(await employees.check(applicant({ fields: { fullName: 'X' } }))).toEqual(
      refused('no-match', false),
    )
    expect(await employees.check(applicant({ verified: 'by-administrator' }))).toMatchObject({
      kind: 'confirmed',
    })
  })

  it('is confirmed by any contact where the type says so', async () => {
    await keep(anEmployee({ email: null, phone: null }))
    const userType = judge(['fullName'], 'any')
    const confirmed = { kind: 'confirmed', holdsContact: false }
    expect(await employees.check(applicant({ userType }))).toMatchObject(confirmed)
  })

  it.each([
    ['fullName', '  meera   KRISHNAN ', true],
    ['fullName', 'Ｍｅｅｒａ Krishnan\u200b', true],
    ['fullName', 'Meera', false],
    ['station', 'harbour', true],
    ['station', 'Central', false],
    ['born', '1980-02-29', true],
    ['born', '1980-02-28', false],
    ['badge', '007.50', true],
    ['badge', '7', false],
    ['desk', '098765 00999', true],
    ['desk', '98765 00998', false],
    ['aadhaar', '2341 2341 2346', true],
    ['aadhaar', '234123412347', false],
  ])('matches %s with the record’s %j: %s', async (name, said, isSame) => {
    const { fullName, ...attributes } = { fullName: 'Meera Krishnan', [name]: said }
    await keep(anEmployee({ fullName, attributes }))
    const fields = {
      fullName: 'Meera Krishnan',
      station: 'Harbour',
      born: '1980-02-29',
      badge: 7.5,
      desk: '+919876500999',
      aadhaar: '234123412346',
    }
    const { kind } = await employees.check(applicant({ userType: judge([name]), fields }))
    expect(kind).toBe(isSame ? 'confirmed' : 'refused')
  })

  it('matches every field that the type names, and none that is missing on either side', async () => {
    await keep(anEmployee({ attributes: { station: 'Harbour' } }))
    const userType = judge(['fullName', 'station', 'born'])
    const fields = { fullName: 'Meera Krishnan', station: 'Harbour', born: '1980-02-29' }
    expect(await employees.check(applicant({ userType, fields }))).toEqual(refused('no-match', true))
    const two = judge(['fullName', 'station'])
    expect(await employees.check(applicant({ userType: two, fields }))).toMatchObject({ kind: 'confirmed' })
    expect(await employees.check(applicant({ userType: two }))).toEqual(refused('no-match', true))
  })

  it('hears that the register cannot be asked, and no more', async () => {
    const register = { isLive: false, find: async () => ({ kind: 'unavailable', reason: 'x' }) as const }
    expect(await employeesOn(register).check(applicant())).toEqual({ kind: 'unavailable' })
    expect(await employeesOn(register).isEmployeeId('jdg-1001')).toBe('unavailable')
  })

  it('cannot be asked about where the type has no employee check', async () => {
    const { check } = employees
    await expect(check(applicant({ userType: aUserType() }))).rejects.toThrow('has no employee check')
  })
})

describe('a name', () => {
  it('is an employee id when the register has it', async () => {
    await keep(anEmployee())
    expect(await employees.isEmployeeId('jdg-1001')).toBe('yes')
    expect(await employees.isEmployeeId('jdg-1002')).toBe('no')
  })
})

/** An account that has claimed the employee now. */
async function claimed(recordVersion: number | null): Promise<string> {
  const account = anAccount({ employeeId: 'jdg-1001' })
  await storage().accounts.insert(account, [], {
    audit: [],
    claim: { employeeId: 'jdg-1001', recordVersion, role: 'judge', checkedAt: clock.now() },
  })
  return account.id
}

async function tokenGeneration(id: string) {
  const [generations] = await storage().revocations.findGenerations([{ kind: 'account', id }])
  return generations
}

describe('the standing of an account, where the register is kept here', () => {
  it('is what the record says at this moment', async () => {
    await keep(anEmployee())
    const id = await claimed(1)
    expect(await employees.standingOf({ id })).toEqual({
      kind: 'claimed',
      employeeId: 'jdg-1001',
      role: 'judge',
      status: 'active',
    })
    const next = anEmployee({ role: 'lawyer', status: 'suspended' })
    await storage().employees.replace(next, { version: 1, claimedBy: id }, { ...NOTHING, at: clock.now() })
    expect(await employees.standingOf({ id })).toMatchObject({ role: 'lawyer', status: 'suspended' })
  })

  it('is none without a claim, and absent without a record', async () => {
    expect(await employees.standingOf({ id: 'acc_nobody' })).toEqual({ kind: 'none' })
    const id = await claimed(null)
    expect(await employees.standingOf({ id })).toMatchObject({ status: 'absent' })
  })
})

describe('the standing of an account, where the register is asked', () => {
  let answer: RegisterAnswer
  let asked: string[]
  let elsewhere: Employees

  beforeEach(() => {
    asked = []
    answer = { kind: 'found', record: anEmployee(), version: null }
    elsewhere = employeesOn({
      isLive: false,
      async find(employeeId) {
        asked.push(employeeId)
        return answer
      },
    })
  })

  const unsealed = () => storage().audit.listUnsealed(10)

  it('is what it last said while that is not too old, then it is asked anew', async () => {
    const id = await claimed(null)
    answer = { kind: 'unavailable', reason: 'x' }
    clock.advance(899.999)
    expect(await elsewhere.standingOf({ id })).toMatchObject({ role: 'judge', status: 'active' })
    expect(asked).toEqual([])
    clock.advance(0.001)
    expect(await elsewhere.standingOf({ id })).toEqual({ kind: 'unavailable' })
    answer = { kind: 'found', record: anEmployee(), version: null }
    expect(await elsewhere.standingOf({ id })).toMatchObject({ role: 'judge', status: 'active' })
    expect(asked).toEqual(['jdg-1001', 'jdg-1001'])
    // Noted, so not asked again; and nothing follows from the same answer.
    expect(await elsewhere.standingOf({ id })).toMatchObject({ status: 'active' })
    expect(asked).toHaveLength(2)
    expect(await unsealed()).toEqual([])
    expect(await tokenGeneration(id)).toEqual({ token: 0, signIn: 0 })
  })

  it.each([
    ['suspended', anEmployee({ status: 'suspended' }), { role: 'judge', status: 'suspended' }],
    ['ended', anEmployee({ status: 'ended' }), { role: 'judge', status: 'ended' }],
    ['role', anEmployee({ role: 'lawyer' }), { role: 'lawyer', status: 'active' }],
    ['absent', null, { role: 'judge', status: 'absent' }],
  ])(
    'notes another answer (%s) once, with a record and a raised generation',
    async (reason, record, office) => {
      const id = await claimed(null)
      clock.advance(900)
      answer = record === null ? { kind: 'absent' } : { kind: 'found', record, version: null }
      const answers = await Promise.all([elsewhere.standingOf({ id }), elsewhere.standingOf({ id })])
      for (const one of answers) expect(one).toEqual({ kind: 'claimed', employeeId: 'jdg-1001', ...office })
      expect(await storage().employees.findClaimOf(id)).toMatchObject({ ...office, checkedAt: clock.now() })
      expect(await tokenGeneration(id)).toEqual({ token: 1, signIn: 0 })
      const records = await unsealed()
      expect(records).toEqual([
        expect.objectContaining({ event: 'employee.standing-changed', subjectId: id, outcome: 'success' }),
      ])
      expect(JSON.parse(records[0]?.body ?? '')).toMatchObject({
        reason,
        actor: { kind: 'system' },
        details: { employeeId: 'jdg-1001', roleBefore: 'judge', statusBefore: 'active', ...office },
      })
      await elsewhere.standingOf({ id })
      expect(asked).toHaveLength(2)
    },
  )

  it('is none when the claim is gone by the time of the answer', async () => {
    const id = await claimed(null)
    clock.advance(900)
    const release = { ...NOTHING, at: clock.now() }
    elsewhere = employeesOn({
      isLive: false,
      async find(employeeId) {
        await storage().employees.releaseClaim(employeeId, id, release)
        return answer
      },
    })
    expect(await elsewhere.standingOf({ id })).toEqual({ kind: 'none' })
  })

  it('trusts no note of the future', async () => {
    clock.advance(3600)
    const id = await claimed(null)
    clock.advance(-3600)
    answer = { kind: 'absent' }
    expect(await elsewhere.standingOf({ id })).toMatchObject({ status: 'absent' })
  })
})
