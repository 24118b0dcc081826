import { describe, expect, it } from '@jest/globals'
import { type Backend, type FreshStore, freshStore, type Storage } from '../../tests/support/backend.ts'
import { call, countOf, race, times } from '../../tests/support/race.ts'
import {
  anAccount,
  anArtifact,
  anAuditEntry,
  anEnding,
  at,
  bytes,
  justBefore,
  NOON,
} from '../../tests/support/records.ts'
import type { Artifact, ArtifactModel } from './artifact-store.ts'

const MODELS: readonly ArtifactModel[] = [
  'Session',
  'Interaction',
  'Grant',
  'AuthorizationCode',
  'RefreshToken',
  'PushedAuthorizationRequest',
  'ReplayDetection',
]

function find({ artifacts }: Storage, { model, id }: Artifact, now = NOON): Promise<Artifact | null> {
  return artifacts.find(model, id, now)
}

export function describeArtifactStore(backend: Backend): void {
  describe(`${backend.name}: artifacts`, () => {
    const opened = freshStore(backend)
    describeKeeping(opened)
    describeReplacing(opened)
    describeConsuming(opened)
    describeGenerations(opened)
    describeEndings(opened)
  })
}

function describeKeeping(opened: FreshStore): void {
  it('gives back what went in, of every model, on every handle', async () => {
    const { storage, second } = opened()
    for (const model of MODELS) {
      const full = anArtifact({ model, id: 'same-id', uid: 'u', payload: new Uint8Array([0, 255, 36, 46]) })
      await storage.artifacts.save(full)
      expect(await find(second, full)).toEqual(full)
    }
    const bare = anArtifact({
      accountId: null,
      clientId: null,
      grantId: null,
      sessionUid: null,
      accountGeneration: null,
      clientGeneration: null,
      issuerGeneration: null,
      consumedAt: at(-1),
    })
    await storage.artifacts.save(bare)
    expect(await find(second, bare)).toEqual(bare)
  })

  it('finds until the artifact expires, not at that moment', async () => {
    const { storage } = opened()
    const artifact = anArtifact({ uid: 'u' })
    await storage.artifacts.save(artifact)
    const { model, id, expiresAt } = artifact
    expect(await storage.artifacts.find(model, id, justBefore(expiresAt))).toEqual(artifact)
    expect(await storage.artifacts.find(model, id, expiresAt)).toBeNull()
    expect(await storage.artifacts.findByUid(model, 'u', justBefore(expiresAt))).toEqual(artifact)
    expect(await storage.artifacts.findByUid(model, 'u', expiresAt)).toBeNull()
    expect(await storage.artifacts.consume(model, id, expiresAt)).toBe('absent')
  })

  it('finds by uid within one model; of two with one uid, the one made last', async () => {
    const { storage, second } = opened()
    const before = anArtifact({ model: 'Session', uid: 'u' })
    const after = anArtifact({ model: 'Session', uid: 'u' })
    await storage.artifacts.save(before)
    await storage.artifacts.save(after)
    expect(await second.artifacts.findByUid('Session', 'u', NOON)).toEqual(after)
    expect(await second.artifacts.findByUid('Interaction', 'u', NOON)).toBeNull()
    expect(await second.artifacts.findByUid('Session', 'v', NOON)).toBeNull()
  })

  it('lists those of one account and model that are not absent', async () => {
    const { storage, second } = opened()
    const grants = [anArtifact({ model: 'Grant' }), anArtifact({ model: 'Grant' })]
    const others = [
      anArtifact({ model: 'Grant', accountId: 'acc_2' }),
      anArtifact({ model: 'RefreshToken' }),
      anArtifact({ model: 'Grant', expiresAt: NOON }),
    ]
    for (const artifact of [...grants, ...others]) await storage.artifacts.save(artifact)
    const list = async (limit = 10) =>
      (await second.artifacts.listByAccount('Grant', 'acc_1', NOON, limit)).map(({ id }) => id)
    expect(await list()).toEqual(grants.map(({ id }) => id))
    expect(await list(1)).toHaveLength(1)
    await storage.revocations.end([anEnding({ kind: 'grant', id: grants[0]?.id ?? '' })], [])
    expect(await list()).toEqual([grants[1]?.id])
    await storage.revocations.raise([{ owner: { kind: 'account', id: 'acc_1' }, signIn: true }], NOON, [])
    expect(await list()).toEqual([])
  })

  it('spares the session in which an account was changed, what was given in it, and nothing that was dead', async () => {
    const { storage, second } = opened()
    const account = anAccount({ id: 'acc_1' })
    await storage.accounts.insert(account, [], { audit: [] })
    const here = [
      anArtifact({ model: 'Session', uid: 'ses_here', sessionUid: null, grantId: null }),
      anArtifact({ model: 'Grant', id: 'gra_here', sessionUid: 'ses_here', grantId: null }),
      anArtifact({ model: 'RefreshToken', grantId: 'gra_here', sessionUid: 'ses_here' }),
    ]
    const gone = anArtifact({ model: 'Grant', id: 'gra_gone', sessionUid: 'ses_here', grantId: null })
    const elsewhere = [
      anArtifact({ model: 'Session', uid: 'ses_there', sessionUid: null, grantId: null }),
      anArtifact({ model: 'RefreshToken', grantId: 'gra_there', sessionUid: 'ses_there' }),
    ]
    for (const artifact of [...here, gone, ...elsewhere]) await storage.artifacts.save(artifact)
    await storage.revocations.end([anEnding({ kind: 'grant', id: 'gra_gone', until: at(9999) })], [])
    const change = {
      from: 1,
      added: [],
      removed: [],
      raises: [{ owner: { kind: 'account', id: 'acc_1' }, signIn: true }],
      spares: { sessionId: 'ses_here' },
      audit: [],
      at: NOON,
    } as const
    expect(await second.accounts.replace(account, change)).toBe('replaced')
    for (const artifact of here) expect(await find(storage, artifact)).not.toBeNull()
    for (const artifact of [gone, ...elsewhere]) expect(await find(storage, artifact)).toBeNull()
    // Raised once more, it spares nothing: a stamp is no way out of what comes later.
    await storage.revocations.raise([{ owner: { kind: 'account', id: 'acc_1' }, signIn: true }], NOON, [])
    for (const artifact of here) expect(await find(second, artifact)).toBeNull()
  })

  it('removes one', async () => {
    const { storage, second } = opened()
    const [gone, kept] = [anArtifact(), anArtifact()]
    await storage.artifacts.save(gone)
    await storage.artifacts.save(kept)
    await second.artifacts.remove(gone.model, gone.id)
    await second.artifacts.remove(gone.model, gone.id)
    expect(await find(storage, gone)).toBeNull()
    expect(await find(storage, kept)).toEqual(kept)
  })

  it('tidies expired artifacts away, some at a time', async () => {
    const { storage } = opened()
    for (let index = 0; index < 3; index++) await storage.artifacts.save(anArtifact({ expiresAt: at(10) }))
    const kept = anArtifact({ expiresAt: at(11) })
    await storage.artifacts.save(kept)
    expect(await storage.artifacts.tidy(at(10), 2)).toBe(2)
    expect(await storage.artifacts.tidy(at(10), 2)).toBe(1)
    expect(await storage.artifacts.tidy(at(10), 2)).toBe(0)
    expect(await find(storage, kept, at(10))).toEqual(kept)
  })
}

