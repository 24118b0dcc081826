import { describe, expect, it } from '@jest/globals'
import { movingClock } from '../../../tests/support/moving-clock.ts'
import { anAuditEntry, NOON } from '../../../tests/support/records.ts'
import { temporaryStorage } from '../../../tests/support/temporary-storage.ts'
import { createLimits, type Limits, type Try } from './limits.ts'
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
  const price = (known: boolean, send = {}) => {
    const settings = limitsFileSchema.parse({ send })
    const parts = { store: storage().limits, settings, key: Buffer.alloc(32, 1), clock }
    const one = { destination: '+919876543210', callingCode: '91', known, ip: null }
    return createLimits(parts)
      .strangersPrice(one)
      .map(({ budget, limit, key }) => ({ budget, limit, key }))
  }

  it('leaves the last fifth of strangers’ messages to other prefixes', () => {
    expect(price(false)).toContainEqual(expect.objectContaining({ budget: 'country-unknown', limit: 800 }))
    expect(price(false, { perCountryPerHour: 50 })).toContainEqual(
      expect.objectContaining({ budget: 'country-unknown', limit: 50 }),
    )
    expect(price(false, { unknownContactPerHour: 1 })).toContainEqual(
      expect.objectContaining({ budget: 'country-unknown', limit: 1 }),
    )
  })

  it('is taken from budgets of their own for those who are known', () => {
    const unknown = price(false).map(({ key }) => key)
    const shared = price(true).filter(({ key }) => unknown.includes(key))
    expect(shared.map(({ budget }) => budget)).toEqual(['destination', 'destination', 'total'])
    expect(price(true)).toContainEqual(expect.objectContaining({ budget: 'country-known', limit: 2000 }))
  })
})
