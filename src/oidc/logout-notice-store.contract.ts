import { describe, expect, it } from '@jest/globals'
import { type Backend, type FreshStore, freshStore } from '../../tests/support/backend.ts'
import { call, countOf, race, times, values } from '../../tests/support/race.ts'
import { aLogoutNotice, anAuditEntry, at, justBefore, NOON } from '../../tests/support/records.ts'
import type { ClaimedNotice, LogoutNotice } from './logout-notice-store.ts'

const LEASE_END = at(30)

export function describeLogoutNoticeStore(backend: Backend): void {
  describe(`${backend.name}: logout notices`, () => {
    const opened = freshStore(backend)
    describeClaiming(opened)
    describeOutcomes(opened)
    describeFollowing(opened)
  })
}

function toEach(count: number): LogoutNotice[] {
  return Array.from({ length: count }, (_, index) => aLogoutNotice({ clientId: `client-${index}` }))
}

const idsOf = (notices: readonly Pick<LogoutNotice, 'id'>[]) => notices.map(({ id }) => id).sort()

function describeClaiming(opened: FreshStore): void {
  it('gives out what went in, and counts the claim', async () => {
    const { storage, second } = opened()
    const notice = aLogoutNotice()
    expect(await storage.logoutNotices.queue([notice])).toBe(1)
    expect(await second.logoutNotices.claim('one', NOON, LEASE_END, 10)).toEqual([{ ...notice, attempts: 1 }])
  })

  it('queues a notice once, also when it has been told', async () => {
    const { storage, second } = opened()
    const notice = aLogoutNotice()
    expect(await storage.logoutNotices.queue([notice, notice])).toBe(1)
    expect(await second.logoutNotices.queue([{ ...notice, queuedAt: at(5) }, aLogoutNotice()])).toBe(1)
    await storage.logoutNotices.claim('one', NOON, LEASE_END, 1)
    await storage.logoutNotices.settle(notice.id, 'one', 'told', NOON, [])
    expect(await storage.logoutNotices.queue([notice])).toBe(0)
    expect(await storage.logoutNotices.countWaiting()).toBe(1)
  })

  it('gives out one of each client, and none of a client of which one is held', async () => {
    const { storage, second } = opened()
    const [first, next, other] = [
      aLogoutNotice(),
      aLogoutNotice({ queuedAt: at(1) }),
      aLogoutNotice({ clientId: 'bank' }),
    ]
    await storage.logoutNotices.queue([next, first])
    expect(idsOf(await storage.logoutNotices.claim('one', at(1), LEASE_END, 10))).toEqual([first.id])
    expect(await second.logoutNotices.claim('other', at(1), LEASE_END, 10)).toEqual([])
    await storage.logoutNotices.queue([other])
    expect(idsOf(await second.logoutNotices.claim('other', at(1), LEASE_END, 10))).toEqual([other.id])
    await storage.logoutNotices.settle(first.id, 'one', 'told', at(2), [])
    expect(idsOf(await second.logoutNotices.claim('other', at(2), LEASE_END, 10))).toEqual([next.id])
  })

  it('gives out no more than was asked for, those that wait longest first', async () => {
    const { storage } = opened()
    const waiting = toEach(4).map((notice, index) => ({ ...notice, queuedAt: at(-index) }))
    await storage.logoutNotices.queue(waiting)
    const claimed = await storage.logoutNotices.claim('one', NOON, LEASE_END, 2)
    expect(idsOf(claimed)).toEqual(idsOf(waiting.slice(2)))
  })

  it('gives a held notice to nobody until the lease ends, at that moment to the next', async () => {
    const { storage, second } = opened()
    const notice = aLogoutNotice()
    await storage.logoutNotices.queue([notice])
    await storage.logoutNotices.claim('one', NOON, LEASE_END, 10)
    expect(await second.logoutNotices.claim('other', justBefore(LEASE_END), at(60), 10)).toEqual([])
    expect(await second.logoutNotices.claim('other', LEASE_END, at(60), 10)).toEqual([
      { ...notice, attempts: 2 },
    ])
    expect(await storage.logoutNotices.settle(notice.id, 'one', 'told', LEASE_END, [])).toBe(false)
    expect(await storage.logoutNotices.release(notice.id, 'one', LEASE_END)).toBe(false)
  })

  it('gives out expired ones too, to be given up', async () => {
    const { storage } = opened()
    const notice = aLogoutNotice()
    await storage.logoutNotices.queue([notice])
    expect(await storage.logoutNotices.claim('one', notice.expiresAt, at(99_999), 10)).toHaveLength(1)
  })

  it('gives each notice to one of many, over two processes', async () => {
    const { settings, storage } = opened()
    const waiting = toEach(12)
    await storage.logoutNotices.queue(waiting)
    const claims = (holder: string) => times(8, call('logoutNotices', 'claim', holder, NOON, LEASE_END, 3))
    const claimed = values(await race(settings, claims('one'), claims('other'))) as ClaimedNotice[][]
    expect(idsOf(claimed.flat())).toEqual(idsOf(waiting))
  })

  it('holds one of a client at a time, over two processes', async () => {
    const { settings, storage } = opened()
    await storage.logoutNotices.queue(Array.from({ length: 12 }, () => aLogoutNotice()))
    const claims = (holder: string) => times(8, call('logoutNotices', 'claim', holder, NOON, LEASE_END, 3))
    const claimed = values(await race(settings, claims('one'), claims('other'))) as ClaimedNotice[][]
    expect(claimed.flat()).toHaveLength(1)
  })
}

