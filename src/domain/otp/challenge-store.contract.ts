import { describe, expect, it } from '@jest/globals'
import { type Backend, type FreshStore, freshStore } from '../../../tests/support/backend.ts'
import { call, countOf, race, times, values } from '../../../tests/support/race.ts'
import { aChallenge, aMessage, anAuditEntry, at, justBefore, NOON } from '../../../tests/support/records.ts'
import type { Challenge, ReserveResult, SupersedeResult } from './challenge-store.ts'

const NOTHING = { audit: [], messages: [] }

/** The next code of the same chain. */
function nextOf(challenge: Challenge, changes: Partial<Challenge> = {}): Challenge {
  const { chainId } = challenge
  return aChallenge({
    chainId,
    createdAt: at(30),
    expiresAt: at(330),
    resendAt: at(90),
    sends: 2,
    ...changes,
  })
}

export function describeChallengeStore(backend: Backend): void {
  describe(`${backend.name}: challenges`, () => {
    const opened = freshStore(backend)
    describeKeeping(opened)
    describePaying(opened)
    describeAttempts(opened)
    describeConsuming(opened)
    describeSuperseding(opened)
    describeTidying(opened)
  })
}

function describeKeeping(opened: FreshStore): void {
  it('gives back what went in, on every handle', async () => {
    const { storage, second } = opened()
    const challenge = aChallenge({ destination: 'ünï.🙂@example.test', purpose: 'contact-change', digits: 8 })
    const decoy = aChallenge({ accountId: null, channel: 'email', codeMac: new Uint8Array([0, 255]) })
    await storage.challenges.insert(challenge, NOTHING)
    await storage.challenges.insert(decoy, NOTHING)
    expect(await second.challenges.find(challenge.id)).toEqual(challenge)
    expect(await second.challenges.find(decoy.id)).toEqual(decoy)
    expect(await second.challenges.find('chl_unknown')).toBeNull()
  })

  it('keeps the message and the record of the same write, or nothing of all', async () => {
    const { storage } = opened()
    const challenge = aChallenge()
    const entry = anAuditEntry()
    await storage.challenges.insert(challenge, { audit: [entry], messages: [aMessage()] })
    await expect(
      storage.challenges.insert(challenge, { audit: [anAuditEntry()], messages: [aMessage()] }),
    ).rejects.toMatchObject({ code: 'duplicate_key' })
    const other = aChallenge()
    await expect(
      storage.challenges.insert(other, { audit: [entry], messages: [aMessage()] }),
    ).rejects.toMatchObject({ code: 'duplicate_key' })
    expect(await storage.challenges.find(other.id)).toBeNull()
    expect(await storage.audit.listUnsealed(10)).toEqual([entry])
    expect(await storage.messages.countWaiting(NOON)).toBe(1)
  })
}

