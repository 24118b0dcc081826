import { afterEach, describe, expect, it } from '@jest/globals'
import { eventually } from '../../tests/support/eventually.ts'
import { movingClock } from '../../tests/support/moving-clock.ts'
import { aLogoutNotice, anAuditEntry } from '../../tests/support/records.ts'
import { temporaryStorage } from '../../tests/support/temporary-storage.ts'
import type { AuditEvent } from '../domain/audit/index.ts'
import { addSeconds } from '../lib/clock.ts'
import { systemRandom } from '../lib/ids.ts'
import type { PostForm } from '../lib/post-form.ts'
import type { LogoutNotice } from '../oidc/index.ts'
import { createLogoutQueue, type LogoutQueue } from './logout-queue.ts'

const DAY_SECONDS = 86_400
const clock = movingClock(new Date('2026-08-09T10:40:12.480Z'))
let queues: LogoutQueue[] = []
/** Whom something was posted to, in order. */
let posts: string[] = []
let records: AuditEvent[] = []
let answers: Record<string, number | 'hang'> = {}

// Registered before the store is, so it runs before the store is closed.
afterEach(async () => {
  await Promise.all(queues.map((queue) => queue.stop()))
  queues = []
  posts = []
  records = []
  answers = {}
})
const { storage } = temporaryStorage(clock)

const post: PostForm = (url, _form, signal) => {
  posts.push(url)
  const answer = answers[url] ?? 200
  if (answer !== 'hang') return Promise.resolve(answer)
  return new Promise((_resolve, reject) => {
    const breakOff = () => reject(Object.assign(new Error('broken off'), { code: 'ABORT_ERR' }))
    if (signal.aborted) breakOff()
    signal.addEventListener('abort', breakOff)
  })
}

function start(holder = 'one'): LogoutQueue {
  const queue = createLogoutQueue({
    store: storage().logoutNotices,
    notices: {
      compose: async ({ clientId }) =>
        clientId === 'gone' ? null : { url: clientId, form: { logout_token: 'a.b.c' } },
    },
    post,
    audit: {
      async entry(event) {
        records.push(event)
        return anAuditEntry({ event: event.event })
      },
    },
    clock,
    random: systemRandom,
    log: { warn: () => {}, error: (fields) => void posts.push(`error ${JSON.stringify(fields)}`) },
    holder,
  })
  queues.push(queue)
  return queue
}

function queued(clientId: string, count = 1): Promise<number> {
  const notices: LogoutNotice[] = Array.from({ length: count }, () =>
    aLogoutNotice({ clientId, queuedAt: clock.now(), expiresAt: addSeconds(clock.now(), DAY_SECONDS) }),
  )
  return storage().logoutNotices.queue(notices)
}

const waiting = () => storage().logoutNotices.countWaiting()
const postsTo = (url: string) => posts.filter((one) => one === url).length
/** One look, until nothing of it is under way. */
async function look(queue: LogoutQueue, done: () => boolean | Promise<boolean>, what: string): Promise<void> {
  queue.wake()
  await eventually(what, done)
}

describe('the logout queue', () => {
  it('tells each client of each session, and makes a record of it', async () => {
    answers = { bank: 204 }
    await queued('shop', 3)
    await queued('bank')
    await look(start(), async () => (await waiting()) === 0, 'all are told')
    expect([postsTo('shop'), postsTo('bank')]).toEqual([3, 1])
    expect(records).toHaveLength(4)
    expect(records[0]).toMatchObject({
      event: 'logout.told',
      outcome: 'success',
      actor: { kind: 'system' },
      subject: { kind: 'account', id: 'acc_1' },
      details: { session: 'ses_1', attempts: 1 },
    })
    expect(await storage().audit.countUnsealed()).toBe(4)
  })

  it('is held up by no client that hangs, and asks that one nothing more meanwhile', async () => {
    answers = { slow: 'hang', stuck: 'hang' }
    await queued('slow', 40)
    await queued('stuck', 40)
    await queued('shop', 40)
    await look(start(), () => postsTo('shop') === 40, 'the others are told')
    expect([postsTo('slow'), postsTo('stuck')]).toEqual([1, 1])
  })

  it.each([500, 302, 404, 401])('asks again after a while when the answer is %s', async (status) => {
    answers = { shop: status }
    await queued('shop')
    const queue = start()
    await look(queue, () => postsTo('shop') === 1, 'it was tried')
    answers = {}
    await queue.stop()
    clock.advance(2.4)
    const { claim } = storage().logoutNotices
    expect(await claim('too-early', clock.now(), clock.now(), 1)).toEqual([])
    clock.advance(2.7)
    await look(start('other'), async () => (await waiting()) === 0, 'it is told')
    expect(records).toMatchObject([{ event: 'logout.told', details: { attempts: 2 } }])
  })

  it('gives up a client that says three times that it cannot', async () => {
    answers = { shop: 400 }
    await queued('shop')
    const queue = start()
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await look(queue, () => postsTo('shop') === attempt, `try ${attempt}`)
      clock.advance(30)
    }
    await eventually('it is given up', async () => (await waiting()) === 0)
    expect(records).toMatchObject([
      { event: 'logout.given-up', outcome: 'failure', reason: 'status-400', details: { attempts: 3 } },
    ])
  })

  it('goes on with growing pauses, and gives up after a day', async () => {
    answers = { shop: 503 }
    await queued('shop')
    const queue = start()
    let hours = 0
    for (; (await waiting()) === 1 && hours < 30; hours += 1) {
      const before = posts.length
      await look(queue, async () => posts.length > before || (await waiting()) === 0, 'a try')
      clock.advance(3600)
    }
    await eventually('it is given up', () => records.length === 1)
    expect(hours).toBeGreaterThanOrEqual(23)
    expect(hours).toBeLessThanOrEqual(25)
    expect(records).toMatchObject([{ event: 'logout.given-up', outcome: 'failure' }])
  })

  it('says so when a notice expired while nobody could send it', async () => {
    await queued('shop')
    clock.advance(DAY_SECONDS)
    await look(start(), async () => (await waiting()) === 0, 'it is given up')
    expect(posts).toEqual([])
    expect(records).toMatchObject([{ event: 'logout.given-up', reason: 'expired' }])
  })

  it('gives up a client that is not to be told any more', async () => {
    await queued('gone')
    await look(start(), async () => (await waiting()) === 0, 'it is given up')
    expect(records).toMatchObject([{ event: 'logout.given-up', reason: 'not-registered' }])
  })

  it('breaks off at its stop, and lets another process go on at once', async () => {
    answers = { shop: 'hang' }
    await queued('shop')
    const queue = start()
    await look(queue, () => postsTo('shop') === 1, 'it hangs')
    await queue.stop()
    answers = {}
    await look(start('other'), async () => (await waiting()) === 0, 'the other tells it')
    expect(records).toMatchObject([{ event: 'logout.told' }])
  })

  it('takes over what a process held that died', async () => {
    await queued('shop')
    await storage().logoutNotices.claim('dead', clock.now(), addSeconds(clock.now(), 30), 10)
    clock.advance(30)
    await look(start(), async () => (await waiting()) === 0, 'it is told')
    expect(postsTo('shop')).toBe(1)
  })
})
