import { afterEach, describe, expect, it } from '@jest/globals'
import { movingClock } from '../../tests/support/moving-clock.ts'
import { NOON } from '../../tests/support/records.ts'
import { temporaryStorage } from '../../tests/support/temporary-storage.ts'
import { createAudit } from '../domain/audit/index.ts'
import {
  createContactHash,
  createFailover,
  createMessages,
  type OutgoingMessage,
  type Sender,
  type SendOutcome,
} from '../domain/delivery/index.ts'
import { addSeconds } from '../lib/clock.ts'
import { systemRandom } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Storage } from '../storage/index.ts'
import { createMessageQueue, type MessageQueue } from './message-queue.ts'

const KEY = { id: 'k1', key: new Uint8Array(32).fill(7) }
const FAILING: SendOutcome = {
  kind: 'try-elsewhere',
  reason: '503',
  certain: true,
  blames: 'provider',
  retryAfterSeconds: null,
}
const UNSURE: SendOutcome = { ...FAILING, certain: false, reason: 'time' }
const silent = { info() {}, warn() {}, error() {}, debug() {} } as unknown as Log

const clock = movingClock(NOON)
const store = temporaryStorage(clock)
const messages = createMessages({ keys: [KEY], clock, random: systemRandom })
const contactHash = createContactHash(KEY.key)
const queues: MessageQueue[] = []

afterEach(async () => {
  for (const queue of queues.splice(0)) await queue.stop()
})

/** A provider that answers as it is told, and keeps what it was asked for. */
function aProvider(name = 'twilio', repeatable = false) {
  const asked: OutgoingMessage[] = []
  const provider = {
    asked,
    answer: async (_message: OutgoingMessage): Promise<SendOutcome> => ({ kind: 'handed-over' }),
  }
  const sender: Sender = {
    name,
    repeatable,
    close() {},
    send(message) {
      asked.push(message)
      return provider.answer(message)
    },
  }
  return { provider, sender }
}

/** The worker of one process; it looks when it is told. */
function aQueue(storage: Storage, senders: readonly Sender[], holder = 'one'): MessageQueue {
  const queue = createMessageQueue({
    messages,
    store: storage.messages,
    failover: createFailover({
      senders: { sms: senders, email: senders },
      clock,
      random: systemRandom,
      pause: async () => {},
      onOutcome() {},
      failures: 5,
      openSeconds: 15,
    }),
    contactHash,
    render: ({ model }) => ({ subject: null, text: String(model['text']), html: null }),
    audit: createAudit({ store: storage.audit, keys: [KEY], clock, random: systemRandom }),
    clock,
    random: systemRandom,
    log: silent,
    holder,
    lookEveryMs: 3_600_000,
  })
  queues.push(queue)
  return queue
}

function aText(text: string, lifetimeSeconds = 300) {
  return messages.compose({
    channel: 'sms',
    to: '+14155550100',
    template: 'code',
    language: 'en',
    model: { text },
    expiresAt: addSeconds(clock.now(), lifetimeSeconds),
    challengeId: `chl_${text}`,
  })
}

const texts = (asked: readonly OutgoingMessage[]) => asked.map(({ text }) => text)

