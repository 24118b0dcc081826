import { beforeEach, describe, expect, it } from '@jest/globals'
import { movingClock } from '../../tests/support/moving-clock.ts'
import { anEmployee, aUserType, NOON } from '../../tests/support/records.ts'
import { temporaryStorage } from '../../tests/support/temporary-storage.ts'
import { createAccountFields, createAccounts } from '../domain/accounts/index.ts'
import { createAudit, type Origin } from '../domain/audit/index.ts'
import type { ApplicantAnswer } from '../domain/employees/index.ts'
import { createLimits, limitsFileSchema } from '../domain/limits/index.ts'
import { systemRandom as random } from '../lib/ids.ts'
import { createOpenAccount, type OpenAccountParts, type ProvedPerson } from './open-account.ts'

const clock = movingClock(NOON)
const { storage } = temporaryStorage(clock)
const key = Buffer.alloc(32, 7)

const ORIGIN: Origin = {
  api: 'sign-up',
  step: 'open',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  actor: { kind: 'stranger', id: null },
  clientId: null,
  ip: null,
  userAgent: null,
}

const JUDGE = aUserType({
  id: 'judge',
  identifiers: ['employeeId', 'userId'],
  employee: { roles: ['judge'], match: [], contact: 'record' },
})

function aPerson(changes: Partial<ProvedPerson> = {}): ProvedPerson {
  return {
    accountId: 'acc_to-be',
    userType: { type: JUDGE, version: 1, createdAt: NOON },
    verified: { channel: 'email', destination: 'meera@courts.example' },
    email: 'meera@courts.example',
    phone: null,
    userId: 'meera',
    employeeId: 'jdg-1001',
    fields: {},
    passwordHash: 'v1$bcrypt$12$p1$hash',
    ...changes,
  }
}

const confirmed = (recordVersion: number): ApplicantAnswer => ({
  kind: 'confirmed',
  holdsContact: true,
  claim: { employeeId: 'jdg-1001', recordVersion, role: 'judge', checkedAt: NOON },
})

type Employees = OpenAccountParts['employees']

/** A register whose answers come one after another, the last one for good. */
function registerSaying(...answers: ApplicantAnswer[]): Employees & { asked: number } {
  return {
    asked: 0,
    async check() {
      const answer = answers[Math.min(this.asked++, answers.length - 1)]
      if (!answer) throw new Error('The register has no answer.')
      return answer
    },
    isEmployeeId: async () => 'no',
  }
}

/** One failed sign-up a day is all that there is, so that it shows what was counted. */
function rooms() {
  const fields = createAccountFields({ keys: [{ id: 'f1', key }], blindIndexKey: key, random })
  const accounts = createAccounts({ store: storage().accounts, fields, clock, random, phoneRegion: null })
  const settings = limitsFileSchema.parse({
    signUp: { notConfirmedPerContactPerDay: 1, notConfirmedPerEmployeeIdPerDay: 1 },
  })
  const limits = createLimits({ store: storage().limits, settings, key, clock })
  const audit = createAudit({ store: storage().audit, keys: [{ key }], clock, random })
  return { accounts, limits, audit, clock }
}

const openWith = (employees: Employees) => createOpenAccount({ ...rooms(), employees })

async function recordedEvents(): Promise<string[]> {
  return (await storage().audit.listUnsealed(100)).map(({ event }) => event)
}

