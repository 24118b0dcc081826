import { beforeEach, describe, expect, it } from '@jest/globals'
import { movingClock } from '../../../tests/support/moving-clock.ts'
import { AT_THE_SHELL, operatorOn, type TestOperator } from '../../../tests/support/operator.ts'
import { aChallenge, anArtifact, at, aUserType, NOON } from '../../../tests/support/records.ts'
import { temporaryStorage } from '../../../tests/support/temporary-storage.ts'
import type { GenerationOwner } from '../../domain/revocations/index.ts'

const clock = movingClock(NOON)
const { storage } = temporaryStorage(clock)
const USER = aUserType()
const EMAIL = { value: 'ann@example.test', verifiedAt: NOON }

let operator: TestOperator
beforeEach(async () => {
  operator = await operatorOn(storage(), clock)
  await storage().userTypes.keep([USER], NOON, [])
})

const anAccount = () => operator.add({ userType: USER, email: EMAIL, roles: ['reader'] })
const generationsOf = async (kind: GenerationOwner['kind'], id: string) =>
  (await storage().revocations.findGenerations([{ kind, id }]))[0]
const eventNames = async () => (await operator.events()).map(({ event }) => event)

describe('setting roles', () => {
  it('ends access tokens alone, in one write with the record', async () => {
    const { id, version } = await anAccount()
    const outcome = await operator.administration.setRoles(id, ['writer', 'writer'], version, AT_THE_SHELL)
    expect(outcome).toMatchObject({ kind: 'changed', account: { roles: ['writer'], version: version + 1 } })
    expect(await storage().accounts.find(id)).toEqual('account' in outcome && outcome.account)
    expect(await generationsOf('account', id)).toEqual({ token: 1, signIn: 0 })
    expect(await operator.events()).toMatchObject([
      {
        event: 'account.roles-changed',
        subject: { id },
        details: { added: ['writer'], removed: ['reader'] },
      },
    ])
  })

  it('changes nothing where nothing is another', async () => {
    const { id, version } = await anAccount()
    const outcome = await operator.administration.setRoles(id, ['reader'], version, AT_THE_SHELL)
    expect(outcome).toMatchObject({ kind: 'unchanged' })
    expect(await generationsOf('account', id)).toEqual({ token: 0, signIn: 0 })
    expect(await operator.events()).toEqual([])
  })

  it('lets one of several who saw the same version change it', async () => {
    const { id, version } = await anAccount()
    const outcomes = await Promise.all(
      ['a', 'b', 'c'].map((role) => operator.administration.setRoles(id, [role], version, AT_THE_SHELL)),
    )
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['changed', 'stale', 'stale'])
    expect(await generationsOf('account', id)).toMatchObject({ token: 1 })
  })

  it.each(['owner', 'two words', ''])('refuses "%s", which is no role', async (role) => {
    const { id, version } = await anAccount()
    const outcome = await operator.administration.setRoles(id, ['fine', role], version, AT_THE_SHELL)
    expect(outcome).toEqual({ kind: 'invalid', roles: [role] })
  })

  it('knows no account that is not there', async () => {
    expect(await operator.administration.setRoles('acc_0', [], 1, AT_THE_SHELL)).toEqual({ kind: 'unknown' })
  })
})

describe('signing out everywhere', () => {
  it('raises what every sign-in hangs on', async () => {
    const { id } = await anAccount()
    expect(await operator.administration.endSignIns(id, AT_THE_SHELL)).toMatchObject({ kind: 'changed' })
    expect(await generationsOf('account', id)).toEqual({ token: 1, signIn: 1 })
    expect(await eventNames()).toEqual(['account.sign-ins-ended'])
  })
})