function describePaying(opened: FreshStore): void {
  const take = { key: 'to:ann', limit: 1, windowSeconds: 60 }
  const dropped = () => ({
    audit: [],
    messages: [{ ...aMessage(), price: { takes: [[take]], whenSpent: 'drop' } as const }],
  })
  const refused = () => ({
    audit: [anAuditEntry()],
    messages: [{ ...aMessage(), price: { takes: [[take]], whenSpent: 'refuse' } as const }],
  })

  it('takes what a message costs in the same write, and drops one that cannot be paid', async () => {
    const { storage, second } = opened()
    expect(await storage.challenges.insert(aChallenge({ createdAt: NOON }), dropped())).toEqual({
      ok: true,
      queued: true,
    })
    const unsent = aChallenge({ createdAt: NOON })
    expect(await second.challenges.insert(unsent, dropped())).toEqual({ ok: true, queued: false })
    expect(await second.challenges.find(unsent.id)).toEqual({ ...unsent, codeMac: new Uint8Array() })
    expect(await storage.messages.countWaiting(NOON)).toBe(1)
  })

  it('keeps no MAC of a code in the place of another that was dropped, and the attempts that were left', async () => {
    const { storage, second } = opened()
    const old = aChallenge({ createdAt: NOON, resendAt: NOON })
    await storage.challenges.insert(old, dropped())
    await storage.challenges.reserveAttempt(old.id, NOON)
    const next = nextOf(old, { createdAt: NOON })
    const result = await storage.challenges.supersede(old.id, next, dropped(), NOON)
    expect(result).toMatchObject({ ok: true, queued: false })
    const attemptsLeft = old.attemptsLeft - 1
    const kept = { ...next, attemptsLeft, codeMac: new Uint8Array() }
    expect(await second.challenges.find(next.id)).toEqual(kept)
  })

  it('pays part after part until one is spent, and keeps what was paid', async () => {
    const { storage } = opened()
    const one = (key: string, limit: number) => ({ key, limit, windowSeconds: 60 })
    const price = {
      takes: [[one('from:1', 4)], [one('all', 3), one('country', 9)], [one('to:ann', 1), one('notice', 1)]],
      whenSpent: 'drop',
    } as const
    const send = () =>
      storage.challenges.insert(aChallenge({ createdAt: NOON }), {
        audit: [],
        messages: [{ ...aMessage(), price }],
      })
    const answers = [await send(), await send(), await send(), await send(), await send()]
    expect(answers).toEqual([true, false, false, false, false].map((queued) => ({ ok: true, queued })))
    expect(await storage.messages.countWaiting(NOON)).toBe(1)
    const spent = ['from:1', 'all', 'country', 'to:ann', 'notice'].map((key) =>
      storage.limits.spent(key, NOON),
    )
    expect(await Promise.all(spent)).toEqual([4, 3, 3, 1, 1])
  })

  it('does nothing at all when a message may not be dropped and cannot be paid', async () => {
    const { storage } = opened()
    const old = aChallenge({ createdAt: NOON, resendAt: NOON })
    await storage.challenges.insert(old, refused())
    const next = aChallenge({ createdAt: NOON })
    const overBudget = { ok: false, reason: 'over-budget', retryAt: at(60) }
    expect(await storage.challenges.insert(next, refused())).toEqual(overBudget)
    expect(await storage.challenges.supersede(old.id, next, refused(), NOON)).toEqual(overBudget)
    expect(await storage.challenges.find(next.id)).toBeNull()
    expect(await storage.challenges.find(old.id)).toEqual(old)
    expect(await storage.audit.countUnsealed()).toBe(1)
    expect(await storage.messages.countWaiting(NOON)).toBe(1)
  })

  it('queues exactly as many as are paid for, over two processes', async () => {
    const { settings, storage } = opened()
    const insert = () =>
      call('challenges', 'insert', aChallenge({ createdAt: NOON }), {
        audit: [],
        messages: [{ ...aMessage(), price: { takes: [[{ ...take, limit: 5 }]], whenSpent: 'drop' } }],
      })
    const calls = Array.from({ length: 50 }, insert)
    await race(settings, calls.slice(0, 25), calls.slice(25))
    expect(await storage.messages.countWaiting(NOON)).toBe(5)
    expect(await storage.limits.spent('to:ann', NOON)).toBe(5)
  })
}

function describeAttempts(opened: FreshStore): void {
  it('spends one attempt at a time, until none is left', async () => {
    const { storage, second } = opened()
    const challenge = aChallenge({ attemptsLeft: 2 })
    await storage.challenges.insert(challenge, NOTHING)
    expect(await storage.challenges.reserveAttempt(challenge.id, NOON)).toEqual({
      ok: true,
      challenge: { ...challenge, attemptsLeft: 1 },
    })
    expect(await second.challenges.reserveAttempt(challenge.id, NOON)).toMatchObject({ ok: true })
    const refused = { ok: false, reason: 'no-attempts-left' }
    expect(await storage.challenges.reserveAttempt(challenge.id, NOON)).toEqual(refused)
    expect(await storage.challenges.reserveAttempt(challenge.id, challenge.expiresAt)).toEqual(refused)
    expect(await storage.challenges.find(challenge.id)).toEqual({ ...challenge, attemptsLeft: 0 })
  })

  it('grants an attempt until the code expires, not at that moment', async () => {
    const { storage } = opened()
    const challenge = aChallenge()
    await storage.challenges.insert(challenge, NOTHING)
    const { id, expiresAt } = challenge
    expect(await storage.challenges.reserveAttempt(id, justBefore(expiresAt))).toMatchObject({ ok: true })
    expect(await storage.challenges.reserveAttempt(id, expiresAt)).toEqual({ ok: false, reason: 'expired' })
    expect(await storage.challenges.find(id)).toMatchObject({ attemptsLeft: 4 })
  })

  it('says why a challenge takes no attempt any more', async () => {
    const { storage } = opened()
    const [used, old] = [aChallenge(), aChallenge()]
    await storage.challenges.insert(used, NOTHING)
    await storage.challenges.insert(old, NOTHING)
    await storage.challenges.consume(used.id, NOON, [])
    await storage.challenges.supersede(old.id, nextOf(old), NOTHING, at(30))
    const reasonFor = async (id: string) => storage.challenges.reserveAttempt(id, at(999))
    expect(await reasonFor(used.id)).toEqual({ ok: false, reason: 'used' })
    expect(await reasonFor(old.id)).toEqual({ ok: false, reason: 'superseded' })
    expect(await reasonFor('chl_unknown')).toEqual({ ok: false, reason: 'unknown' })
  })

  it('grants 100 guesses over two processes exactly the attempts there are', async () => {
    const { settings, storage } = opened()
    const challenge = aChallenge({ attemptsLeft: 5 })
    await storage.challenges.insert(challenge, NOTHING)
    const guess = times(50, call('challenges', 'reserveAttempt', challenge.id, NOON))
    const outcomes = values(await race(settings, guess, guess)) as ReserveResult[]
    const granted = outcomes.flatMap((one) => (one.ok ? [one.challenge.attemptsLeft] : []))
    expect(granted.sort()).toEqual([0, 1, 2, 3, 4])
    expect(await storage.challenges.find(challenge.id)).toMatchObject({ attemptsLeft: 0 })
  })
}