describe('opening an account', () => {
  beforeEach(async () => {
    await storage().employees.insert(anEmployee(), { audit: [], raises: [], at: NOON })
  })

  it('makes account and claim in one step', async () => {
    expect(await openWith(registerSaying(confirmed(1)))(aPerson(), ORIGIN)).toEqual({ kind: 'opened' })
    expect(await storage().accounts.find('acc_to-be')).toMatchObject({
      status: 'active',
      employeeId: 'jdg-1001',
    })
    expect(await storage().employees.findClaim('jdg-1001')).toMatchObject({ accountId: 'acc_to-be' })
    expect(await recordedEvents()).toEqual(['sign-up.completed'])
  })

  it('claims and counts nothing while the register cannot be asked, and goes on when it can', async () => {
    const down: ApplicantAnswer = { kind: 'unavailable' }
    const open = openWith(registerSaying(down, down, confirmed(1)))
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(await open(aPerson(), ORIGIN)).toEqual({ kind: 'register-unavailable' })
      expect(await storage().accounts.find('acc_to-be')).toBeNull()
      expect(await storage().employees.findClaim('jdg-1001')).toBeNull()
    }
    expect(await recordedEvents()).toEqual([])
    expect(await open(aPerson(), ORIGIN)).toEqual({ kind: 'opened' })
  })

  it('does not take a user id that cannot be looked up for one that is free', async () => {
    const employees: Employees = {
      ...registerSaying(confirmed(1)),
      isEmployeeId: async () => 'unavailable',
    }
    expect(await openWith(employees)(aPerson(), ORIGIN)).toEqual({ kind: 'register-unavailable' })
    expect(await storage().accounts.find('acc_to-be')).toBeNull()
  })

  it('looks again when the record changed between the look at it and the claim', async () => {
    const register = registerSaying(confirmed(7), confirmed(1))
    expect(await openWith(register)(aPerson(), ORIGIN)).toEqual({ kind: 'opened' })
    expect(register.asked).toBe(2)
  })

  it('looks so often at most, and counts it as not confirmed', async () => {
    const register = registerSaying(confirmed(7))
    const open = openWith(register)
    expect(await open(aPerson(), ORIGIN)).toEqual({ kind: 'not-confirmed' })
    expect(register.asked).toBe(3)
    expect(await rooms().limits.confirmationPauseOf('meera@courts.example')).not.toBeNull()
  })

  it('makes one account of a step that is done several times at once', async () => {
    const open = openWith(registerSaying(confirmed(1)))
    const results = await Promise.all([1, 2, 3].map(() => open(aPerson(), ORIGIN)))
    // One sign-up may fail here; whoever is told so would be told of it by mistake.
    expect(results.filter(({ kind }) => kind === 'opened').length).toBeGreaterThanOrEqual(1)
    expect(await open(aPerson(), ORIGIN)).toEqual({ kind: 'opened' })
    expect((await recordedEvents()).filter((event) => event === 'sign-up.completed')).toHaveLength(1)
    expect(await rooms().limits.confirmationPauseOf('meera@courts.example')).toBeNull()
  })

  it('claims nothing for who waits for approval', async () => {
    const open = openWith(registerSaying({ kind: 'needs-approval' }))
    expect(await open(aPerson(), ORIGIN)).toEqual({ kind: 'awaiting-approval' })
    expect(await storage().employees.findClaim('jdg-1001')).toBeNull()
    expect(await storage().accounts.findByIdentifier({ space: 'name', value: 'jdg-1001' })).toBeNull()
    expect(await open(aPerson(), ORIGIN)).toEqual({ kind: 'awaiting-approval' })
    expect(await recordedEvents()).toEqual(['sign-up.awaits-approval'])
  })

  it('claims nothing for who is right, where the type wants an approval all the same', async () => {
    const userType = { type: { ...JUDGE, signUp: 'approval' as const }, version: 1, createdAt: NOON }
    const open = openWith(registerSaying(confirmed(1)))
    expect(await open(aPerson({ userType }), ORIGIN)).toEqual({ kind: 'awaiting-approval' })
    expect(await storage().employees.findClaim('jdg-1001')).toBeNull()
  })

  it('takes no contact for verified that was not the one proved', async () => {
    const open = openWith(registerSaying(confirmed(1)))
    const another = aPerson({ email: 'somebody-else@courts.example' })
    await expect(open(another, ORIGIN)).rejects.toThrow('The contact that was proved')
    expect(await storage().accounts.find('acc_to-be')).toBeNull()
  })
})
