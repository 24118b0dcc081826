import { describe, expect, it } from '@jest/globals'
import { type Backend, type FreshStore, freshStore } from '../../../tests/support/backend.ts'
import { call, race, times, values } from '../../../tests/support/race.ts'
import { anAuditEntry, at, justBefore, NOON } from '../../../tests/support/records.ts'
import type { CountedTry, ReserveTryResult, SettledTry, Take, TakeResult } from './limit-store.ts'

const POLICY = {
  kind: 'growing',
  free: 3,
  firstPauseSeconds: 10,
  longestPauseSeconds: 60,
  forgetSeconds: 3600,
} as const
const ANN = { key: 'ann', policy: POLICY } as const

function settled(changes: Partial<SettledTry>): SettledTry {
  return { cleared: [], released: [], givenBack: [], ...changes }
}

function aTake(changes: Partial<Take> = {}): Take {
  return { key: 'sms:+49151', limit: 2, windowSeconds: 60, ...changes }
}

export function describeLimitStore(backend: Backend): void {
  describe(`${backend.name}: limits`, () => {
    const opened = freshStore(backend)
    describeBudgets(opened)
    describePauses(opened)
    describeTidying(opened)
  })
}

function describeBudgets(opened: FreshStore): void {
  it('gives as often as the limit says, then says when again', async () => {
    const { storage, second } = opened()
    expect(await storage.limits.take([aTake()], NOON)).toEqual({ ok: true })
    expect(await second.limits.take([aTake()], at(10))).toEqual({ ok: true })
    const refused = { ok: false, key: 'sms:+49151', retryAt: at(60) }
    expect(await storage.limits.take([aTake()], at(20))).toEqual(refused)
    expect(await storage.limits.spent('sms:+49151', at(20))).toBe(2)
  })

  it('begins a window with its first take and ends it a fixed time later', async () => {
    const { storage } = opened()
    await storage.limits.take([aTake()], NOON)
    await storage.limits.take([aTake()], at(59))
    expect(await storage.limits.take([aTake()], justBefore(at(60)))).toMatchObject({ ok: false })
    expect(await storage.limits.spent('sms:+49151', justBefore(at(60)))).toBe(2)
    expect(await storage.limits.spent('sms:+49151', at(60))).toBe(0)
    expect(await storage.limits.take([aTake()], at(60))).toEqual({ ok: true })
    expect(await storage.limits.spent('sms:+49151', at(60))).toBe(1)
  })

  it('says beforehand when one could be taken, and takes nothing by it', async () => {
    const { storage, second } = opened()
    expect(await storage.limits.findRetry(aTake(), NOON)).toBeNull()
    await storage.limits.take([aTake()], NOON)
    expect(await storage.limits.findRetry(aTake(), at(10))).toBeNull()
    await storage.limits.take([aTake()], at(10))
    expect(await second.limits.findRetry(aTake(), at(20))).toEqual(at(60))
    expect(await second.limits.findRetry(aTake(), justBefore(at(60)))).toEqual(at(60))
    expect(await second.limits.findRetry(aTake(), at(60))).toBeNull()
    expect(await storage.limits.spent('sms:+49151', at(20))).toBe(2)
  })

  it('takes from every budget or from none', async () => {
    const { storage } = opened()
    const [narrow, wide] = [aTake({ limit: 1 }), aTake({ key: 'total', limit: 100 })]
    await storage.limits.take([narrow], NOON)
    expect(await storage.limits.take([wide, narrow], NOON)).toMatchObject({ ok: false, key: narrow.key })
    expect(await storage.limits.take([narrow, wide], NOON)).toMatchObject({ ok: false, key: narrow.key })
    expect(await storage.limits.spent('total', NOON)).toBe(0)
  })

  it('names the refusal that lasts longest', async () => {
    const { storage } = opened()
    const [minute, day] = [
      aTake({ key: 'minute', limit: 1 }),
      aTake({ key: 'day', limit: 1, windowSeconds: 86_400 }),
    ]
    await storage.limits.take([minute, day], NOON)
    expect(await storage.limits.take([day, minute], at(1))).toEqual({
      ok: false,
      key: 'day',
      retryAt: at(86_400),
    })
    expect(await storage.limits.take([minute, day], at(1))).toEqual({
      ok: false,
      key: 'day',
      retryAt: at(86_400),
    })
  })

  it('refuses a budget of nothing, and knows keys with dots and dollars as they are', async () => {
    const { storage } = opened()
    expect(await storage.limits.take([aTake({ limit: 0 })], NOON)).toMatchObject({
      ok: false,
      retryAt: at(60),
    })
    await storage.limits.take([aTake({ key: '$a.b|ü🙂' })], NOON)
    expect(await storage.limits.spent('$a.b|ü🙂', NOON)).toBe(1)
    expect(await storage.limits.spent('$a.B|ü🙂', NOON)).toBe(0)
  })

  it('gives exactly the limit to 100 takers over two processes, and takes no other budget for the rest', async () => {
    const { settings, storage } = opened()
    const all = [aTake({ key: 'total', limit: 1000 }), aTake({ limit: 7 })]
    const take = times(50, call('limits', 'take', all, NOON))
    const outcomes = values(await race(settings, take, take)) as TakeResult[]
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(7)
    expect(await storage.limits.spent('total', NOON)).toBe(7)
  })
}

