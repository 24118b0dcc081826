import { describe, expect, it } from '@jest/globals'
import { type Backend, freshStore } from '../../tests/support/backend.ts'
import { call, countOf, race, times } from '../../tests/support/race.ts'
import { anArtifact, at, bytes, NOON } from '../../tests/support/records.ts'

/** A session that is used lives longer, unless it died meanwhile. */
export function describeProlongedArtifacts(backend: Backend): void {
  describe(`${backend.name}: prolonged artifacts`, () => {
    const opened = freshStore(backend)
    const session = anArtifact({ model: 'Session', accountId: 'acc_1' })
    const longer = { ...session, payload: bytes('longer'), expiresAt: at(9000) }

    it('are what was read, changed once, over two processes', async () => {
      const { settings, storage, second } = opened()
      await storage.artifacts.save(session)
      const prolong = call('artifacts', 'prolong', session, longer.payload, longer.expiresAt, NOON)
      const outcomes = await race(settings, times(5, prolong), times(5, prolong))
      expect(countOf(true, outcomes)).toBe(1)
      expect(await second.artifacts.find('Session', session.id, NOON)).toEqual(longer)
    })

    it('are not woken by it', async () => {
      const { storage, second } = opened()
      await storage.artifacts.save(session)
      expect(await second.artifacts.prolong(session, longer.payload, at(9000), session.expiresAt)).toBe(false)
      await storage.revocations.raise([{ owner: { kind: 'account', id: 'acc_1' }, signIn: true }], NOON, [])
      expect(await second.artifacts.prolong(session, longer.payload, at(9000), NOON)).toBe(false)
      expect(await second.artifacts.find('Session', session.id, NOON)).toBeNull()
    })
  })
}
