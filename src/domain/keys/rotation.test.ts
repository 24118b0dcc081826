import { beforeEach, describe, expect, it } from '@jest/globals'
import { movingClock } from '../../../tests/support/moving-clock.ts'
import { anAuditEntry } from '../../../tests/support/records.ts'
import { temporaryStorage } from '../../../tests/support/temporary-storage.ts'
import { systemRandom as random } from '../../lib/ids.ts'
import { KEY_SCHEDULE, keyThatSigns, type MasterKeys, masterKeyId, openKeys } from './index.ts'

const BEGIN = new Date('2026-08-09T10:40:12.480Z')
const DAY = 86_400
let clock = movingClock(BEGIN)
const { storage, openAgain } = temporaryStorage({ now: () => clock.now() })
const record = async () => anAuditEntry()
const [oldMaster, newMaster] = [{ key: Buffer.alloc(32, 1) }, { key: Buffer.alloc(32, 2) }] as const

beforeEach(() => {
  clock = movingClock(BEGIN)
})

function open(store = storage(), masterKeys: MasterKeys = [oldMaster]) {
  return openKeys({ store: store.keys, masterKeys, clock, random })
}

type Opened = Awaited<ReturnType<typeof open>>

const shown = (keys: Opened) => keys.signingKeys(clock.now()).map(({ kid }) => kid)
const signs = (keys: Opened) => keyThatSigns(keys.signingKeys(clock.now()), 'ES256', clock.now())?.kid

describe('a rotation of the signing keys', () => {
  it('publishes the next ones, lets them sign an hour later, and keeps the former ones a month', async () => {
    const keys = await open()
    const before = shown(keys)
    const first = signs(keys)
    const rotated = await keys.rotate('overlap', record)
    expect(rotated).toMatchObject({ kind: 'rotated', slots: ['ES256/2', 'RS256/2', 'EdDSA/2'] })
    expect(shown(keys)).toHaveLength(6)
    expect(shown(keys)).toEqual(expect.arrayContaining(before))

    clock.advance(KEY_SCHEDULE.aheadSeconds - 1)
    expect(signs(keys)).toBe(first)
    clock.advance(1)
    expect(signs(keys)).not.toBe(first)
    expect(before).not.toContain(signs(keys))

    clock.advance(KEY_SCHEDULE.keptSeconds - 1)
    expect(shown(keys)).toEqual(expect.arrayContaining(before))
    clock.advance(1)
    expect(shown(keys)).toHaveLength(3)
    expect(await storage().keys.tidy(clock.now(), 10)).toBe(3)
    await keys.follow()
    expect(shown(keys)).toHaveLength(3)
    expect(await keys.rotate('overlap', record)).toMatchObject({ slots: ['ES256/3', 'RS256/3', 'EdDSA/3'] })
  })

  it('is followed by a process that was there before', async () => {
    const [here, there] = [await open(), await open(await openAgain())]
    await here.rotate('overlap', record)
    expect(shown(there)).toHaveLength(3)
    await there.follow()
    expect(shown(there)).toEqual(shown(here))
  })

  it('happens once where two ask for it at once, and where one asks again before the new keys sign', async () => {
    const all = [await open(), await open(await openAgain()), await open()]
    const kinds = (await Promise.all(all.map((keys) => keys.rotate('overlap', record)))).map(
      ({ kind }) => kind,
    )
    expect(kinds.sort()).toEqual(['rotated', 'under-way', 'under-way'])
    expect(await all[0]?.rotate('overlap', record)).toMatchObject({ kind: 'under-way' })
    expect(await storage().keys.list()).toHaveLength(8 + 6)
    expect(await storage().audit.countUnsealed()).toBe(1)
  })

  it('drops every former key at once where it is urgent, also one that was to sign next', async () => {
    const [keys, other] = [await open(), await open(await openAgain())]
    await keys.rotate('overlap', record)
    const before = shown(keys)
    await keys.rotate('drop-old', record)
    expect(shown(keys)).toHaveLength(3)
    expect(before.filter((kid) => shown(keys).includes(kid))).toEqual([])
    expect(signs(keys)).toBeDefined()
    await other.follow()
    expect(shown(other)).toEqual(shown(keys))
  })

  it('is due an hour before the keys have signed for ninety days', async () => {
    const keys = await open()
    clock.advance(90 * DAY - KEY_SCHEDULE.aheadSeconds - 1)
    expect(await keys.isRotationDue()).toBe(false)
    clock.advance(1)
    expect(await keys.isRotationDue()).toBe(true)
    await keys.rotate('overlap', record)
    expect(await keys.isRotationDue()).toBe(false)
  })
})

describe('another master key', () => {
  it('gets all keys, once, and the former one is not needed afterwards', async () => {
    const before = await open()
    const keys = await open(storage(), [newMaster, oldMaster])
    expect(await keys.rewrap(record)).toBe(11)
    expect(await keys.rewrap(record)).toBe(0)
    expect(await storage().audit.countUnsealed()).toBe(1)
    const after = await open(storage(), [newMaster])
    expect(after.dataKeys('fields')).toEqual(before.dataKeys('fields'))
    expect(after.signingKeys(BEGIN)).toEqual(before.signingKeys(BEGIN))
    await expect(open()).rejects.toThrow(masterKeyId(newMaster))
  })

  it('does nothing to a process that has its keys open, even one that lacks it', async () => {
    const running = await open()
    const before = shown(running)
    await (await open(storage(), [newMaster, oldMaster])).rewrap(record)
    await running.follow()
    expect(shown(running)).toEqual(before)
  })

  it('that a process lacks keeps it from the next signing keys, and from nothing else', async () => {
    const running = await open()
    const before = shown(running)
    await (await open(storage(), [newMaster, oldMaster])).rotate('overlap', record)
    await expect(running.follow()).rejects.toThrow('LATCHKEY_MASTER_KEYS')
    expect(shown(running)).toEqual(before)
  })
})