function describePauses(opened: FreshStore): void {
  const OK = { ok: true }
  const refusedUntil = (seconds: number) => ({ ok: false, until: at(seconds) })

  it('reserves the free tries, then pauses, twice as long each time, up to the longest', async () => {
    const { storage, second } = opened()
    const tryAt = (seconds: number) => storage.limits.reserveTry([ANN], [], at(seconds))
    expect(await tryAt(0)).toEqual(OK)
    expect(await tryAt(0)).toEqual(OK)
    expect(await second.limits.findPause('ann', NOON)).toBeNull()
    expect(await tryAt(0)).toEqual(OK)
    expect(await second.limits.findPause('ann', NOON)).toEqual(at(10))
    expect(await second.limits.findPause('bob', NOON)).toBeNull()
    expect(await tryAt(10)).toEqual(OK)
    expect(await tryAt(11)).toEqual(refusedUntil(30))
    expect(await tryAt(30)).toEqual(OK)
    expect(await tryAt(30)).toEqual(refusedUntil(70))
    expect(await tryAt(70)).toEqual(OK)
    expect(await tryAt(70)).toEqual(refusedUntil(130))
    expect(await tryAt(130)).toEqual(OK)
    expect(await tryAt(130)).toEqual(refusedUntil(190))
  })

  it('refuses until the end of the pause, not at that moment, and counts no refusal', async () => {
    const { storage } = opened()
    for (let count = 0; count < 3; count++) await storage.limits.reserveTry([ANN], [], NOON)
    for (let count = 0; count < 5; count++) {
      expect(await storage.limits.reserveTry([ANN], [], justBefore(at(10)))).toEqual(refusedUntil(10))
    }
    expect(await storage.limits.reserveTry([ANN], [], at(10))).toEqual(OK)
    expect(await storage.limits.findPause('ann', at(10))).toEqual(at(30))
  })

  it('forgets each failure at its own time', async () => {
    const { storage } = opened()
    await storage.limits.reserveTry([ANN], [], NOON)
    await storage.limits.reserveTry([ANN], [], at(1800))
    expect(await storage.limits.reserveTry([ANN], [], at(3600))).toEqual(OK)
    expect(await storage.limits.findPause('ann', at(3600))).toBeNull()
    expect(await storage.limits.reserveTry([ANN], [], at(3601))).toEqual(OK)
    expect(await storage.limits.findPause('ann', at(3601))).toEqual(at(3611))
  })

  it('allows so many failures in any window, and pauses until the oldest of them is out of it', async () => {
    const { storage } = opened()
    const hourly: CountedTry = {
      key: 'ann',
      policy: { kind: 'window', most: 3, windowSeconds: 3600, longestPauseSeconds: 3600 },
    }
    const tryAt = (seconds: number) => storage.limits.reserveTry([hourly], [], at(seconds))
    expect(await tryAt(0)).toEqual(OK)
    expect(await tryAt(600)).toEqual(OK)
    expect(await tryAt(700)).toEqual(OK)
    expect(await tryAt(701)).toEqual(refusedUntil(3600))
    expect(await tryAt(3600)).toEqual(OK)
    expect(await tryAt(3601)).toEqual(refusedUntil(4200))
  })

  it('counts in all counters and budgets, or in none', async () => {
    const { storage } = opened()
    const bob = { key: 'bob', policy: POLICY }
    const take = aTake({ key: 'ip', limit: 1 })
    for (let count = 0; count < 3; count++) await storage.limits.reserveTry([ANN], [], NOON)
    expect(await storage.limits.reserveTry([ANN, bob], [take], NOON)).toEqual(refusedUntil(10))
    expect(await storage.limits.spent('ip', NOON)).toBe(0)
    expect(await storage.limits.reserveTry([bob], [take], NOON)).toEqual(OK)
    expect(await storage.limits.reserveTry([bob], [take], NOON)).toEqual(refusedUntil(60))
    expect(await storage.limits.reserveTry([bob], [], NOON)).toEqual(OK)
    expect(await storage.limits.findPause('bob', NOON)).toBeNull()
  })

  it('takes a try back that nobody could look at, with the pause that began with it', async () => {
    const { storage } = opened()
    for (let count = 0; count < 3; count++) await storage.limits.reserveTry([ANN], [], NOON)
    await storage.limits.settleTry(settled({ released: ['ann', 'never-tried'] }), NOON)
    expect(await storage.limits.findPause('ann', NOON)).toBeNull()
    expect(await storage.limits.reserveTry([ANN], [], NOON)).toEqual(OK)
    expect(await storage.limits.reserveTry([ANN], [], NOON)).toEqual(refusedUntil(10))
  })

  it('gives back what a right try took', async () => {
    const { storage } = opened()
    const take = aTake({ key: 'ip', limit: 1 })
    await storage.limits.reserveTry([ANN], [take], NOON)
    await storage.limits.settleTry(settled({ cleared: ['ann'], givenBack: ['ip'] }), NOON)
    expect(await storage.limits.spent('ip', NOON)).toBe(0)
    await storage.limits.settleTry(settled({ givenBack: ['ip', 'never-taken'] }), NOON)
    expect(await storage.limits.spent('ip', NOON)).toBe(0)
    expect(await storage.limits.reserveTry([ANN], [take], NOON)).toEqual(OK)
  })

  it('forgets failures and pause when told so', async () => {
    const { storage, second } = opened()
    for (let count = 0; count < 3; count++) await storage.limits.reserveTry([ANN], [], NOON)
    await second.limits.settleTry(settled({ cleared: ['ann'] }), NOON)
    expect(await storage.limits.findPause('ann', NOON)).toBeNull()
    expect(await storage.limits.reserveTry([ANN], [], NOON)).toEqual(OK)
  })

  it('forgives a key and all below it, and nobody else, with the record of it', async () => {
    const { storage, second } = opened()
    const keys = ['ann', 'ann.device', 'ann.', 'anna', 'ann/device', 'an']
    for (const key of keys) {
      const one = { key, policy: { ...POLICY, free: 1 } }
      expect(await storage.limits.reserveTry([one], [], NOON)).toEqual(OK)
    }
    const entry = anAuditEntry()
    await second.limits.forgive(['ann', 'nobody'], [entry])
    const pauses = await Promise.all(keys.map((key) => storage.limits.findPause(key, NOON)))
    expect(pauses.map((pause) => pause !== null)).toEqual([false, false, true, true, true, true])
    expect((await storage.audit.listUnsealed(10)).map(({ id }) => id)).toEqual([entry.id])
  })

  it('reserves exactly the free tries of many at once, over two processes', async () => {
    const { settings } = opened()
    const reserve = times(20, call('limits', 'reserveTry', [ANN], [], NOON))
    const outcomes = values(await race(settings, reserve, reserve)) as ReserveTryResult[]
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(POLICY.free)
  })
}

function describeTidying(opened: FreshStore): void {
  it('tidies away budgets whose window is over and failures that are forgotten, some at a time', async () => {
    const { storage } = opened()
    await storage.limits.take(
      [aTake({ key: 'a' }), aTake({ key: 'b' }), aTake({ key: 'c', windowSeconds: 61 })],
      NOON,
    )
    await storage.limits.reserveTry([{ key: 'ann', policy: { ...POLICY, forgetSeconds: 60 } }], [], NOON)
    await storage.limits.reserveTry(
      [
        {
          key: 'bob',
          policy: { ...POLICY, free: 1, forgetSeconds: 1, firstPauseSeconds: 61, longestPauseSeconds: 61 },
        },
      ],
      [],
      NOON,
    )
    const counts: number[] = []
    for (let round = 0; round < 3; round++) counts.push(await storage.limits.tidy(at(60), 2))
    expect(counts).toEqual([2, 1, 0])
    expect(await storage.limits.spent('c', at(60))).toBe(1)
    expect(await storage.limits.findPause('bob', at(59))).not.toBeNull()
  })
}
