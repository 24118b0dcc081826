import { describe, expect, it } from '@jest/globals'
import { movingClock } from '../../../tests/support/moving-clock.ts'
import { anAuditEntry, NOON } from '../../../tests/support/records.ts'
import { temporaryStorage } from '../../../tests/support/temporary-storage.ts'
import type { Toll } from './limit-store.ts'
import { type Claimed, createLimits, type Limits, type Try } from './limits.ts'
import { limitsFileSchema } from './limits-settings.ts'

const clock = movingClock(NOON)
const { storage } = temporaryStorage(clock)

function limits(): Limits {
  const settings = limitsFileSchema.parse({})
  return createLimits({ store: storage().limits, settings, key: Buffer.alloc(32, 1), clock })
}

function aTry(changes: Partial<Try> = {}): Try {
  return {
    factor: 'password',
    purpose: 'sign-in',
    who: 'email/ann@example.test',
    knownDevice: null,
    ip: null,
    ...changes,
  }
}

/** Fails until the counter pauses. */
async function wearOut(one: Try): Promise<void> {
  while ((await limits().reserve(one)).ok) {
    // Once more.
  }
}

describe('an administrator who forgives', () => {
  it('lifts the pauses of a person: of each factor, purpose and device', async () => {
    const theirs = [
      aTry(),
      aTry({ knownDevice: 'device-1' }),
      aTry({ factor: 'code', who: 'acc_1' }),
      aTry({ factor: 'code', purpose: 'recovery', who: 'acc_1' }),
      aTry({ factor: 'code', purpose: 'step-up', who: 'acc_1', knownDevice: 'device-2' }),
    ]
    for (const one of theirs) await wearOut(one)
    await limits().forgive(['email/ann@example.test', 'acc_1'], [anAuditEntry()])
    for (const one of theirs) expect(await limits().pauseOf(one)).toBeNull()
    expect(await storage().audit.countUnsealed()).toBe(1)
  })

  it('lifts nobody else’s', async () => {
    const others = [aTry({ who: 'email/bob@example.test' }), aTry({ who: 'phone/ann@example.test' })]
    for (const one of others) await wearOut(one)
    await limits().forgive(['email/ann@example.test'], [])
    for (const one of others) expect(await limits().pauseOf(one)).not.toBeNull()
  })
})

describe('the tries in a device that a person is known on', () => {
  it('are counted apart from all others, and from those in another', async () => {
    await wearOut(aTry({ knownDevice: 'device-1' }))
    expect(await limits().pauseOf(aTry())).toBeNull()
    expect(await limits().pauseOf(aTry({ knownDevice: 'device-2' }))).toBeNull()
    expect(await limits().pauseOf(aTry({ knownDevice: 'device-1' }))).not.toBeNull()
  })
})

describe('what codes cost that strangers ask for', () => {
  const ONE = { destination: '+919876543210', callingCode: '91', ip: '192.0.2.7' }
  const NEW = { accountId: null, notice: null }
  const by = (claimed: Claimed, knownDevice: string | null = null) => ({ claimed, knownDevice })

  const limitsWith = (send = {}) => {
    const settings = limitsFileSchema.parse({ send })
    return createLimits({ store: storage().limits, settings, key: Buffer.alloc(32, 1), clock })
  }
  const named = (toll: Toll) => toll.map((part) => part.map(({ budget }) => budget))
  const keysOf = (toll: Toll) => toll.flat().map(({ key }) => key)
  const shared = (toll: Toll, other: Toll) =>
    toll.flat().flatMap(({ key, budget }) => (keysOf(other).includes(key) ? [budget] : []))

  it('leaves the last fifth of strangers’ messages to other prefixes', () => {
    const prefix = (send = {}) =>
      limitsWith(send)
        .newContactPrice(ONE, NEW)
        .flat()
        .find(({ budget }) => budget === 'country-unknown')?.limit
    expect(prefix()).toBe(800)
    expect(prefix({ perCountryPerHour: 50 })).toBe(50)
    expect(prefix({ unknownContactPerHour: 1 })).toBe(1)
  })

  it('is the same for a new contact that is somebody’s, but for the notice beside its destination', () => {
    const { newContactPrice } = limitsWith()
    const free = newContactPrice(ONE, NEW)
    const taken = newContactPrice(ONE, { ...NEW, notice: 'known-contact' })
    expect(named(free)).toEqual([
      ['address'],
      ['unknown-contacts', 'total', 'country-unknown'],
      ['destination', 'destination'],
    ])
    expect(taken.slice(0, 2)).toEqual(free.slice(0, 2))
    expect(named(taken)[2]).toEqual(['destination', 'destination', 'notice'])
    expect(named(newContactPrice(ONE, { ...NEW, accountId: 'acc_1' }))[0]).toEqual(['address', 'account'])
  })

  it('is taken from budgets of their own for those who are known', () => {
    const { claimPrice } = limitsWith()
    const [known, unknown] = [claimPrice(ONE, by('known')), claimPrice(ONE, by('unknown'))]
    expect(shared(known, unknown)).toEqual(['address', 'destination', 'destination', 'total'])
    expect(known.flat()).toContainEqual(expect.objectContaining({ budget: 'country-known', limit: 2000 }))
  })

  it('is nothing but the address’s for nobody, who is sent nothing, and no fewer budgets', () => {
    const { claimPrice } = limitsWith()
    const nobody = claimPrice(ONE, by('nobody'))
    const known = claimPrice(ONE, by('known'))
    for (const other of [known, claimPrice(ONE, by('unknown'))])
      expect(shared(nobody, other)).toEqual(['address'])
    expect(nobody.map((part) => part.length)).toEqual(known.map((part) => part.length))
    expect(claimPrice(ONE, by('nobody', 'device-1'))).toEqual(nobody)
  })

  it('is taken from no budget of strangers’ at a device that the person is known on', () => {
    const { claimPrice } = limitsWith()
    const there = claimPrice(ONE, by('known', 'device-1'))
    expect(shared(there, claimPrice(ONE, by('known')))).toEqual(['total', 'country-known'])
    expect(shared(there, claimPrice(ONE, by('known', 'device-2')))).toEqual(['total', 'country-known'])
    expect(named(there)).toEqual([['destination', 'destination', 'total', 'country-known']])
  })
})
