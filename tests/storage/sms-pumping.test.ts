import { describe, expect, it } from '@jest/globals'
import type { PricedMessage, Queued } from '../../src/domain/delivery/index.ts'
import { createLimits, limitsFileSchema, type Toll } from '../../src/domain/limits/index.ts'
import { callingCodeOf } from '../../src/lib/canonical.ts'
import { freshStore } from '../support/backend.ts'
import { call, race, values } from '../support/race.ts'
import { aMessage, NOON } from '../support/records.ts'
import { sqlite } from '../support/sqlite-backend.ts'

/**
 * SMS pumping: whoever earns by text messages to a range of numbers asks for codes to all of them, from hundreds of
 * addresses. The budgets are those that are shipped.
 */
const REQUESTS = 5000
const ADDRESSES = 500
/** Of the 1000 that strangers' numbers have in an hour, the last fifth is for other prefixes. */
const GO_THROUGH = 800
const OTHERS = 25

describe('5000 requests from 500 addresses to numbers of one prefix, at two processes', () => {
  const opened = freshStore(sqlite)

  it('get exactly what one prefix has, and take nothing from anybody else', async () => {
    const { settings, storage } = opened()
    const limits = createLimits({
      store: storage.limits,
      settings: limitsFileSchema.parse({}),
      key: Buffer.alloc(32, 1),
      clock: { now: () => NOON },
    })
    const strangers = (count: number, prefix: string, known: boolean, network: string) =>
      Array.from({ length: count }, (_, index) => {
        const destination = `${prefix}${String(index).padStart(4, '0')}`
        const place = index % ADDRESSES
        const ip = `${network}.${Math.floor(place / 250)}.${place % 250}`
        const one = { destination, callingCode: callingCodeOf(destination), ip }
        return paidBy(
          known
            ? limits.claimPrice(one, { claimed: 'known', knownDevice: null })
            : limits.newContactPrice(one, { accountId: null, notice: null }),
        )
      })
    const pumped = strangers(REQUESTS, '+99293123', false, '198.18')
    const others = [
      strangers(OTHERS, '+9198765432', false, '198.51'),
      strangers(OTHERS, '+99290123', true, '203.0'),
      Array.from({ length: OTHERS }, (_, index) => paidBy(limits.ownersPrice(`acc_${index}`), 'refuse')),
    ].flat()
    // Everybody else stands in the middle of the crowd, and once more behind it.
    const lists = [pumped.slice(0, REQUESTS / 2), pumped.slice(REQUESTS / 2)].map((crowd, process) =>
      crowd.toSpliced(crowd.length / 2, 0, ...others.filter((_, index) => index % 2 === process)),
    )
    const [first, second] = lists.map((list) => list.map((one) => call('messages', 'insert', [one])))
    const outcomes = values(await race(settings, first ?? [], second ?? [])) as Queued[]

    const asked = lists.flat()
    const went = new Set(asked.filter((_, index) => wasQueued(outcomes[index])).map(({ id }) => id))
    expect(pumped.filter(({ id }) => went.has(id))).toHaveLength(GO_THROUGH)
    expect(others.filter(({ id }) => !went.has(id))).toEqual([])
    expect(await storage.messages.countWaiting(NOON)).toBe(GO_THROUGH + others.length)
    const refused = outcomes.filter((outcome) => !wasQueued(outcome))
    expect(new Set(refused.map((outcome) => outcome.ok && outcome.spent))).toEqual(
      new Set(['country-unknown']),
    )

    const [late] = strangers(1, '+4915123456', false, '192.0')
    expect(await storage.messages.insert([late ?? paidBy([])])).toEqual({ ok: true, queued: true })
  })
})

function paidBy(takes: Toll, whenSpent: 'drop' | 'refuse' = 'drop'): PricedMessage {
  return { ...aMessage(), price: { takes, whenSpent } }
}

function wasQueued(outcome: Queued | undefined): boolean {
  return outcome?.ok === true && outcome.queued
}