describe('deleting an account', () => {
  it('leaves nothing that leads to the person, and kills what was given', async () => {
    const { id } = await anAccount()
    const challenge = aChallenge({ accountId: id, destination: EMAIL.value })
    await storage().challenges.insert(challenge, { audit: [], messages: [] })
    await storage().audit.keepPersonKey(id, Buffer.from('wrapped'), NOON)
    await storage().artifacts.save(anArtifact({ accountId: id, accountGeneration: 0 }))
    expect(await operator.administration.deleteAccount(id, AT_THE_SHELL)).toEqual({ kind: 'deleted' })

    expect(await storage().accounts.find(id)).toBeNull()
    expect(await operator.accounts.findByTyped(EMAIL.value)).toEqual([])
    expect(await storage().audit.findPersonKey(id)).toBeNull()
    expect(await storage().challenges.find(challenge.id)).toBeNull()
    expect(await storage().artifacts.listByAccount('RefreshToken', id, NOON, 10)).toEqual([])
    expect(await generationsOf('account', id)).toEqual({ token: 1, signIn: 1 })
    expect(await operator.events()).toMatchObject([{ event: 'account.deleted', subject: { id } }])
    // The contact is free for somebody else.
    expect((await anAccount()).id).not.toBe(id)
  })

  it('frees the employee id that it had claimed', async () => {
    const claim = { employeeId: 'pol-1', recordVersion: null, role: 'police', checkedAt: NOON }
    const drafted = await anAccount()
    const account = { ...drafted, id: 'acc_claims', email: null, employeeId: 'pol-1' }
    await storage().accounts.insert(account, [{ space: 'name', value: 'pol-1' }], { audit: [], claim })
    expect(await storage().employees.findClaim('pol-1')).not.toBeNull()
    await operator.administration.deleteAccount(account.id, AT_THE_SHELL)
    expect(await storage().employees.findClaim('pol-1')).toBeNull()
  })

  it('happens once', async () => {
    const { id } = await anAccount()
    const outcomes = await Promise.all(
      Array.from({ length: 4 }, () => operator.administration.deleteAccount(id, AT_THE_SHELL)),
    )
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['deleted', 'unknown', 'unknown', 'unknown'])
    expect(await eventNames()).toEqual(['account.deleted'])
  })
})

describe('a client', () => {
  it('is disabled and enabled again, with what it was given dead', async () => {
    const { clients } = operator.administration
    expect(await clients.disable('demo', AT_THE_SHELL)).toBe('changed')
    expect(await clients.disable('demo', AT_THE_SHELL)).toBe('unchanged')
    expect(await storage().clientStates.isDisabled('demo')).toBe(true)
    expect(await generationsOf('client', 'demo')).toEqual({ token: 1, signIn: 1 })
    expect(await clients.enable('demo', AT_THE_SHELL)).toBe('changed')
    expect(await generationsOf('client', 'demo')).toEqual({ token: 1, signIn: 1 })
    expect(await clients.disable('nobody', AT_THE_SHELL)).toBe('unknown')
    expect(await eventNames()).toEqual(['client.disabled', 'client.enabled'])
  })
})

describe('revoking', () => {
  it.each([
    [{ kind: 'token', jti: 'j1' }, 'j1', 'token.revoked'],
    [{ kind: 'grant', id: 'gra_1' }, 'gra_1', 'grant.ended'],
    [{ kind: 'session', id: 'ses_1' }, 'ses_1', 'session.ended'],
  ] as const)('ends %j once, for the reason given', async (what, id, event) => {
    const { revoke } = operator.administration
    expect(await revoke(what, 'lost', AT_THE_SHELL)).toBe('revoked')
    expect(await storage().revocations.isEnded(what.kind, id)).toBe(true)
    expect(await revoke(what, 'lost', AT_THE_SHELL)).toBe('unchanged')
    expect(await operator.events()).toMatchObject([{ event, reason: 'lost' }])
  })

  it('keeps a token that ended for as long as any token lives', async () => {
    await operator.administration.revoke({ kind: 'token', jti: 'j1' }, 'lost', AT_THE_SHELL)
    expect(await storage().revocations.tidy(at(900), 10)).toBe(0)
  })

  it('of a client ends what it was given and leaves it enabled', async () => {
    const { revoke } = operator.administration
    expect(await revoke({ kind: 'client', id: 'demo' }, 'leak', AT_THE_SHELL)).toBe('revoked')
    expect(await generationsOf('client', 'demo')).toEqual({ token: 1, signIn: 1 })
    expect(await storage().clientStates.isDisabled('demo')).toBe(false)
    expect(await revoke({ kind: 'client', id: 'nobody' }, 'leak', AT_THE_SHELL)).toBe('unknown')
  })

  it('of an account signs it out everywhere', async () => {
    const { id } = await anAccount()
    const { revoke } = operator.administration
    expect(await revoke({ kind: 'account', id }, 'stolen', AT_THE_SHELL)).toBe('revoked')
    expect(await generationsOf('account', id)).toEqual({ token: 1, signIn: 1 })
    expect(await revoke({ kind: 'account', id: 'acc_0' }, 'stolen', AT_THE_SHELL)).toBe('unknown')
    expect(await operator.events()).toMatchObject([{ event: 'account.sign-ins-ended', reason: 'stolen' }])
  })
})
