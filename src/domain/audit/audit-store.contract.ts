import { describe, expect, it } from '@jest/globals'
import { type Backend, type FreshStore, freshStore } from '../../../tests/support/backend.ts'
import { call, countOf, race } from '../../../tests/support/race.ts'
import { anAuditEntry, at, bytes, NOON } from '../../../tests/support/records.ts'
import type { AuditEntry, ChainHead } from './audit-store.ts'

function aHead(sequence: number, changes: Partial<ChainHead> = {}): ChainHead {
  return { sequence, hash: bytes(`hash ${sequence}`), mac: bytes('mac'), sealedAt: at(60), ...changes }
}

function placesOf(entries: readonly AuditEntry[], from: number) {
  return entries.map(({ id }, index) => ({
    id,
    sequence: from + index + 1,
    hash: bytes(`hash ${from + index + 1}`),
  }))
}

export function describeAuditStore(backend: Backend): void {
  describe(`${backend.name}: audit`, () => {
    const opened = freshStore(backend)
    describeAppending(opened)
    describeSealing(opened)
    describePersonKeys(opened)
  })
}

function describeAppending(opened: FreshStore): void {
  it('gives back what went in, in the order in which it was written, not by time', async () => {
    const { storage, second } = opened()
    const later = anAuditEntry({ at: at(5), personal: new Uint8Array([0, 1, 255]), personKeyId: 'acc_1' })
    const refused = anAuditEntry({
      at: new Date(NOON.getTime() - 1),
      outcome: 'failure',
      subjectId: 'acc_1',
      clientId: 'shop',
      body: '{"a.b":{"$where":"ünï\\u0000 🙂"}}',
    })
    const last = anAuditEntry()
    await storage.audit.append([later, refused])
    await second.audit.append([last])
    expect(await second.audit.listUnsealed(10)).toEqual([later, refused, last])
    expect(await storage.audit.listUnsealed(2)).toEqual([later, refused])
    expect(await storage.audit.countUnsealed()).toBe(3)
  })

  it('keeps the order of appends that were not waited for', async () => {
    const { storage } = opened()
    const entries = Array.from({ length: 300 }, () => anAuditEntry())
    await Promise.all(entries.map((entry) => storage.audit.append([entry])))
    expect(await storage.audit.listUnsealed(1000)).toEqual(entries)
  })

  it('lists what was done to one subject, the newest first, sealed or not', async () => {
    const { storage, second } = opened()
    const of = (subjectId: string | null) => anAuditEntry({ subjectId })
    const [first, other, nobody, last] = [of('acc_1'), of('acc_2'), of(null), of('acc_1')]
    await storage.audit.append([first, other, nobody, last])
    await storage.audit.sealBatch(0, placesOf([first], 0), aHead(1))
    expect(await second.audit.listBySubject('acc_1', 10)).toEqual([last, first])
    expect(await second.audit.listBySubject('acc_1', 1)).toEqual([last])
    expect(await second.audit.listBySubject('acc_3', 10)).toEqual([])
  })

  it('writes all records of one call or none', async () => {
    const { storage } = opened()
    const entry = anAuditEntry()
    await storage.audit.append([entry])
    await expect(storage.audit.append([anAuditEntry(), entry])).rejects.toMatchObject({
      code: 'duplicate_key',
    })
    expect(await storage.audit.listUnsealed(10)).toEqual([entry])
  })
}

