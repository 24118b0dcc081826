import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it } from '@jest/globals'
import { movingClock } from '../../tests/support/moving-clock.ts'
import { anArtifact } from '../../tests/support/records.ts'
import { temporaryStorage } from '../../tests/support/temporary-storage.ts'
import { addSeconds } from '../lib/clock.ts'
import { systemRandom } from '../lib/ids.ts'
import { seal } from '../lib/seal.ts'
import type { Artifact, DeadRoot } from './artifact-store.ts'
import { createLogoutNotices } from './logout-notices.ts'

const DAY_SECONDS = 86_400
const clock = movingClock(new Date('2026-08-09T10:40:12.480Z'))
const key = randomBytes(32)
let errors: object[] = []
const { storage } = temporaryStorage(clock)

beforeEach(() => {
  errors = []
})

function open() {
  return createLogoutNotices({
    issuer: 'https://id.example',
    signingKeys: () => [],
    clock,
    random: systemRandom,
    artifacts: storage().artifacts,
    notices: storage().logoutNotices,
    artifactKey: key,
    clients: [
      { client_id: 'shop', backchannel_logout_uri: 'https://shop.example/logout' },
      { client_id: 'bank', backchannel_logout_uri: 'https://bank.example/logout' },
      { client_id: 'quiet' },
    ],
    log: { error: (fields) => void errors.push(Object(fields)) },
  })
}

/** A session in which these clients took part, with a grant and a refresh token for each. */
async function keepSession(uid: string, clients: readonly string[], changes: Partial<Artifact> = {}) {
  const accountId = 'acc_1'
  const authorizations = Object.fromEntries(clients.map((id) => [id, { sid: `${uid}/${id}` }]))
  const payload = JSON.stringify({ accountId, authorizations })
  const common = { accountId, expiresAt: addSeconds(clock.now(), 3600), ...changes }
  await storage().artifacts.save(
    anArtifact({
      ...common,
      model: 'Session',
      id: uid,
      uid,
      payload: seal(key, payload, `artifact/Session/${uid}`, systemRandom),
      clientId: null,
      grantId: null,
      sessionUid: null,
      clientGeneration: null,
    }),
  )
  for (const clientId of clients) {
    const grantId = `${uid}/${clientId}`
    const given = { ...common, clientId, sessionUid: uid }
    await storage().artifacts.save(anArtifact({ ...given, model: 'Grant', id: grantId, grantId: null }))
    await storage().artifacts.save(anArtifact({ ...given, grantId }))
  }
}

async function followUp(root: DeadRoot): Promise<void> {
  const notices = open()
  for (let look = 0; await notices.followUp(root, clock.now()); look += 1) expect(look).toBeLessThan(50)
}

/** `sid`s of what is queued, and takes it out of the way. */
async function told(): Promise<string[]> {
  const store = storage().logoutNotices
  const sids: string[] = []
  for (;;) {
    const claimed = await store.claim('test', clock.now(), addSeconds(clock.now(), 30), 10)
    if (claimed.length === 0) return sids.sort()
    for (const { id, sid } of claimed) {
      sids.push(sid)
      await store.settle(id, 'test', 'told', clock.now(), [])
    }
  }
}

const raise = (kind: 'account' | 'client', id: string) =>
  storage().revocations.raise([{ owner: { kind, id }, signIn: true }], clock.now(), [])
const endSession = (uid: string) =>
  storage().artifacts.endSession(uid, addSeconds(clock.now(), DAY_SECONDS), 'test', clock.now(), [])
const left = (root: DeadRoot) => storage().artifacts.listDead(root, 10)

