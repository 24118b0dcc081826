import { describe, expect, it } from '@jest/globals'
import { type Backend, type FreshStore, freshStore } from '../../../tests/support/backend.ts'
import { call, race, values } from '../../../tests/support/race.ts'
import { aKey, anAuditEntry, at, NOON } from '../../../tests/support/records.ts'
import type { StoredKey } from './key-store.ts'

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
    describeRotation(opened)
  })
}

function describeRotation(opened: FreshStore): void {
  const signing = (changes: Partial<StoredKey>) => aKey({ use: 'signing', purpose: 'ES256', ...changes })

  it('puts the next signing keys beside the others and gives these their end, with the record', async () => {
    const { storage, second } = opened()
    const data = aKey()
    const [ending, first] = [signing({ slot: 'ES256/1', retiredAt: at(5) }), signing({ slot: 'ES256/2' })]
    const next = signing({ slot: 'ES256/3' })
    const entry = anAuditEntry()
    await storage.keys.keep([data, ending, first])
    expect(await storage.keys.rotate([next], at(10), [entry])).toBe(true)
    expect(await second.keys.list()).toEqual([data, ending, { ...first, retiredAt: at(10) }, next])
    expect(await storage.audit.listUnsealed(10)).toEqual([entry])
  })

  it('changes nothing where one of the slots is taken', async () => {
    const { storage } = opened()
    const first = signing({ slot: 'ES256/1' })
    await storage.keys.keep([first])
    const next = [signing({ slot: 'RS256/2' }), signing({ slot: 'ES256/1' })]
    expect(await storage.keys.rotate(next, at(10), [anAuditEntry()])).toBe(false)
    expect(await storage.keys.list()).toEqual([first])
    expect(await storage.audit.countUnsealed()).toBe(0)
  })

  it('lets one of many rotate, with one record, over two processes', async () => {
    const { settings, storage } = opened()
    await storage.keys.keep([signing({ slot: 'ES256/1' })])
    const rotate = () => call('keys', 'rotate', [signing({ slot: 'ES256/2' })], at(10), [anAuditEntry()])
    const won = values(await race(settings, [rotate(), rotate(), rotate()], [rotate(), rotate(), rotate()]))
    expect(won.filter(Boolean)).toHaveLength(1)
    expect(await storage.keys.list()).toHaveLength(2)
    expect(await storage.audit.countUnsealed()).toBe(1)
  })

  it('seals anew what is still sealed under the key that was read, once', async () => {
    const { storage, second } = opened()
    const [old, moved] = [aKey({ masterKeyId: 'old' }), aKey({ masterKeyId: 'new' })]
    const entry = anAuditEntry()
    await storage.keys.keep([old, moved])
    const anew = { from: 'old', sealed: new Uint8Array([7]), masterKeyId: 'new' }
    const both = [old, moved].map(({ id }) => ({ id, ...anew }))
    expect(await storage.keys.rewrap(both, [entry])).toBe(1)
    expect(await second.keys.rewrap(both, [anAuditEntry()])).toBe(0)
    expect(await second.keys.list()).toEqual([{ ...old, sealed: anew.sealed, masterKeyId: 'new' }, moved])
    expect(await storage.audit.listUnsealed(10)).toEqual([entry])
  })

  it('removes signing keys that have retired, and nothing else', async () => {
    const { storage } = opened()
    const kept = [aKey(), signing({ retiredAt: null }), signing({ retiredAt: at(11) })]
    await storage.keys.keep([...kept, signing({ retiredAt: at(10) }), signing({ retiredAt: at(9) })])
    expect(await storage.keys.tidy(at(10), 1)).toBe(1)
    expect(await storage.keys.tidy(at(10), 10)).toBe(1)
    expect(await storage.keys.list()).toEqual(kept)
  })
}
