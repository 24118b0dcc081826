import { beforeEach, describe, expect, it } from '@jest/globals'
import { movingClock } from '../../../tests/support/moving-clock.ts'
import { AT_THE_SHELL, operatorOn, type TestOperator } from '../../../tests/support/operator.ts'
import { aSignIn, aUserType, NOON } from '../../../tests/support/records.ts'
import { temporaryStorage } from '../../../tests/support/temporary-storage.ts'
import type { AccountStatus } from '../../domain/accounts/index.ts'
import { createLimits, limitsFileSchema } from '../../domain/limits/index.ts'
import type { UserType } from '../../domain/user-types/index.ts'

const clock = movingClock(NOON)
const { storage } = temporaryStorage(clock)

const MEMBER = aUserType({
  id: 'member',
  signUp: 'approval',
  contacts: { email: 'optional', phone: 'optional' },
  otp: { ...aUserType().otp, channels: ['sms', 'email'] },
})
/** Has a phone, and gets codes by email alone. */
const CORRESPONDENT = aUserType({ id: 'correspondent', contacts: { email: 'required', phone: 'optional' } })
const POLICE = aUserType({
  id: 'police',
  identifiers: ['employeeId'],
  fields: [
    {
      name: 'fullName',
      label: 'Full name',
      kind: 'text',
      required: true,
      unique: false,
      sensitive: true,
      editableBy: 'admin',
    },
  ],
  employee: { roles: ['police'], match: ['fullName'], contact: 'record' },
})
const EMAIL = { value: 'ann@example.test', verifiedAt: NOON }
const PHONE = { value: '+919876543210', verifiedAt: NOON }

let operator: TestOperator
beforeEach(async () => {
  operator = await operatorOn(storage(), clock)
  await storage().userTypes.keep([MEMBER, CORRESPONDENT, POLICE], NOON, [])
})

const waiting = (userType: UserType, more = {}) =>
  operator.add({ userType, status: 'awaiting-approval', email: EMAIL, ...more })
const statusOf = async (id: string) => (await storage().accounts.find(id))?.status
const generationOf = async (id: string) =>
  (await storage().revocations.findGenerations([{ kind: 'account', id }]))[0]?.signIn
const confirmed = (employeeId: string) =>
  ({
    kind: 'confirmed',
    holdsContact: false,
    claim: { employeeId, recordVersion: null, role: 'police', checkedAt: NOON },
  }) as const