function describeOutcomes(opened: FreshStore): void {
  it('ends a notice once, together with its record', async () => {
    const { storage, second } = opened()
    const [notice, entry] = [aLogoutNotice(), anAuditEntry()]
    await storage.logoutNotices.queue([notice])
    await storage.logoutNotices.claim('one', NOON, LEASE_END, 1)
    expect(await second.logoutNotices.settle(notice.id, 'one', 'given-up', NOON, [entry])).toBe(true)
    expect(await storage.logoutNotices.settle(notice.id, 'one', 'told', NOON, [anAuditEntry()])).toBe(false)
    expect(await storage.audit.listUnsealed(10)).toEqual([entry])
    expect(await storage.logoutNotices.countWaiting()).toBe(0)
    expect(await storage.logoutNotices.claim('one', LEASE_END, at(60), 1)).toEqual([])
  })

  it('puts a notice back, due again at the moment that was said', async () => {
    const { storage, second } = opened()
    const notice = aLogoutNotice()
    await storage.logoutNotices.queue([notice])
    await storage.logoutNotices.claim('one', NOON, LEASE_END, 1)
    expect(await storage.logoutNotices.release(notice.id, 'other', at(9))).toBe(false)
    expect(await storage.logoutNotices.release(notice.id, 'one', at(10))).toBe(true)
    expect(await second.logoutNotices.claim('other', justBefore(at(10)), at(60), 1)).toEqual([])
    expect(await second.logoutNotices.claim('other', at(10), at(60), 1)).toHaveLength(1)
  })

  it('tidies away what was settled long ago, some at a time, and nothing that waits', async () => {
    const { storage } = opened()
    const notices = toEach(3)
    await storage.logoutNotices.queue([...notices, aLogoutNotice({ clientId: 'waits' })])
    await storage.logoutNotices.claim('one', NOON, LEASE_END, 10)
    for (const { id } of notices) await storage.logoutNotices.settle(id, 'one', 'told', at(10), [])
    expect(await storage.logoutNotices.tidy(at(10), 10)).toBe(0)
    expect(await storage.logoutNotices.tidy(at(11), 2)).toBe(2)
    expect(await storage.logoutNotices.tidy(at(99_999), 2)).toBe(1)
    expect(await storage.logoutNotices.countWaiting()).toBe(1)
  })
}

function describeFollowing(opened: FreshStore): void {
  it('remembers how far the log of what has died is followed up', async () => {
    const { storage, second } = opened()
    expect(await storage.logoutNotices.followedTo()).toBe(0)
    expect(await storage.logoutNotices.follow(0, 7)).toBe(true)
    expect(await second.logoutNotices.followedTo()).toBe(7)
    expect(await second.logoutNotices.follow(0, 9)).toBe(false)
    expect(await second.logoutNotices.follow(7, 9)).toBe(true)
    expect(await storage.logoutNotices.followedTo()).toBe(9)
  })

  it('lets one of many move on, over two processes', async () => {
    const { settings } = opened()
    const moves = times(10, call('logoutNotices', 'follow', 0, 1))
    expect(countOf(true, await race(settings, moves, moves))).toBe(1)
  })
}
