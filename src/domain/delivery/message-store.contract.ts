import { describe, expect, it } from '@jest/globals'
import { type Backend, type FreshStore, freshStore } from '../../../tests/support/backend.ts'
import { call, race, values } from '../../../tests/support/race.ts'
import { aMessage, at, justBefore, NOON } from '../../../tests/support/records.ts'
import type { ClaimedMessage } from './message-store.ts'

const LEASE_END = at(30)

export function describeMessageStore(backend: Backend): void {
  describe(`${backend.name}: messages`, () => {
    const opened = freshStore(backend)
    describeClaiming(opened)
    describeOutcomes(opened)
    describeTidying(opened)
  })
}

function describeClaiming(opened: FreshStore): void {
  it('gives out what went in, newest first, and counts the claim', async () => {
    const { storage, second } = opened()
    const older = aMessage({ queuedAt: at(-1), challengeId: 'chl_1', content: new Uint8Array([0, 255]) })
    const newer = aMessage({ channel: 'email' })
    await storage.messages.insert([newer, older])
    const claimed = await second.messages.claim('one', NOON, LEASE_END, 10)
    expect(claimed).toEqual([
      { ...newer, attempts: 1 },
      { ...older, attempts: 1 },
    ])
  })

  it('gives out no more than was asked for, and of one moment the one queued last first', async () => {
    const { storage } = opened()
    const [first, next] = [aMessage(), aMessage()]
    await storage.messages.insert([first])
    await storage.messages.insert([next])
    expect(await storage.messages.claim('one', NOON, LEASE_END, 1)).toEqual([{ ...next, attempts: 1 }])
    expect(await storage.messages.claim('one', NOON, LEASE_END, 1)).toEqual([{ ...first, attempts: 1 }])
    expect(await storage.messages.claim('one', NOON, LEASE_END, 1)).toEqual([])
  })

  it('gives a held message to nobody until the lease ends, at that moment to the next', async () => {
    const { storage, second } = opened()
    const message = aMessage()
    await storage.messages.insert([message])
    await storage.messages.claim('one', NOON, LEASE_END, 10)
    expect(await second.messages.claim('other', justBefore(LEASE_END), at(60), 10)).toEqual([])
    expect(await second.messages.claim('other', LEASE_END, at(60), 10)).toEqual([{ ...message, attempts: 2 }])
  })

  it('gives out no message at the end of its life', async () => {
    const { storage } = opened()
    const message = aMessage()
    await storage.messages.insert([message])
    expect(await storage.messages.countWaiting(justBefore(message.expiresAt))).toBe(1)
    expect(await storage.messages.countWaiting(message.expiresAt)).toBe(0)
    expect(await storage.messages.claim('one', message.expiresAt, at(999), 10)).toEqual([])
    expect(await storage.messages.countWaiting(NOON)).toBe(0)
  })

  it('queues all messages of one call or none', async () => {
    const { storage } = opened()
    const message = aMessage()
    await storage.messages.insert([message])
    await expect(storage.messages.insert([aMessage(), message])).rejects.toMatchObject({
      code: 'duplicate_key',
    })
    expect(await storage.messages.countWaiting(NOON)).toBe(1)
  })

  it('gives each message to exactly one of many holders, over two processes', async () => {
    const { settings, storage } = opened()
    const messages = Array.from({ length: 30 }, () => aMessage())
    await storage.messages.insert(messages)
    const calls = Array.from({ length: 20 }, (_, index) =>
      call('messages', 'claim', `holder ${index}`, NOON, LEASE_END, 3),
    )
    const outcomes = values(await race(settings, calls.slice(0, 10), calls.slice(10))) as ClaimedMessage[][]
    const ids = outcomes.flat().map(({ id }) => id)
    expect(ids.sort()).toEqual(messages.map(({ id }) => id).sort())
  })
}

