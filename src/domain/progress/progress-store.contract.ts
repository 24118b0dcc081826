import { describe, expect, it } from '@jest/globals'
import { type Backend, freshStore } from '../../../tests/support/backend.ts'
import { call, countOf, race } from '../../../tests/support/race.ts'
import { at, bytes, justBefore, NOON } from '../../../tests/support/records.ts'
import type { StoredProgress } from './progress-store.ts'

function aProgress(changes: Partial<StoredProgress> = {}): StoredProgress {
  return { idHash: bytes('browser'), state: bytes('first page'), version: 1, expiresAt: at(600), ...changes }
}

export function describeProgressStore(backend: Backend): void {
  describe(`${backend.name}: progress`, () => {
    const opened = freshStore(backend)

    it('gives back what went in until it expires, not at that moment', async () => {
      const { storage, second } = opened()
      const progress = aProgress({ state: new Uint8Array([0, 255]) })
      await storage.progress.insert(progress)
      expect(await second.progress.find(progress.idHash, justBefore(progress.expiresAt))).toEqual(progress)
      expect(await second.progress.find(progress.idHash, progress.expiresAt)).toBeNull()
      expect(await second.progress.find(bytes('unknown'), NOON)).toBeNull()
    })

    it('refuses an id that is taken', async () => {
      const { storage } = opened()
      await storage.progress.insert(aProgress())
      await expect(storage.progress.insert(aProgress({ state: bytes('other') }))).rejects.toMatchObject({
        code: 'duplicate_key',
      })
      expect(await storage.progress.find(bytes('browser'), NOON)).toEqual(aProgress())
    })

    it('goes on from the version that was read, and from no other', async () => {
      const { storage, second } = opened()
      const { idHash } = aProgress()
      await storage.progress.insert(aProgress())
      expect(await storage.progress.advance(idHash, 1, bytes('next page'), at(900), NOON)).toBe(true)
      expect(await second.progress.advance(idHash, 1, bytes('stale page'), at(900), NOON)).toBe(false)
      expect(await second.progress.advance(idHash, 3, bytes('stale page'), at(900), NOON)).toBe(false)
      expect(await second.progress.advance(bytes('unknown'), 1, bytes('page'), at(900), NOON)).toBe(false)
      expect(await second.progress.find(idHash, NOON)).toEqual(
        aProgress({ state: bytes('next page'), version: 2, expiresAt: at(900) }),
      )
    })

    it('does not go on at its end', async () => {
      const { storage } = opened()
      const { idHash, expiresAt } = aProgress()
      await storage.progress.insert(aProgress())
      expect(await storage.progress.advance(idHash, 1, bytes('late'), at(900), expiresAt)).toBe(false)
      expect(await storage.progress.advance(idHash, 1, bytes('page'), at(900), justBefore(expiresAt))).toBe(
        true,
      )
    })

    it('is gone when removed', async () => {
      const { storage, second } = opened()
      await storage.progress.insert(aProgress())
      await second.progress.remove(bytes('browser'))
      await second.progress.remove(bytes('browser'))
      expect(await storage.progress.find(bytes('browser'), NOON)).toBeNull()
    })

    it('tidies expired rows away, some at a time', async () => {
      const { storage } = opened()
      for (const name of ['a', 'b', 'c']) {
        await storage.progress.insert(aProgress({ idHash: bytes(name), expiresAt: at(10) }))
      }
      await storage.progress.insert(aProgress({ expiresAt: at(11) }))
      const counts: number[] = []
      for (let round = 0; round < 3; round++) counts.push(await storage.progress.tidy(at(10), 2))
      expect(counts).toEqual([2, 1, 0])
      expect(await storage.progress.find(bytes('browser'), at(10))).not.toBeNull()
    })

    it('takes exactly one of many answers to one page, over two processes', async () => {
      const { settings, storage } = opened()
      await storage.progress.insert(aProgress())
      const calls = Array.from({ length: 40 }, (_, index) =>
        call('progress', 'advance', bytes('browser'), 1, bytes(`answer ${index}`), at(900), NOON),
      )
      expect(countOf(true, await race(settings, calls.slice(0, 20), calls.slice(20)))).toBe(1)
      expect(await storage.progress.find(bytes('browser'), NOON)).toMatchObject({ version: 2 })
    })
  })
}
