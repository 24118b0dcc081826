import { describe, expect, it } from '@jest/globals'
import { type Backend, freshStore, type Storage } from '../../tests/support/backend.ts'
import { anArtifact, at, justBefore, NOON } from '../../tests/support/records.ts'
import { addSeconds } from '../lib/clock.ts'
import type { DeadRoot } from './artifact-store.ts'

/** What clients are told of, and what is deleted afterwards. */
export function describeDeadArtifacts(backend: Backend): void {
  describe(`${backend.name}: dead artifacts`, () => {
    const opened = freshStore(backend)
    const session = anArtifact({
      model: 'Session',
      uid: 'session-1',
      clientId: null,
      grantId: null,
      sessionUid: null,
      clientGeneration: null,
    })
    const grant = anArtifact({ model: 'Grant', id: 'grant-1', grantId: null })
    const refreshToken = anArtifact()
    const others = [
      { ...session, id: 'other', uid: 'session-2', accountId: 'acc_2' },
      { ...grant, id: 'grant-2', sessionUid: 'session-2', accountId: 'acc_2', clientId: 'bank' },
    ]
    const all = [session, grant, refreshToken, ...others]

    async function keepAll({ artifacts }: Storage): Promise<void> {
      for (const one of all) await artifacts.save(one)
    }
    const raise = ({ revocations }: Storage, kind: 'account' | 'client', id: string, signIn = true) =>
      revocations.raise([{ owner: { kind, id }, signIn }], NOON, [])
    const left = ({ artifacts }: Storage, kind: DeadRoot['kind'], id: string, limit = 10) =>
      artifacts.listDead({ kind, id }, limit)

    it('lists nothing of what is alive', async () => {
      const { storage } = opened()
      await keepAll(storage)
      await raise(storage, 'account', 'acc_1', false)
      expect(await left(storage, 'account', 'acc_1')).toEqual([])
      expect(await left(storage, 'client', 'shop')).toEqual([])
      expect(await left(storage, 'session', 'session-1')).toEqual([])
      expect(await left(storage, 'grant', 'grant-1')).toEqual([])
    })

    it('lists what died with an account, and not what was stamped afterwards', async () => {
      const { storage, second } = opened()
      await keepAll(storage)
      await raise(storage, 'account', 'acc_1')
      await storage.artifacts.save({ ...session, id: 'fresh', uid: 'session-3', accountGeneration: 1 })
      const dead = await left(second, 'account', 'acc_1')
      expect(dead).toHaveLength(3)
      expect(dead).toEqual(expect.arrayContaining([session, grant, refreshToken]))
      expect(await left(second, 'account', 'acc_1', 2)).toHaveLength(2)
    })

    it('lists of a client the grants that died with it', async () => {
      const { storage } = opened()
      await keepAll(storage)
      await raise(storage, 'client', 'shop')
      expect(await left(storage, 'client', 'shop')).toEqual([grant])
    })

    it('lists what died with a session and with a grant, their own row last', async () => {
      const { storage } = opened()
      await keepAll(storage)
      await storage.artifacts.endGrant('grant-1', at(999), 'test', NOON, [])
      expect(await left(storage, 'grant', 'grant-1')).toEqual([refreshToken, grant])
      await storage.artifacts.endSession('session-1', at(999), 'test', NOON, [])
      const dead = await left(storage, 'session', 'session-1')
      expect(dead).toEqual(expect.arrayContaining([refreshToken, grant]))
      expect(dead.at(-1)).toEqual(session)
    })

    it('finds the newest row of a session, also when it is dead', async () => {
      const { storage, second } = opened()
      await keepAll(storage)
      await storage.artifacts.save({ ...session, id: 'newer' })
      await storage.artifacts.endSession('session-1', at(999), 'test', NOON, [])
      expect(await second.artifacts.findStoredSession('session-1')).toEqual({ ...session, id: 'newer' })
      expect(await second.artifacts.findStoredSession('unknown')).toBeNull()
    })

    it('keeps a dead session a day longer than one that ran out', async () => {
      const { storage } = opened()
      await keepAll(storage)
      await storage.artifacts.endSession('session-1', at(999), 'test', NOON, [])
      expect(await storage.artifacts.tidy(session.expiresAt, 10)).toBe(all.length - 1)
      expect(await storage.artifacts.findStoredSession('session-1')).toEqual(session)
      expect(await storage.artifacts.findStoredSession('session-2')).toBeNull()
      const dayLater = addSeconds(session.expiresAt, 86_400)
      expect(await storage.artifacts.tidy(justBefore(dayLater), 10)).toBe(0)
      expect(await storage.artifacts.tidy(dayLater, 10)).toBe(1)
    })

    it('deletes the dead and leaves who is alive', async () => {
      const { storage, second } = opened()
      await keepAll(storage)
      await storage.artifacts.endGrant('grant-1', at(999), 'test', NOON, [])
      await second.artifacts.removeDead(all)
      expect(await left(storage, 'grant', 'grant-1')).toEqual([])
      for (const alive of [session, ...others]) {
        expect(await storage.artifacts.find(alive.model, alive.id, NOON)).toEqual(alive)
      }
    })
  })
}