describe('what follows the end of a session', () => {
  it('is that each of its clients which wants to know is to be told once, and that it is deleted', async () => {
    await keepSession('one', ['shop', 'bank', 'quiet'])
    await keepSession('two', ['shop'])
    await endSession('one')
    const root = { kind: 'session', id: 'one' } as const
    await followUp(root)
    expect(await told()).toEqual(['one/bank', 'one/shop'])
    expect(await left(root)).toEqual([])
    expect(await storage().artifacts.findByUid('Session', 'two', clock.now())).not.toBeNull()
  })

  it('is not told again when it is followed up again, whatever came in between', async () => {
    await keepSession('one', ['shop'])
    await endSession('one')
    await raise('account', 'acc_1')
    const notices = open()
    const [session] = (await left({ kind: 'account', id: 'acc_1' })).filter(
      ({ model }) => model === 'Session',
    )
    await notices.followUp({ kind: 'account', id: 'acc_1' }, clock.now())
    expect(await told()).toEqual(['one/shop'])
    // As a process leaves it that was killed before it could delete.
    if (session) await storage().artifacts.save(session)
    await notices.followUp({ kind: 'session', id: 'one' }, clock.now())
    expect(await told()).toEqual([])
  })

  it('reaches every session of an account, however many, and spares those signed in since', async () => {
    for (let index = 0; index < 120; index += 1) await keepSession(`s${index}`, ['shop'])
    await raise('account', 'acc_1')
    await keepSession('since', ['shop'], { accountGeneration: 1 })
    await followUp({ kind: 'account', id: 'acc_1' })
    const sids = await told()
    expect(sids).toHaveLength(120)
    expect(sids).not.toContain('since/shop')
    expect(await storage().artifacts.findByUid('Session', 'since', clock.now())).not.toBeNull()
  })

  it('tells a client that was disabled, and no other, of sessions that live on', async () => {
    await keepSession('one', ['shop', 'bank'])
    await keepSession('two', ['bank'])
    await raise('client', 'shop')
    await followUp({ kind: 'client', id: 'shop' })
    expect(await told()).toEqual(['one/shop'])
    expect(await left({ kind: 'client', id: 'shop' })).toEqual([])
    expect(await left({ kind: 'grant', id: 'one/shop' })).toEqual([])
    expect(await storage().artifacts.findByUid('Session', 'one', clock.now())).not.toBeNull()
    // Its end tells the others only.
    await endSession('one')
    await followUp({ kind: 'session', id: 'one' })
    expect(await told()).toEqual(['one/bank'])
  })

  it('is nothing for a session that had run out by itself', async () => {
    await keepSession('one', ['shop'], { expiresAt: clock.now() })
    await raise('account', 'acc_1')
    await followUp({ kind: 'account', id: 'acc_1' })
    expect(await told()).toEqual([])
    expect(await left({ kind: 'account', id: 'acc_1' })).toEqual([])
  })

  it('is not held up by a session that cannot be read', async () => {
    await keepSession('one', ['shop'])
    await keepSession('two', ['shop'])
    const broken = await storage().artifacts.findStoredSession('one')
    if (broken) await storage().artifacts.save({ ...broken, payload: Buffer.alloc(40) })
    await raise('account', 'acc_1')
    await followUp({ kind: 'account', id: 'acc_1' })
    expect(await told()).toEqual(['two/shop'])
    expect(errors).toMatchObject([{ sessionId: 'one' }])
  })

  it('tells nobody of a grant', async () => {
    await keepSession('one', ['shop'])
    await storage().artifacts.endGrant('one/shop', addSeconds(clock.now(), 60), 'test', clock.now(), [])
    await followUp({ kind: 'grant', id: 'one/shop' })
    expect(await told()).toEqual([])
    expect(await left({ kind: 'grant', id: 'one/shop' })).toEqual([])
  })
})

describe('what is posted', () => {
  it('is nothing for a client that does not want to know', async () => {
    const about = { accountId: 'acc_1', sid: 's' }
    expect(await open().compose({ ...about, clientId: 'quiet' })).toBeNull()
    expect(await open().compose({ ...about, clientId: 'unknown' })).toBeNull()
  })
})