function describeReplacing(opened: FreshStore): void {
  it('replaces payload, links and expiry, but keeps generations and the moment of consumption', async () => {
    const { storage, second } = opened()
    const first = anArtifact({ accountGeneration: 0, clientGeneration: 0 })
    await storage.artifacts.save(first)
    await storage.artifacts.consume(first.model, first.id, NOON)
    const next = {
      ...first,
      payload: bytes('next'),
      uid: 'u2',
      grantId: 'grant-2',
      sessionUid: 'session-2',
      expiresAt: at(7200),
      accountGeneration: 5,
      clientGeneration: 5,
    }
    await second.artifacts.save(next)
    expect(await find(storage, first)).toEqual({
      ...next,
      accountGeneration: 0,
      clientGeneration: 0,
      consumedAt: NOON,
    })
  })

  it('takes the given generation when a session gets its account, and keeps it from then on', async () => {
    const { storage } = opened()
    const empty = anArtifact({ model: 'Session', accountId: null, accountGeneration: null, grantId: null })
    await storage.artifacts.save(empty)
    await storage.artifacts.save({ ...empty, accountId: 'acc_1', accountGeneration: 3 })
    await storage.artifacts.save({ ...empty, accountId: 'acc_1', accountGeneration: 9 })
    expect(await find(storage, empty)).toMatchObject({ accountId: 'acc_1', accountGeneration: 3 })
    await storage.artifacts.save({ ...empty, accountId: 'acc_2', accountGeneration: 7 })
    expect(await find(storage, empty)).toMatchObject({ accountId: 'acc_2', accountGeneration: 7 })
  })

  it('does not revive a dead session by saving it again with a newer generation', async () => {
    const { storage } = opened()
    const session = anArtifact({ model: 'Session', accountGeneration: 0 })
    await storage.artifacts.save(session)
    await storage.revocations.raise([{ owner: { kind: 'account', id: 'acc_1' }, signIn: true }], NOON, [])
    await storage.artifacts.save({ ...session, accountGeneration: 1 })
    expect(await find(storage, session)).toBeNull()
  })

  it('inserts what is not there, and changes nothing where it is', async () => {
    const { storage, second } = opened()
    const first = anArtifact({ model: 'ReplayDetection', payload: bytes('first') })
    expect(await storage.artifacts.insert(first, NOON)).toBe(true)
    const again = { ...first, payload: bytes('again'), expiresAt: at(7200) }
    expect(await second.artifacts.insert(again, NOON)).toBe(false)
    expect(await second.artifacts.insert(again, justBefore(first.expiresAt))).toBe(false)
    expect(await find(storage, first)).toEqual(first)
  })

  it('inserts in the place of an expired one, wholly', async () => {
    const { storage } = opened()
    const first = anArtifact({ uid: 'u', accountGeneration: 0 })
    await storage.artifacts.insert(first, NOON)
    await storage.artifacts.consume(first.model, first.id, NOON)
    const next = anArtifact({ id: first.id, accountGeneration: 2, expiresAt: at(7200) })
    expect(await storage.artifacts.insert(next, first.expiresAt)).toBe(true)
    expect(await find(storage, next)).toEqual(next)
  })

  it('lets exactly one of many insert, over two processes', async () => {
    const { settings } = opened()
    const insert = times(25, call('artifacts', 'insert', anArtifact({ model: 'ReplayDetection' }), NOON))
    const outcomes = await race(settings, insert, insert)
    expect(countOf(true, outcomes)).toBe(1)
    expect(countOf(false, outcomes)).toBe(49)
  })
}

