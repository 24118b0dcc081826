import { describe, expect, it } from '@jest/globals'
import { type Backend, freshStore } from '../../tests/support/backend.ts'
import { call, countOf, race } from '../../tests/support/race.ts'
import { at, justBefore, NOON } from '../../tests/support/records.ts'

export function describeLeaseStore(backend: Backend): void {
  describe(`${backend.name}: leases`, () => {
    const opened = freshStore(backend)

    it('gives a task to one holder at a time; another task is another lease', async () => {
      const { storage, second } = opened()
      expect(await storage.leases.acquire('sealer', 'one', NOON, at(10))).toBe(true)
      expect(await second.leases.acquire('sealer', 'other', NOON, at(10))).toBe(false)
      expect(await second.leases.acquire('tidy', 'other', NOON, at(10))).toBe(true)
    })

    it('lets its holder prolong a lease', async () => {
      const { storage, second } = opened()
      await storage.leases.acquire('sealer', 'one', NOON, at(10))
      expect(await storage.leases.acquire('sealer', 'one', at(5), at(15))).toBe(true)
      expect(await second.leases.acquire('sealer', 'other', at(12), at(20))).toBe(false)
    })

    it('runs until its end, not at that moment', async () => {
      const { storage, second } = opened()
      await storage.leases.acquire('sealer', 'one', NOON, at(10))
      expect(await second.leases.acquire('sealer', 'other', justBefore(at(10)), at(20))).toBe(false)
      expect(await second.leases.acquire('sealer', 'other', at(10), at(20))).toBe(true)
      expect(await storage.leases.acquire('sealer', 'one', at(11), at(20))).toBe(false)
    })

    it('is free where it runs longer than any does: a clock was put back since', async () => {
      const { storage, second } = opened()
      await storage.leases.acquire('sealer', 'dead', at(7200), at(7230))
      expect(await second.leases.acquire('sealer', 'next', at(6600), at(6630))).toBe(false)
      expect(await second.leases.acquire('sealer', 'next', NOON, at(30))).toBe(true)
      expect(await storage.leases.acquire('sealer', 'dead', at(1), at(31))).toBe(false)
    })

    it('is free once its holder releases it, and only then', async () => {
      const { storage, second } = opened()
      await storage.leases.acquire('sealer', 'one', NOON, at(10))
      await second.leases.release('sealer', 'other')
      expect(await second.leases.acquire('sealer', 'other', NOON, at(10))).toBe(false)
      await storage.leases.release('sealer', 'one')
      expect(await second.leases.acquire('sealer', 'other', NOON, at(10))).toBe(true)
    })

    it('goes to exactly one of many, over two processes', async () => {
      const { settings } = opened()
      const calls = Array.from({ length: 40 }, (_, index) =>
        call('leases', 'acquire', 'sealer', `holder ${index}`, NOON, at(10)),
      )
      expect(countOf(true, await race(settings, calls.slice(0, 20), calls.slice(20)))).toBe(1)
    })
  })
}