function describeConsuming(opened: FreshStore): void {
  it('verifies once, with its record; a second call writes nothing', async () => {
    const { storage, second } = opened()
    const challenge = aChallenge()
    await storage.challenges.insert(challenge, NOTHING)
    const entry = anAuditEntry()
    expect(await storage.challenges.consume(challenge.id, at(1), [entry])).toBe(true)
    expect(await second.challenges.consume(challenge.id, at(2), [anAuditEntry()])).toBe(false)
    expect(await second.challenges.find(challenge.id)).toMatchObject({ status: 'verified' })
    expect(await second.audit.listUnsealed(10)).toEqual([entry])
  })

  it('verifies the code of the last attempt', async () => {
    const { storage } = opened()
    const challenge = aChallenge({ attemptsLeft: 1 })
    await storage.challenges.insert(challenge, NOTHING)
    await storage.challenges.reserveAttempt(challenge.id, NOON)
    expect(await storage.challenges.consume(challenge.id, NOON, [])).toBe(true)
  })

  it('does not verify what is unknown, superseded, or at its end', async () => {
    const { storage } = opened()
    const [expired, old] = [aChallenge(), aChallenge()]
    await storage.challenges.insert(expired, NOTHING)
    await storage.challenges.insert(old, NOTHING)
    await storage.challenges.supersede(old.id, nextOf(old), NOTHING, at(30))
    const audit = [anAuditEntry()]
    expect(await storage.challenges.consume('chl_unknown', NOON, audit)).toBe(false)
    expect(await storage.challenges.consume(old.id, at(31), audit)).toBe(false)
    expect(await storage.challenges.consume(expired.id, expired.expiresAt, audit)).toBe(false)
    expect(await storage.audit.countUnsealed()).toBe(0)
    expect(await storage.challenges.consume(expired.id, justBefore(expired.expiresAt), audit)).toBe(true)
  })

  it('lets exactly one of many verify, with one record, over two processes', async () => {
    const { settings, storage } = opened()
    const challenge = aChallenge()
    await storage.challenges.insert(challenge, NOTHING)
    const consume = () => call('challenges', 'consume', challenge.id, NOON, [anAuditEntry()])
    const outcomes = await race(
      settings,
      Array.from({ length: 25 }, consume),
      Array.from({ length: 25 }, consume),
    )
    expect(countOf(true, outcomes)).toBe(1)
    expect(await storage.audit.countUnsealed()).toBe(1)
  })
}