function describeConsuming(opened: FreshStore): void {
  it('says who won, who came too late, and that there was nothing', async () => {
    const { storage, second } = opened()
    const code = anArtifact({ model: 'AuthorizationCode' })
    await storage.artifacts.save(code)
    expect(await storage.artifacts.consume(code.model, code.id, at(1))).toBe('won')
    expect(await second.artifacts.consume(code.model, code.id, at(2))).toBe('lost')
    expect(await second.artifacts.consume(code.model, 'unknown', at(2))).toBe('absent')
    expect(await second.artifacts.consume('RefreshToken', code.id, at(2))).toBe('absent')
  })

  it('keeps a consumed code findable until it expires, so that a replay is seen', async () => {
    const { storage, second } = opened()
    const code = anArtifact({ model: 'AuthorizationCode' })
    await storage.artifacts.save(code)
    await storage.artifacts.consume(code.model, code.id, at(1))
    expect(await find(second, code, justBefore(code.expiresAt))).toEqual({ ...code, consumedAt: at(1) })
  })

  it('lets exactly one of many win, over two processes', async () => {
    const { settings, storage } = opened()
    const code = anArtifact({ model: 'AuthorizationCode' })
    await storage.artifacts.save(code)
    const consume = times(25, call('artifacts', 'consume', code.model, code.id, NOON))
    const outcomes = await race(settings, consume, consume)
    expect(countOf('won', outcomes)).toBe(1)
    expect(countOf('lost', outcomes)).toBe(49)
  })
}