function describeOutcomes(opened: FreshStore): void {
  it('is done with a message that was sent or given up', async () => {
    const { storage, second } = opened()
    const [sent, failed] = [aMessage(), aMessage()]
    await storage.messages.insert([sent, failed])
    await storage.messages.claim('one', NOON, LEASE_END, 10)
    expect(await storage.messages.countWaiting(NOON)).toBe(2)
    expect(await second.messages.markSent(sent.id, 'one', at(1))).toBe(true)
    expect(await second.messages.markFailed(failed.id, 'one', at(1), 'no such number')).toBe(true)
    expect(await storage.messages.countWaiting(NOON)).toBe(0)
    expect(await storage.messages.claim('other', LEASE_END, at(60), 10)).toEqual([])
    expect(await storage.messages.markSent(sent.id, 'one', at(2))).toBe(false)
    expect(await storage.messages.markFailed(sent.id, 'one', at(2), 'late')).toBe(false)
    expect(await storage.messages.release(failed.id, 'one', at(2))).toBe(false)
  })

  it('listens to nobody but the holder', async () => {
    const { storage } = opened()
    const message = aMessage()
    await storage.messages.insert([message])
    const { messages } = storage
    expect(await messages.markSent(message.id, 'one', NOON)).toBe(false)
    await messages.claim('one', NOON, LEASE_END, 10)
    await messages.claim('other', LEASE_END, at(60), 10)
    expect(await messages.markSent(message.id, 'one', at(31))).toBe(false)
    expect(await messages.markFailed(message.id, 'one', at(31), 'late')).toBe(false)
    expect(await messages.release(message.id, 'one', at(31))).toBe(false)
    expect(await messages.markSent('msg_unknown', 'one', at(31))).toBe(false)
    expect(await messages.markSent(message.id, 'other', at(31))).toBe(true)
  })

  it('believes a holder who was slow, as long as nobody else has claimed the message', async () => {
    const { storage } = opened()
    const message = aMessage()
    await storage.messages.insert([message])
    await storage.messages.claim('one', NOON, LEASE_END, 10)
    expect(await storage.messages.markSent(message.id, 'one', at(45))).toBe(true)
  })

  it('gives a released message out again from the given moment on', async () => {
    const { storage, second } = opened()
    const message = aMessage()
    await storage.messages.insert([message])
    await storage.messages.claim('one', NOON, LEASE_END, 10)
    expect(await storage.messages.release(message.id, 'one', at(5))).toBe(true)
    expect(await storage.messages.release(message.id, 'one', at(5))).toBe(false)
    expect(await second.messages.claim('other', justBefore(at(5)), at(60), 10)).toEqual([])
    expect(await second.messages.claim('other', at(5), at(60), 10)).toEqual([{ ...message, attempts: 2 }])
  })
}

function describeTidying(opened: FreshStore): void {
  it('deletes what was sent, failed or expired before a moment, some at a time', async () => {
    const { storage } = opened()
    const [sent, failed, expired, swept, waiting] = [
      aMessage(),
      aMessage(),
      aMessage({ expiresAt: at(20) }),
      aMessage({ expiresAt: at(10) }),
      aMessage(),
    ]
    await storage.messages.insert([sent, failed])
    await storage.messages.claim('one', NOON, LEASE_END, 10)
    await storage.messages.markSent(sent.id, 'one', at(10))
    await storage.messages.markFailed(failed.id, 'one', at(20), 'gone')
    await storage.messages.insert([swept])
    await storage.messages.claim('one', at(10), LEASE_END, 10)
    await storage.messages.insert([expired, waiting])
    expect(await storage.messages.tidy(at(10), 10)).toBe(0)
    expect(await storage.messages.tidy(at(20), 10)).toBe(2)
    expect(await storage.messages.tidy(at(21), 1)).toBe(1)
    expect(await storage.messages.tidy(at(21), 1)).toBe(1)
    expect(await storage.messages.tidy(at(21), 1)).toBe(0)
    expect(await storage.messages.countWaiting(NOON)).toBe(1)
  })
}