describe('approving', () => {
  it('makes a waiting account active and tells the person, in one write with the record', async () => {
    const { id } = await waiting(MEMBER)
    const outcome = await operator.administration.approve(id, AT_THE_SHELL)
    expect(outcome).toMatchObject({ kind: 'changed', account: { id, status: 'active', version: 2 } })
    expect(await storage().accounts.find(id)).toEqual('account' in outcome && outcome.account)
    expect(await operator.queued()).toMatchObject([
      { to: EMAIL.value, template: 'approved', channel: 'email' },
    ])
    expect(await operator.events()).toMatchObject([{ event: 'account.approved', subject: { id } }])
  })

  it('tells by text message where only a phone is verified', async () => {
    const { id } = await waiting(MEMBER, { email: { ...EMAIL, verifiedAt: null }, phone: PHONE })
    await operator.administration.approve(id, AT_THE_SHELL)
    expect(await operator.queued()).toMatchObject([{ to: PHONE.value, channel: 'sms' }])
  })

  it('claims the employee id, by which the account is found from now on', async () => {
    const { id } = await waiting(POLICE, { employeeId: 'pol-1', fields: { fullName: 'Ann' } })
    expect(await operator.accounts.findByTyped('POL-1')).toEqual([])
    operator.register.answer = confirmed('pol-1')
    expect(await operator.administration.approve(id, AT_THE_SHELL)).toMatchObject({ kind: 'changed' })
    expect(await operator.accounts.findByTyped('POL-1')).toMatchObject([
      { account: { id }, by: 'employeeId' },
    ])
    expect(await storage().employees.findClaim('pol-1')).toMatchObject({ accountId: id })
  })

  it('is refused, with the reason, when the register does not confirm; the account still waits', async () => {
    const { id } = await waiting(POLICE, { employeeId: 'pol-1', fields: { fullName: 'Ann' } })
    operator.register.answer = { kind: 'refused', reason: 'no-match', holdsContact: false }
    const outcome = await operator.administration.approve(id, AT_THE_SHELL)
    expect(outcome).toEqual({ kind: 'refused', reason: 'no-match' })
    expect(await statusOf(id)).toBe('awaiting-approval')
    expect(await operator.queued()).toEqual([])
    expect(await operator.events()).toMatchObject([
      { event: 'account.approval-refused', outcome: 'failure', reason: 'no-match' },
    ])
  })

  it('changes nothing while the register cannot be asked', async () => {
    const { id } = await waiting(POLICE, { employeeId: 'pol-1', fields: { fullName: 'Ann' } })
    expect(await operator.administration.approve(id, AT_THE_SHELL)).toEqual({ kind: 'register-unavailable' })
    expect(await statusOf(id)).toBe('awaiting-approval')
  })

  it('gives one employee id to one of several who wait for it', async () => {
    const several = await Promise.all(
      [1, 2, 3].map((count) =>
        waiting(POLICE, {
          email: { value: `ann${count}@example.test`, verifiedAt: NOON },
          employeeId: 'pol-1',
          fields: { fullName: 'Ann' },
        }),
      ),
    )
    operator.register.answer = confirmed('pol-1')
    // The register of this test never hears of the claim, so the losers look until they give up.
    const outcomes = await Promise.allSettled(
      several.map(({ id }) => operator.administration.approve(id, AT_THE_SHELL)),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const statuses = await Promise.all(several.map(({ id }) => statusOf(id)))
    expect(statuses.filter((status) => status === 'active')).toHaveLength(1)
  })

  it('is refused where the employee id is another person’s user id by now', async () => {
    const { id } = await waiting(POLICE, { employeeId: 'pol-1', fields: { fullName: 'Ann' } })
    await operator.add({ userType: MEMBER, userId: 'pol-1' })
    operator.register.answer = confirmed('pol-1')
    const outcome = await operator.administration.approve(id, AT_THE_SHELL)
    expect(outcome).toEqual({ kind: 'refused', reason: 'taken' })
    expect(await storage().employees.findClaim('pol-1')).toBeNull()
  })

  it('happens once, also when many ask at once', async () => {
    const { id } = await waiting(MEMBER)
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => operator.administration.approve(id, AT_THE_SHELL)),
    )
    expect(outcomes.filter(({ kind }) => kind === 'changed')).toHaveLength(1)
    expect(outcomes.filter(({ kind }) => kind === 'unchanged')).toHaveLength(9)
    expect(await operator.queued()).toHaveLength(1)
  })
})

describe('rejecting', () => {
  it('takes a waiting account away, frees its contact and tells the person', async () => {
    const { id } = await waiting(MEMBER, { userId: 'ann' })
    expect(await operator.administration.reject(id, AT_THE_SHELL)).toMatchObject({ kind: 'changed' })
    expect(await storage().accounts.find(id)).toBeNull()
    await operator.add({ userType: MEMBER, email: EMAIL, userId: 'ann' })
    expect(await operator.queued()).toMatchObject([{ to: EMAIL.value, template: 'refused' }])
    expect(await operator.events()).toMatchObject([{ event: 'account.rejected', subject: { id } }])
    expect(await operator.administration.reject(id, AT_THE_SHELL)).toEqual({ kind: 'unknown' })
  })

  it('withdraws an invitation, and tells nobody: the contact was never verified', async () => {
    const invited = await operator.administration.invite(
      { userType: 'member', email: 'bob@example.test' },
      AT_THE_SHELL,
    )
    if (invited.kind !== 'invited') throw new Error(JSON.stringify(invited))
    expect(await operator.administration.reject(invited.account.id, AT_THE_SHELL)).toMatchObject({
      kind: 'changed',
    })
    expect((await operator.queued()).map(({ template }) => template)).toEqual(['invitation'])
  })

  it('and approving at once: one of them', async () => {
    const { id } = await waiting(MEMBER)
    const [approved, rejected] = await Promise.all([
      operator.administration.approve(id, AT_THE_SHELL),
      operator.administration.reject(id, AT_THE_SHELL),
    ])
    expect([approved.kind, rejected.kind].filter((kind) => kind === 'changed')).toHaveLength(1)
    expect(await statusOf(id)).toBe(approved.kind === 'changed' ? 'active' : undefined)
    expect(await operator.queued()).toHaveLength(1)
  })
})