function describeGenerations(opened: FreshStore): void {
  it('makes absent what was made under another generation of the issuer, at every door', async () => {
    const { storage } = opened()
    await storage.revocations.keepIssuerGeneration('now')
    const alive = anArtifact({ model: 'Session', uid: 'alive', issuerGeneration: 'now' })
    const dead = anArtifact({ model: 'Session', uid: 'dead', issuerGeneration: 'before' })
    for (const artifact of [alive, dead]) await storage.artifacts.save(artifact)
    expect(await find(storage, alive)).toEqual(alive)
    expect(await find(storage, dead)).toBeNull()
    expect(await storage.artifacts.findByUid('Session', 'dead', NOON)).toBeNull()
    expect(await storage.artifacts.listByAccount('Session', 'acc_1', NOON, 10)).toEqual([alive])
    expect(await storage.artifacts.consume('Session', dead.id, NOON)).toBe('absent')
    await storage.artifacts.save({ ...dead, issuerGeneration: 'now' })
    expect(await find(storage, dead)).toBeNull()
  })

  const raiseAccount = (signIn: boolean) => [{ owner: { kind: 'account', id: 'acc_1' } as const, signIn }]

  it('makes artifacts of an older sign-in generation of their account absent, at once and everywhere', async () => {
    const { storage, second } = opened()
    const dead = anArtifact({ uid: 'u', accountGeneration: 0 })
    const others = [
      anArtifact({ accountGeneration: 1 }),
      anArtifact({ accountId: 'acc_2', accountGeneration: 0 }),
      anArtifact({ accountGeneration: null }),
    ]
    for (const artifact of [dead, ...others]) await storage.artifacts.save(artifact)
    await storage.revocations.raise(raiseAccount(true), NOON, [])
    expect(await find(second, dead)).toBeNull()
    expect(await second.artifacts.findByUid(dead.model, 'u', NOON)).toBeNull()
    expect(await second.artifacts.consume(dead.model, dead.id, NOON)).toBe('absent')
    for (const other of others) expect(await find(second, other)).toEqual(other)
  })

  it('does the same for the client', async () => {
    const { storage, second } = opened()
    const dead = anArtifact({ clientGeneration: 0 })
    const others = [anArtifact({ clientGeneration: null }), anArtifact({ clientId: 'other' })]
    for (const artifact of [dead, ...others]) await storage.artifacts.save(artifact)
    await storage.revocations.raise([{ owner: { kind: 'client', id: 'shop' }, signIn: true }], NOON, [])
    expect(await find(second, dead)).toBeNull()
    for (const other of others) expect(await find(second, other)).toEqual(other)
  })

  it('keeps artifacts when only the token generation was raised', async () => {
    const { storage } = opened()
    const artifact = anArtifact()
    await storage.artifacts.save(artifact)
    await storage.revocations.raise(raiseAccount(false), NOON, [])
    expect(await find(storage, artifact)).toEqual(artifact)
  })

  it('tells an account from a client and a user type of the same id', async () => {
    const { storage } = opened()
    const artifact = anArtifact({ accountId: 'same', clientId: 'other' })
    await storage.artifacts.save(artifact)
    await storage.revocations.raise([{ owner: { kind: 'client', id: 'same' }, signIn: true }], NOON, [])
    await storage.revocations.raise([{ owner: { kind: 'user-type', id: 'same' }, signIn: true }], NOON, [])
    expect(await find(storage, artifact)).toEqual(artifact)
  })
}