describe('the queue of messages', () => {
  it('hands over what waits, as it was queued, and keeps nothing of it', async () => {
    const storage = store.storage()
    const { provider, sender } = aProvider()
    await storage.messages.insert([aText('a')])
    clock.advance(1)
    await storage.messages.insert([aText('b')])
    expect(await aQueue(storage, [sender]).runOnce()).toBe(2)
    expect(texts(provider.asked)).toEqual(['a', 'b'])
    expect(await storage.messages.countWaiting(clock.now())).toBe(0)
    expect(await storage.messages.findOutcome('chl_a')).toBe('sent')
  })

  it('takes on what a dead process held, without those it may have sent', async () => {
    const storage = store.storage()
    const { provider: before, sender: first } = aProvider()
    const died = Promise.withResolvers<SendOutcome>()
    before.answer = () => died.promise
    await storage.messages.insert([aText('a')])
    const dead = aQueue(storage, [first], 'dead').runOnce()
    while (before.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))

    clock.advance(29)
    const { provider: same, sender: again } = aProvider()
    const { provider: other, sender: second } = aProvider('other')
    const heir = aQueue(await store.openAgain(), [again, second], 'heir')
    expect(await heir.runOnce()).toBe(0)
    clock.advance(2)
    expect(await heir.runOnce()).toBe(1)
    expect([same.asked.length, texts(other.asked)]).toEqual([0, ['a']])
    died.resolve({ kind: 'handed-over' })
    await dead
    expect(await storage.messages.findOutcome('chl_a')).toBe('sent')
  })

  it('gives up what its only provider may have, and tells nobody that the number is bad', async () => {
    const storage = store.storage()
    const { provider, sender } = aProvider()
    provider.answer = async () => UNSURE
    await storage.messages.insert([aText('a')])
    const queue = aQueue(storage, [sender])
    await queue.runOnce()
    clock.advance(60)
    expect(await queue.runOnce()).toBe(0)
    expect(provider.asked).toHaveLength(1)
    expect(await storage.messages.findOutcome('chl_a')).toBeNull()
    expect(await storage.messages.undeliverableSince(contactHash('sms', '+14155550100'))).toBeNull()
  })

  it('marks a number that takes none, with a record', async () => {
    const storage = store.storage()
    const { provider, sender } = aProvider()
    provider.answer = async () => ({ kind: 'never', reason: 'landline' })
    await storage.messages.insert([aText('a')])
    await aQueue(storage, [sender]).runOnce()
    expect(await storage.messages.findOutcome('chl_a')).toBe('undeliverable')
    expect(await storage.messages.undeliverableSince(contactHash('sms', '+14155550100'))).toEqual(clock.now())
    expect(await storage.audit.listUnsealed(10)).toHaveLength(1)
  })

  it('does not let one that cannot be read hold up the others', async () => {
    const storage = store.storage()
    const { provider, sender } = aProvider()
    await storage.messages.insert([aText('a'), { ...aText('b'), content: new Uint8Array(40) }])
    await aQueue(storage, [sender]).runOnce()
    expect(texts(provider.asked)).toEqual(['a'])
    expect(await storage.messages.countWaiting(clock.now())).toBe(1)
  })

  it('with a slow provider goes on with the other channel, and has few with it at once', async () => {
    const storage = store.storage()
    const { provider, sender } = aProvider()
    const release = Promise.withResolvers<SendOutcome>()
    provider.answer = ({ channel }) =>
      channel === 'sms' ? release.promise : Promise.resolve({ kind: 'handed-over' })
    await storage.messages.insert(Array.from({ length: 40 }, (_, index) => aText(`${index}`)))
    const queue = aQueue(storage, [sender])
    const slow = queue.runOnce()
    while (provider.asked.length < 16) await new Promise((resolve) => setTimeout(resolve, 5))
    await storage.messages.insert([{ ...aText('mail'), channel: 'email' }])
    expect(await queue.runOnce()).toBe(1)
    expect(texts(provider.asked).at(-1)).toBe('mail')
    expect(provider.asked).toHaveLength(17)
    release.resolve({ kind: 'handed-over' })
    await slow
  })
})

describe('10 000 messages while a provider is down', () => {
  it('stay in the store, not in memory; then the newest go first and the expired never', async () => {
    const storage = store.storage()
    const { provider, sender } = aProvider()
    provider.answer = async () => FAILING
    const queue = aQueue(storage, [sender])
    const many = Array.from({ length: 10_000 }, (_, index) => aText(`${index}`, index < 5000 ? 60 : 300))
    await storage.messages.insert(many)

    for (let look = 0; look < 50; look++) await queue.runOnce()
    const askedWhileDown = provider.asked.length
    // Five failures open the breaker; those 16 that were taken with them are all that it was asked for.
    expect(askedWhileDown).toBeLessThanOrEqual(32)
    clock.advance(10)
    expect(await queue.runOnce()).toBe(0)
    expect(provider.asked).toHaveLength(askedWhileDown)

    clock.advance(60)
    provider.answer = async () => ({ kind: 'handed-over' })
    expect(await queue.runOnce()).toBe(1)
    expect(texts(provider.asked).at(-1)).toBe('9999')
    let taken = 1
    for (let now = 1; now > 0; taken += now) now = await queue.runOnce()
    expect(taken).toBe(5000)
    const after = texts(provider.asked.slice(askedWhileDown)).map(Number)
    expect(Math.min(...after)).toBe(5000)
    const first = after.slice(0, 17).sort((a, b) => b - a)
    expect(first).toEqual(Array.from({ length: 17 }, (_, index) => 9999 - index))
    expect(new Set(after).size).toBe(5000)
  }, 60_000)
})