describe('disabling', () => {
  it('ends everything by the generation, in the same write; enabling brings the account back alone', async () => {
    const { id } = await operator.add({ userType: MEMBER, email: EMAIL })
    expect(await operator.administration.disable(id, AT_THE_SHELL)).toMatchObject({
      kind: 'changed',
      account: { status: 'disabled' },
    })
    expect(await generationOf(id)).toBe(1)
    expect(await operator.administration.disable(id, AT_THE_SHELL)).toMatchObject({ kind: 'unchanged' })
    expect(await generationOf(id)).toBe(1)
    expect(await operator.administration.enable(id, AT_THE_SHELL)).toMatchObject({
      kind: 'changed',
      account: { status: 'active' },
    })
    expect(await generationOf(id)).toBe(1)
    const events = (await operator.events()).map(({ event }) => event)
    expect(events).toEqual(['account.disabled', 'account.enabled'])
  })

  it('wins against sign-ins that change the account all the time', async () => {
    const { id } = await operator.add({ userType: MEMBER, email: EMAIL })
    const [outcome] = await Promise.all([
      operator.administration.disable(id, AT_THE_SHELL),
      ...Array.from({ length: 50 }, () => storage().accounts.recordSignIn(id, aSignIn())),
    ])
    expect(outcome).toMatchObject({ kind: 'changed' })
    expect(await statusOf(id)).toBe('disabled')
  })
})

describe.each([
  ['approve', ['disabled', 'deactivated', 'invited']],
  ['reject', ['active', 'disabled', 'deactivated']],
  ['disable', ['awaiting-approval', 'invited']],
  ['enable', ['awaiting-approval', 'invited']],
] as const)('%s', (action, statuses) => {
  it.each<AccountStatus>([...statuses])('changes no account that is %s', async (status) => {
    const { id } = await operator.add({ userType: MEMBER, status, email: EMAIL })
    const outcome = await operator.administration[action](id, AT_THE_SHELL)
    expect(outcome).toEqual({ kind: 'wrong-status', status })
    expect(await statusOf(id)).toBe(status)
    expect(await operator.events()).toEqual([])
  })

  it('knows nobody by an unknown id', async () => {
    expect(await operator.administration[action]('acc_unknown', AT_THE_SHELL)).toEqual({ kind: 'unknown' })
  })
})

describe('unlocking', () => {
  it('lifts the pauses of all that a person may type, and of their codes', async () => {
    const settings = limitsFileSchema.parse({})
    const key = operator.keys.dataKey('blind-index').key
    const limits = createLimits({ store: storage().limits, settings, key, clock })
    const { id } = await operator.add({ userType: MEMBER, email: EMAIL, phone: PHONE, userId: 'ann.1' })
    const password = { factor: 'password', purpose: 'sign-in', knownDevice: null, ip: null } as const
    const tries = [
      { ...password, who: `email/${EMAIL.value}` },
      { ...password, who: `phone/${PHONE.value}`, knownDevice: 'her own' },
      { ...password, who: 'name/ann.1' },
      { ...password, factor: 'code', who: id } as const,
    ]
    const stranger = { ...password, who: 'email/bob@example.test' }
    for (const one of [...tries, stranger]) {
      while ((await limits.reserve(one)).ok) {
        // Once more.
      }
    }
    expect(await operator.administration.unlock(id, AT_THE_SHELL)).toMatchObject({ kind: 'changed' })
    for (const one of tries) expect(await limits.pauseOf(one)).toBeNull()
    expect(await limits.pauseOf(stranger)).not.toBeNull()
    expect(await operator.events()).toMatchObject([{ event: 'account.unlocked', subject: { id } }])
    expect(await operator.administration.unlock('acc_unknown', AT_THE_SHELL)).toEqual({ kind: 'unknown' })
  })

  it('lifts no pause of a contact that is not verified: it may be anybody’s', async () => {
    const settings = limitsFileSchema.parse({})
    const key = operator.keys.dataKey('blind-index').key
    const limits = createLimits({ store: storage().limits, settings, key, clock })
    const unverified = { ...EMAIL, verifiedAt: null }
    const { id } = await operator.add({ userType: MEMBER, email: unverified, phone: PHONE })
    const password = { factor: 'password', purpose: 'sign-in', knownDevice: null, ip: null } as const
    const owners = { ...password, who: `email/${EMAIL.value}` }
    while ((await limits.reserve(owners)).ok) {
      // Once more.
    }
    expect(await operator.administration.unlock(id, AT_THE_SHELL)).toMatchObject({ kind: 'changed' })
    expect(await limits.pauseOf(owners)).not.toBeNull()
  })
})