function describeEndings(opened: FreshStore): void {
  const grant = anArtifact({ model: 'Grant', id: 'grant-1', grantId: null })
  const token = anArtifact({ grantId: 'grant-1' })
  const elsewhere = anArtifact({ grantId: 'grant-2', sessionUid: 'session-2' })

  async function saveAll({ artifacts }: Storage, ...all: Artifact[]): Promise<void> {
    for (const artifact of all) await artifacts.save(artifact)
  }

  it('makes a grant and everything under it absent when it is ended, with the record of why', async () => {
    const { storage, second } = opened()
    await saveAll(storage, grant, token, elsewhere)
    const entry = anAuditEntry()
    expect(await storage.artifacts.endGrant('grant-1', at(3600), 'replay', NOON, [entry])).toBe(true)
    expect(await second.artifacts.endGrant('grant-1', at(3600), 'replay', NOON, [anAuditEntry()])).toBe(false)
    expect(await find(second, grant)).toBeNull()
    expect(await find(second, token)).toBeNull()
    expect(await second.artifacts.consume(token.model, token.id, NOON)).toBe('absent')
    expect(await find(second, elsewhere)).toEqual(elsewhere)
    expect(await second.revocations.isEnded('grant', 'grant-1')).toBe(true)
    expect(await second.audit.listUnsealed(10)).toEqual([entry])
  })

  it('keeps absent what is saved under an ended grant afterwards', async () => {
    const { storage } = opened()
    await storage.artifacts.endGrant('grant-1', at(3600), 'replay', NOON, [])
    await saveAll(storage, token)
    expect(await find(storage, token)).toBeNull()
  })

  it('makes a session, its grants and all of its artifacts absent when it is ended', async () => {
    const { storage, second } = opened()
    const session = anArtifact({ model: 'Session', uid: 'session-1', sessionUid: null, grantId: null })
    const without = anArtifact({ grantId: 'grant-1', sessionUid: null })
    await saveAll(storage, session, grant, token, without, elsewhere)
    const entry = anAuditEntry()
    expect(await storage.artifacts.endSession('session-1', at(3600), 'sign-out', NOON, [entry])).toBe(true)
    expect(await second.artifacts.endSession('session-1', at(3600), 'sign-out', NOON, [anAuditEntry()])).toBe(
      false,
    )
    for (const dead of [session, grant, token, without]) expect(await find(second, dead)).toBeNull()
    expect(await second.artifacts.findByUid('Session', 'session-1', NOON)).toBeNull()
    expect(await find(second, elsewhere)).toEqual(elsewhere)
    expect(await second.revocations.isEnded('session', 'session-1')).toBe(true)
    expect(await second.revocations.isEnded('grant', 'grant-1')).toBe(true)
    expect(await second.revocations.isEnded('grant', 'grant-2')).toBe(false)
    expect(await second.audit.listUnsealed(10)).toEqual([entry])
  })

  it('ends the grant of a session also when only its codes and tokens are stored', async () => {
    const { storage } = opened()
    await saveAll(storage, token)
    await storage.artifacts.endSession('session-1', at(3600), 'sign-out', NOON, [])
    expect(await storage.revocations.isEnded('grant', 'grant-1')).toBe(true)
  })

  it('treats what RevocationStore ended the same, and an ended token as no grant', async () => {
    const { storage } = opened()
    await saveAll(storage, token, elsewhere)
    await storage.revocations.end([anEnding({ kind: 'token', id: 'grant-1' })], [])
    expect(await find(storage, token)).toEqual(token)
    await storage.revocations.end([anEnding({ kind: 'grant', id: 'grant-1' })], [])
    await storage.revocations.end([anEnding({ kind: 'session', id: 'session-2' })], [])
    expect(await find(storage, token)).toBeNull()
    expect(await find(storage, elsewhere)).toBeNull()
  })

  it('lets exactly one of many end a grant, with one record, over two processes', async () => {
    const { settings, storage } = opened()
    const end = () => call('artifacts', 'endGrant', 'grant-1', at(9), 'replay', NOON, [anAuditEntry()])
    const outcomes = await race(settings, Array.from({ length: 20 }, end), Array.from({ length: 20 }, end))
    expect(countOf(true, outcomes)).toBe(1)
    expect(await storage.audit.countUnsealed()).toBe(1)
  })
}