function describeSuperseding(opened: FreshStore): void {
  it('puts the next code in the place of the old one, with the attempts that were left', async () => {
    const { storage, second } = opened()
    const old = aChallenge({ attemptsLeft: 5 })
    await storage.challenges.insert(old, NOTHING)
    await storage.challenges.reserveAttempt(old.id, NOON)
    await storage.challenges.reserveAttempt(old.id, NOON)
    const next = nextOf(old, { attemptsLeft: 5 })
    const entry = anAuditEntry()
    const write = { audit: [entry], messages: [aMessage()] }
    expect(await second.challenges.supersede(old.id, next, write, old.resendAt)).toEqual({
      ok: true,
      challenge: { ...next, attemptsLeft: 3 },
      queued: true,
    })
    expect(await storage.challenges.find(next.id)).toEqual({ ...next, attemptsLeft: 3 })
    expect(await storage.challenges.find(old.id)).toEqual({ ...old, attemptsLeft: 3, status: 'superseded' })
    expect(await storage.audit.listUnsealed(10)).toEqual([entry])
    expect(await storage.messages.countWaiting(NOON)).toBe(1)
  })

  it('refuses until the old code may be sent again, and says when', async () => {
    const { storage } = opened()
    const old = aChallenge()
    await storage.challenges.insert(old, NOTHING)
    const write = { audit: [anAuditEntry()], messages: [aMessage()] }
    const next = nextOf(old)
    expect(await storage.challenges.supersede(old.id, next, write, justBefore(old.resendAt))).toEqual({
      ok: false,
      reason: 'too-soon',
      resendAt: old.resendAt,
    })
    expect(await storage.challenges.find(old.id)).toEqual(old)
    expect(await storage.challenges.find(next.id)).toBeNull()
    expect(await storage.audit.countUnsealed()).toBe(0)
    expect(await storage.messages.countWaiting(NOON)).toBe(0)
  })

  it('supersedes an expired code while attempts are left, and none afterwards', async () => {
    const { storage } = opened()
    const expired = aChallenge()
    const spent = aChallenge({ attemptsLeft: 0 })
    await storage.challenges.insert(expired, NOTHING)
    await storage.challenges.insert(spent, NOTHING)
    const { challenges } = storage
    expect(await challenges.supersede(expired.id, nextOf(expired), NOTHING, at(999))).toMatchObject({
      ok: true,
    })
    expect(await challenges.supersede(spent.id, nextOf(spent), NOTHING, at(30))).toEqual({
      ok: false,
      reason: 'no-attempts-left',
    })
  })

  it('refuses what is unknown, verified or superseded already', async () => {
    const { storage } = opened()
    const [used, old] = [aChallenge(), aChallenge()]
    await storage.challenges.insert(used, NOTHING)
    await storage.challenges.insert(old, NOTHING)
    await storage.challenges.consume(used.id, NOON, [])
    await storage.challenges.supersede(old.id, nextOf(old), NOTHING, at(30))
    for (const id of ['chl_unknown', used.id, old.id]) {
      expect(await storage.challenges.supersede(id, aChallenge(), NOTHING, at(999))).toEqual({
        ok: false,
        reason: 'dead',
      })
    }
  })

  it('lets exactly one of many resend, with one message, over two processes', async () => {
    const { settings, storage } = opened()
    const old = aChallenge()
    await storage.challenges.insert(old, NOTHING)
    const resend = () =>
      call('challenges', 'supersede', old.id, nextOf(old), { audit: [], messages: [aMessage()] }, at(30))
    const lists = [Array.from({ length: 20 }, resend), Array.from({ length: 20 }, resend)]
    const outcomes = values(await race(settings, ...lists)) as SupersedeResult[]
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1)
    expect(outcomes.filter((one) => !one.ok && one.reason === 'dead')).toHaveLength(39)
    expect(await storage.messages.countWaiting(NOON)).toBe(1)
  })

  it('grants a chain its attempts and no more, while codes are guessed and resent at once', async () => {
    const { settings, storage } = opened()
    const old = aChallenge({ attemptsLeft: 5 })
    const next = nextOf(old)
    await storage.challenges.insert(old, NOTHING)
    const guess = [old, next].flatMap(({ id }) => times(20, call('challenges', 'reserveAttempt', id, at(30))))
    const resend = call('challenges', 'supersede', old.id, next, NOTHING, at(30))
    const outcomes = values(await race(settings, guess, guess, [resend])) as (
      | ReserveResult
      | SupersedeResult
    )[]
    const granted = outcomes.slice(0, -1).filter(({ ok }) => ok).length
    const live = (await storage.challenges.find(next.id)) ?? (await storage.challenges.find(old.id))
    expect(granted + (live?.attemptsLeft ?? 0)).toBe(5)
  })
}

function describeTidying(opened: FreshStore): void {
  it('empties the MAC of what has ended and deletes what is long gone, some at a time', async () => {
    const { storage } = opened()
    const gone = aChallenge({ expiresAt: at(10) })
    const expired = aChallenge({ expiresAt: at(100) })
    const used = aChallenge({ expiresAt: at(900) })
    const live = aChallenge({ expiresAt: at(900) })
    for (const one of [gone, expired, used, live]) await storage.challenges.insert(one, NOTHING)
    await storage.challenges.consume(used.id, at(20), [])
    let changed = 0
    for (let round = 0; round < 3; round++) changed += await storage.challenges.tidy(at(101), at(11), 1)
    expect(changed).toBe(3)
    expect(await storage.challenges.tidy(at(101), at(11), 1)).toBe(0)
    expect(await storage.challenges.find(gone.id)).toBeNull()
    expect(await storage.challenges.find(expired.id)).toEqual({ ...expired, codeMac: new Uint8Array() })
    expect(await storage.challenges.find(used.id)).toMatchObject({ codeMac: new Uint8Array() })
    expect(await storage.challenges.find(live.id)).toEqual(live)
  })

  it('counts the end of a superseded or verified challenge, not its expiry', async () => {
    const { storage } = opened()
    const old = aChallenge({ expiresAt: at(900) })
    await storage.challenges.insert(old, NOTHING)
    await storage.challenges.supersede(old.id, nextOf(old, { expiresAt: at(900) }), NOTHING, at(30))
    expect(await storage.challenges.tidy(at(30), at(30), 10)).toBe(0)
    expect(await storage.challenges.tidy(at(31), at(31), 10)).toBe(1)
    expect(await storage.challenges.find(old.id)).toBeNull()
  })
}