describe('inviting', () => {
  const invite = (typed: object) =>
    operator.administration.invite({ userType: 'member', ...typed }, AT_THE_SHELL)

  it('prepares an account that reserves nothing, and sends its link to the contact alone', async () => {
    const outcome = await invite({ email: 'Bob@Example.test', roles: ['editor', 'editor'] })
    if (outcome.kind !== 'invited') throw new Error(JSON.stringify(outcome))
    const { account } = outcome
    expect(outcome).toMatchObject({ channel: 'email', destination: 'bob@example.test' })
    expect(outcome.worksUntil).toEqual(new Date(NOON.getTime() + 72 * 3_600_000))
    expect(account).toMatchObject({ status: 'invited', roles: ['editor'], passwordHash: null })
    expect(account.email).toEqual({ value: 'bob@example.test', verifiedAt: null })
    expect(await operator.accounts.findByTyped('bob@example.test')).toEqual([])

    const [message] = await operator.queued()
    expect(message).toMatchObject({ to: 'bob@example.test', template: 'invitation', channel: 'email' })
    expect(message?.model['url']).toMatch(/^http:\/\/localhost:3000\/invitation\?token=[\w-]{43}$/)
    expect(message?.expiresAt).toEqual(outcome.worksUntil)
    const records = JSON.stringify(await operator.events())
    expect(records).toContain('account.invited')
    expect(records).not.toMatch(/bob|token=/)
  })

  it('goes by text message to a phone, and keeps what is known already', async () => {
    const typed = {
      userType: 'police',
      phone: '+91 98765 43210',
      employeeId: ' POL-1 ',
      fields: { fullName: 'Ann ' },
    }
    const otp: UserType['otp'] = { ...POLICE.otp, channels: ['sms'] }
    const allowed = { ...POLICE, id: 'patrol', contacts: { email: 'none', phone: 'required' }, otp } as const
    await storage().userTypes.keep([allowed], NOON, [])
    const outcome = await invite({ ...typed, userType: 'patrol' })
    expect(outcome).toMatchObject({ kind: 'invited', channel: 'sms', account: { employeeId: 'pol-1' } })
    const stored = 'account' in outcome ? outcome.account.fields['fullName'] : null
    expect(stored).toEqual({ sealed: expect.any(String) })
  })

  it.each([
    [{ userType: 'nobody', email: 'b@example.test' }, [{ field: 'userType', problem: 'unknown' }]],
    [{}, [{ field: 'contact', problem: 'missing' }]],
    [{ email: 'b@example.test', phone: '+919876543210' }, [{ field: 'contact', problem: 'both' }]],
    [{ email: 'no address' }, [{ field: 'email', problem: 'malformed' }]],
    [{ phone: '12' }, [{ field: 'phone', problem: 'malformed' }]],
    [{ email: EMAIL.value }, [{ field: 'email', problem: 'taken' }]],
    [{ userType: 'police', phone: PHONE.value }, [{ field: 'phone', problem: 'not-of-type' }]],
    [{ userType: 'correspondent', phone: PHONE.value }, [{ field: 'phone', problem: 'not-of-type' }]],
    [
      { email: 'b@example.test', employeeId: 'pol-1', fields: { x: 1 }, roles: ['owner', 'a b'] },
      [
        { field: 'employeeId', problem: 'not-of-type' },
        { field: 'field.x', problem: 'unknown' },
        { field: 'roles', problem: 'reserved', value: 'owner' },
        { field: 'roles', problem: 'malformed', value: 'a b' },
      ],
    ],
    [
      { userType: 'police', email: 'b@example.test', employeeId: '@', fields: { fullName: 7 } },
      [
        { field: 'employeeId', problem: 'malformed' },
        { field: 'field.fullName', problem: 'malformed' },
      ],
    ],
  ])('is refused for %j', async (typed, problems) => {
    await operator.add({ userType: MEMBER, email: EMAIL })
    expect(await invite(typed)).toEqual({ kind: 'refused', problems })
    expect(await operator.queued()).toEqual([])
  })
})
