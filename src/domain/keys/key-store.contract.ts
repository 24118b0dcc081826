import { describe, expect, it } from '@jest/globals'
import { type Backend, freshStore } from '../../../tests/support/backend.ts'
import { call, race, values } from '../../../tests/support/race.ts'
import { aKey, at, NOON } from '../../../tests/support/records.ts'

export function describeKeyStore(backend: Backend): void {
  describe(`${backend.name}: keys`, () => {
    const opened = freshStore(backend)

    it('gives back what went in, oldest first, on every handle', async () => {
      const { storage, second } = opened()
      const newer = aKey({ slot: 'pepper/2', createdAt: at(1), sealed: new Uint8Array([0, 255]) })
      const older = aKey({
        slot: 'ES256/1',
        use: 'signing',
        purpose: 'ES256',
        publishedAt: NOON,
        activeAt: at(60),
        retiredAt: at(86_400),
      })
      await storage.keys.keep([newer, older])
      expect(await second.keys.list()).toEqual([older, newer])
    })

    it('keeps the order of keys made at one moment', async () => {
      const { storage } = opened()
      const keys = Array.from({ length: 8 }, () => aKey())
      await storage.keys.keep(keys)
      expect(await storage.keys.list()).toEqual(keys)
    })

    it('leaves a taken slot its key and fills the free ones', async () => {
      const { storage, second } = opened()
      const first = aKey({ slot: 'pepper/1' })
      const free = aKey({ slot: 'pepper/2' })
      await storage.keys.keep([first])
      await second.keys.keep([aKey({ slot: 'pepper/1' }), free])
      expect(await storage.keys.list()).toEqual([first, free])
    })

    it('gives each slot one key when two processes start at once, and each process keeps all or none', async () => {
      const { settings, storage } = opened()
      const slots = ['pepper/1', 'fields/1', 'ES256/1']
      const keep = (masterKeyId: string) => [
        call(
          'keys',
          'keep',
          slots.map((slot) => aKey({ slot, masterKeyId })),
        ),
      ]
      values(await race(settings, keep('one'), keep('other')))
      const kept = await storage.keys.list()
      expect(kept.map(({ slot }) => slot)).toEqual(slots)
      expect(new Set(kept.map(({ masterKeyId }) => masterKeyId)).size).toBe(1)
    })
  })
}