function describeSealing(opened: FreshStore): void {
  it('has no head before the first batch', async () => {
    const { storage } = opened()
    expect(await storage.audit.head()).toBeNull()
    expect(await storage.audit.listSealed(0, 10)).toEqual([])
  })

  it('gives records their places and moves the head', async () => {
    const { storage, second } = opened()
    const entries = [anAuditEntry(), anAuditEntry({ personal: bytes('sealed') }), anAuditEntry()]
    await storage.audit.append(entries)
    const places = placesOf(entries.slice(0, 2), 0)
    expect(await storage.audit.sealBatch(0, places, aHead(2))).toBe(true)
    expect(await second.audit.head()).toEqual(aHead(2))
    const sealed = entries.slice(0, 2).map((entry, index) => ({
      ...entry,
      sequence: index + 1,
      hash: bytes(`hash ${index + 1}`),
    }))
    expect(await second.audit.listSealed(0, 10)).toEqual(sealed)
    expect(await second.audit.listSealed(1, 10)).toEqual(sealed.slice(1))
    expect(await second.audit.listSealed(0, 1)).toEqual(sealed.slice(0, 1))
    expect(await second.audit.listUnsealed(10)).toEqual(entries.slice(2))
    expect(await second.audit.countUnsealed()).toBe(1)
    expect(await second.audit.sealBatch(2, placesOf(entries.slice(2), 2), aHead(3))).toBe(true)
    expect(await storage.audit.head()).toEqual(aHead(3))
  })

  it('does nothing when the head is no longer where the sealer saw it', async () => {
    const { storage } = opened()
    const [first, next] = [anAuditEntry(), anAuditEntry()]
    await storage.audit.append([first, next])
    await storage.audit.sealBatch(0, placesOf([first], 0), aHead(1))
    expect(await storage.audit.sealBatch(0, placesOf([next], 0), aHead(1))).toBe(false)
    expect(await storage.audit.sealBatch(2, placesOf([next], 2), aHead(3))).toBe(false)
    expect(await storage.audit.listUnsealed(10)).toEqual([next])
    expect(await storage.audit.head()).toEqual(aHead(1))
  })

  it('does nothing when one of the records has a place already or does not exist', async () => {
    const { storage } = opened()
    const [first, next] = [anAuditEntry(), anAuditEntry()]
    await storage.audit.append([first, next])
    await storage.audit.sealBatch(0, placesOf([first], 0), aHead(1))
    expect(await storage.audit.sealBatch(1, placesOf([next, first], 1), aHead(3))).toBe(false)
    expect(await storage.audit.sealBatch(1, placesOf([next, anAuditEntry()], 1), aHead(3))).toBe(false)
    expect(await storage.audit.listUnsealed(10)).toEqual([next])
    expect(await storage.audit.head()).toEqual(aHead(1))
  })

  it('lets exactly one of many sealers seal a batch, over two processes', async () => {
    const { settings, storage } = opened()
    const entries = Array.from({ length: 10 }, () => anAuditEntry())
    await storage.audit.append(entries)
    const calls = Array.from({ length: 20 }, (_, index) =>
      call('audit', 'sealBatch', 0, placesOf(entries, 0), aHead(10, { mac: bytes(`sealer ${index}`) })),
    )
    const outcomes = await race(settings, calls.slice(0, 10), calls.slice(10))
    expect(countOf(true, outcomes)).toBe(1)
    expect(await storage.audit.countUnsealed()).toBe(0)
    expect(await storage.audit.listSealed(0, 100)).toHaveLength(10)
  })
}

function describePersonKeys(opened: FreshStore): void {
  it('keeps the first key of a person and answers it to all', async () => {
    const { storage, second } = opened()
    expect(await storage.audit.findPersonKey('p1')).toBeNull()
    expect(await storage.audit.keepPersonKey('p1', bytes('first'), NOON)).toEqual(bytes('first'))
    expect(await second.audit.keepPersonKey('p1', bytes('second'), NOON)).toEqual(bytes('first'))
    expect(await second.audit.findPersonKey('p1')).toEqual(bytes('first'))
  })

  it('destroys a key and leaves the records', async () => {
    const { storage, second } = opened()
    const entry = anAuditEntry({ personal: bytes('sealed'), personKeyId: 'p1' })
    await storage.audit.append([entry])
    await storage.audit.keepPersonKey('p1', bytes('key'), NOON)
    await storage.audit.keepPersonKey('p2', bytes('other'), NOON)
    await second.audit.destroyPersonKey('p1')
    await second.audit.destroyPersonKey('p1')
    expect(await storage.audit.findPersonKey('p1')).toBeNull()
    expect(await storage.audit.findPersonKey('p2')).toEqual(bytes('other'))
    expect(await storage.audit.listUnsealed(10)).toEqual([entry])
  })

  it('gives a person one key, however many make one at once, over two processes', async () => {
    const { settings, storage } = opened()
    const calls = Array.from({ length: 20 }, (_, index) =>
      call('audit', 'keepPersonKey', 'p1', bytes(`key ${index}`), NOON),
    )
    const outcomes = await race(settings, calls.slice(0, 10), calls.slice(10))
    const kept = await storage.audit.findPersonKey('p1')
    for (const outcome of outcomes) expect(outcome).toEqual({ ok: true, value: kept })
  })
}
