import { beforeEach, describe, expect, it } from '@jest/globals'
import { movingClock } from '../../../tests/support/moving-clock.ts'
import { at, aUserType, NOON } from '../../../tests/support/records.ts'
import { temporaryStorage } from '../../../tests/support/temporary-storage.ts'
import { createAudit, systemOrigin } from '../../domain/audit/index.ts'
import type { UserType } from '../../domain/user-types/index.ts'
import { systemRandom } from '../../lib/ids.ts'
import { createChangeUserType } from './change-user-type.ts'

const clock = movingClock(at(60))
const { storage } = temporaryStorage(clock)
const origin = systemOrigin('admin', 'change', systemRandom)
const creating = { passwordless: { createsAccounts: true } }
const motto = {
  name: 'motto',
  label: 'Motto',
  kind: 'text',
  required: false,
  unique: false,
  sensitive: false,
  editableBy: 'person',
} as const

beforeEach(async () => {
  const types = [aUserType({ roles: ['a', 'b'], fields: [motto] }), aUserType({ id: 'judge' })]
  await storage().userTypes.keep(types, NOON, [])
})

function change(changes: Partial<UserType> | Readonly<Record<string, unknown>>, from = 1, id = 'user') {
  const { audit: store, userTypes } = storage()
  const audit = createAudit({ store, keys: [{ key: Buffer.alloc(32, 7) }], clock, random: systemRandom })
  const definition = { ...aUserType({ id, roles: ['a', 'b'], fields: [motto] }), ...changes }
  return createChangeUserType({ userTypes, audit, clock })(definition, from, origin)
}

async function generation(): Promise<number | undefined> {
  const [found] = await storage().revocations.findGenerations([{ kind: 'user-type', id: 'user' }])
  return found?.token
}

async function recorded(): Promise<unknown[]> {
  return (await storage().audit.listUnsealed(10)).map(({ event, subjectId }) => [event, subjectId])
}

describe('a change of a user type', () => {
  it('is a new version with a record, and ends no token while the roles are the same', async () => {
    const result = await change({ name: 'Changed', roles: ['b', 'a'] })
    expect(result).toMatchObject({ ok: true, stored: { version: 2, createdAt: at(60) } })
    expect(await storage().userTypes.find('user')).toMatchObject({ version: 2, type: { name: 'Changed' } })
    expect(await recorded()).toEqual([['user-type.changed', 'user']])
    expect(await generation()).toBe(0)
  })

  it.each([[['a']], [['a', 'b', 'c']], [['a', 'c']], [[]]])(
    'ends the access tokens of its people when the roles become %j',
    async (roles) => {
      await change({ roles })
      expect(await generation()).toBe(1)
    },
  )

  it('is refused to whoever has seen another version', async () => {
    expect((await change({ name: 'One' })).ok).toBe(true)
    expect(await change({ name: 'Two', roles: [] })).toEqual({ ok: false, reason: 'conflict' })
    expect(await storage().userTypes.find('user')).toMatchObject({ version: 2, type: { name: 'One' } })
    expect(await generation()).toBe(0)
    expect(await recorded()).toHaveLength(1)
  })

  it('is refused for a type that is not there', async () => {
    expect(await change({}, 1, 'unknown')).toEqual({ ok: false, reason: 'unknown' })
  })

  it('is refused where it would make a second type create accounts', async () => {
    expect((await change(creating)).ok).toBe(true)
    expect(await change(creating, 1, 'judge')).toEqual({ ok: false, reason: 'another-creates-accounts' })
    expect(await storage().userTypes.find('judge')).toMatchObject({ version: 1 })
  })

  it('is refused with every problem of a definition that contradicts itself', async () => {
    const result = await change({ roles: ['owner'], identifiers: ['employeeId'] })
    expect(result).toMatchObject({
      ok: false,
      reason: 'invalid',
      problems: [
        { path: 'roles', message: expect.stringContaining('owner') },
        { path: 'identifiers', message: expect.stringContaining('employee') },
      ],
    })
    expect(await change({ otp: { ...aUserType().otp, digits: 5 } })).toMatchObject({
      problems: [{ path: 'otp.digits' }],
    })
    expect(await change({ adminRole: 'owner' })).toMatchObject({ ok: false, reason: 'invalid' })
    expect(await recorded()).toEqual([])
  })

  it('makes no field unique that accounts have values in, but a new one', async () => {
    const unique = { ...motto, unique: true }
    expect(await change({ fields: [unique] })).toMatchObject({
      ok: false,
      reason: 'invalid',
      problems: [{ path: 'fields.0.unique' }],
    })
    expect((await change({ fields: [motto, { ...unique, name: 'badge' }] })).ok).toBe(true)
  })

  it('makes no field unique that was there once and not unique: accounts keep what they have in it', async () => {
    expect((await change({ fields: [] })).ok).toBe(true)
    expect(await change({ fields: [{ ...motto, unique: true }] }, 2)).toMatchObject({
      ok: false,
      reason: 'invalid',
      problems: [{ path: 'fields.0.unique' }],
    })
    expect((await change({ fields: [motto] }, 2)).ok).toBe(true)
  })

  it('lets a field be unique again that always was', async () => {
    const badge = { ...motto, name: 'badge', unique: true }
    expect((await change({ fields: [badge] })).ok).toBe(true)
    expect((await change({ fields: [] }, 2)).ok).toBe(true)
    expect((await change({ fields: [badge] }, 3)).ok).toBe(true)
  })
})
