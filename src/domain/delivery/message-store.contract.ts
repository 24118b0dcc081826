import { describe, expect, it } from '@jest/globals'
import { type Backend, type FreshStore, freshStore } from '../../../tests/support/backend.ts'
import { call, race, values } from '../../../tests/support/race.ts'
import { aMessage, anAuditEntry, at, bytes, justBefore, NOON } from '../../../tests/support/records.ts'
import type { ClaimedMessage, Failed, Report, Sent, Wanted } from './message-store.ts'

const LEASE_END = at(30)
const CONTACT = bytes('hash of a contact')

const each = (limit: number): Wanted => ({ sms: limit, email: limit })
const sentAt = (when: Date): Sent => ({ at: when, provider: 'twilio', contactHash: CONTACT })
const failedAt = (when: Date, reason: string): Failed => ({ at: when, reason, undeliverable: null })

export function describeMessageStore(backend: Backend): void {
  describe(`${backend.name}: messages`, () => {
    const opened = freshStore(backend)
    describeClaiming(opened)
    describeOutcomes(opened)
    describeUnsure(opened)
    describeReports(opened)
    describeTidying(opened)
  })
}

function describeClaiming(opened: FreshStore): void {
  it('gives out what went in, as it was queued, and counts the claim', async () => {
    const { storage, second } = opened()
    const older = aMessage({ queuedAt: at(-1), challengeId: 'chl_1', content: new Uint8Array([0, 255]) })
    const newer = aMessage({ channel: 'email' })
    await storage.messages.insert([newer, older])
    const claimed = await second.messages.claim('one', NOON, LEASE_END, each(10))
    expect(claimed).toEqual([
      { ...older, attempts: 1, unsure: [] },
      { ...newer, attempts: 1, unsure: [] },
    ])
  })

  it('gives out no more than was asked for, and of one moment the one queued last first', async () => {
    const { storage } = opened()
    const [first, next] = [aMessage(), aMessage()]
    await storage.messages.insert([first])
    await storage.messages.insert([next])
    expect(await storage.messages.claim('one', NOON, LEASE_END, each(1))).toEqual([
      { ...next, attempts: 1, unsure: [] },
    ])
    expect(await storage.messages.claim('one', NOON, LEASE_END, each(1))).toEqual([
      { ...first, attempts: 1, unsure: [] },
    ])
    expect(await storage.messages.claim('one', NOON, LEASE_END, each(1))).toEqual([])
  })

  it('gives a held message to nobody until the lease ends, at that moment to the next', async () => {
    const { storage, second } = opened()
    const message = aMessage()
    await storage.messages.insert([message])
    await storage.messages.claim('one', NOON, LEASE_END, each(10))
    expect(await second.messages.claim('other', justBefore(LEASE_END), at(60), each(10))).toEqual([])
    expect(await second.messages.claim('other', LEASE_END, at(60), each(10))).toEqual([
      { ...message, attempts: 2, unsure: [] },
    ])
  })

  it('gives out a message that is held longer than anybody holds one: a clock was put back since', async () => {
    const { storage, second } = opened()
    await storage.messages.insert([aMessage({ expiresAt: at(86_400) })])
    expect(await storage.messages.claim('dead', at(7200), at(7230), each(1))).toHaveLength(1)
    expect(await second.messages.claim('next', at(6600), at(6630), each(1))).toEqual([])
    expect(await second.messages.claim('next', NOON, at(30), each(1))).toHaveLength(1)
    expect(await storage.messages.claim('other', at(1), at(31), each(1))).toEqual([])
  })

  it('gives out no message at the end of its life', async () => {
    const { storage } = opened()
    const message = aMessage()
    await storage.messages.insert([message])
    expect(await storage.messages.countWaiting(justBefore(message.expiresAt))).toBe(1)
    expect(await storage.messages.countWaiting(message.expiresAt)).toBe(0)
    expect(await storage.messages.claim('one', message.expiresAt, at(999), each(10))).toEqual([])
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
      call('messages', 'claim', `holder ${index}`, NOON, LEASE_END, each(3)),
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
    await storage.messages.claim('one', NOON, LEASE_END, each(10))
    expect(await storage.messages.countWaiting(NOON)).toBe(2)
    expect(await second.messages.markSent(sent.id, 'one', sentAt(at(1)))).toBe(true)
    expect(await second.messages.markFailed(failed.id, 'one', failedAt(at(1), 'no such number'))).toBe(true)
    expect(await storage.messages.countWaiting(NOON)).toBe(0)
    expect(await storage.messages.claim('other', LEASE_END, at(60), each(10))).toEqual([])
    expect(await storage.messages.markSent(sent.id, 'one', sentAt(at(2)))).toBe(false)
    expect(await storage.messages.markFailed(sent.id, 'one', failedAt(at(2), 'late'))).toBe(false)
    expect(await storage.messages.release(failed.id, 'one', at(2), [])).toBe(false)
  })

  it('listens to nobody but the holder', async () => {
    const { storage } = opened()
    const message = aMessage()
    await storage.messages.insert([message])
    const { messages } = storage
    expect(await messages.markSent(message.id, 'one', sentAt(NOON))).toBe(false)
    await messages.claim('one', NOON, LEASE_END, each(10))
    await messages.claim('other', LEASE_END, at(60), each(10))
    expect(await messages.markSent(message.id, 'one', sentAt(at(31)))).toBe(false)
    expect(await messages.markFailed(message.id, 'one', failedAt(at(31), 'late'))).toBe(false)
    expect(await messages.release(message.id, 'one', at(31), [])).toBe(false)
    expect(await messages.markSent('msg_unknown', 'one', sentAt(at(31)))).toBe(false)
    expect(await messages.markSent(message.id, 'other', sentAt(at(31)))).toBe(true)
  })

  it('believes a holder who was slow, as long as nobody else has claimed the message', async () => {
    const { storage } = opened()
    const message = aMessage()
    await storage.messages.insert([message])
    await storage.messages.claim('one', NOON, LEASE_END, each(10))
    expect(await storage.messages.markSent(message.id, 'one', sentAt(at(45)))).toBe(true)
  })

  it('gives a released message out again from the given moment on', async () => {
    const { storage, second } = opened()
    const message = aMessage()
    await storage.messages.insert([message])
    await storage.messages.claim('one', NOON, LEASE_END, each(10))
    expect(await storage.messages.release(message.id, 'one', at(5), [])).toBe(true)
    expect(await storage.messages.release(message.id, 'one', at(5), [])).toBe(false)
    expect(await second.messages.claim('other', justBefore(at(5)), at(60), each(10))).toEqual([])
    expect(await second.messages.claim('other', at(5), at(60), each(10))).toEqual([
      { ...message, attempts: 2, unsure: [] },
    ])
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
    await storage.messages.claim('one', NOON, LEASE_END, each(10))
    await storage.messages.markSent(sent.id, 'one', sentAt(at(10)))
    await storage.messages.markFailed(failed.id, 'one', failedAt(at(20), 'gone'))
    await storage.messages.insert([swept])
    await storage.messages.claim('one', at(10), LEASE_END, each(10))
    await storage.messages.insert([expired, waiting])
    expect(await storage.messages.tidy(at(10), 10)).toBe(0)
    expect(await storage.messages.tidy(at(20), 10)).toBe(2)
    expect(await storage.messages.tidy(at(21), 1)).toBe(1)
    expect(await storage.messages.tidy(at(21), 1)).toBe(1)
    expect(await storage.messages.tidy(at(21), 1)).toBe(0)
    expect(await storage.messages.countWaiting(NOON)).toBe(1)
  })
}

function describeUnsure(opened: FreshStore): void {
  it('takes of each channel what is wanted of it', async () => {
    const { storage } = opened()
    const [sms, email] = [aMessage(), aMessage({ channel: 'email' })]
    await storage.messages.insert([sms, aMessage(), email])
    expect(await storage.messages.claim('one', NOON, LEASE_END, {})).toEqual([])
    const mail = await storage.messages.claim('one', NOON, LEASE_END, { email: 5 })
    expect(mail.map(({ id }) => id)).toEqual([email.id])
    expect(await storage.messages.claim('one', NOON, LEASE_END, { sms: 1 })).toHaveLength(1)
  })

  it('tells the next holder which providers may have it', async () => {
    const { storage, second } = opened()
    const message = aMessage()
    await storage.messages.insert([message])
    expect(await storage.messages.noteUnsure(message.id, 'one', ['twilio'])).toBe(false)
    await storage.messages.claim('one', NOON, LEASE_END, each(1))
    expect(await storage.messages.noteUnsure(message.id, 'other', ['twilio'])).toBe(false)
    expect(await storage.messages.noteUnsure(message.id, 'one', ['twilio', 'smtp'])).toBe(true)
    const [taken] = await second.messages.claim('other', LEASE_END, at(60), each(1))
    expect(taken?.unsure).toEqual(['twilio', 'smtp'])
    expect(await storage.messages.noteUnsure(message.id, 'one', [])).toBe(false)
    await second.messages.release(message.id, 'other', at(40), ['smtp'])
    const [again] = await storage.messages.claim('one', at(40), at(70), each(1))
    expect(again?.unsure).toEqual(['smtp'])
  })
}

function describeReports(opened: FreshStore): void {
  const report = (messageId: string, outcome: Report['outcome'], change: Partial<Report> = {}): Report => ({
    messageId,
    provider: 'twilio',
    outcome,
    at: at(5),
    ...change,
  })

  async function aSentMessage(): Promise<string> {
    const { storage } = opened()
    const message = aMessage({ challengeId: 'chl_1' })
    await storage.messages.insert([message])
    expect(await storage.messages.findOutcome('chl_1')).toBe('waiting')
    await storage.messages.claim('one', NOON, LEASE_END, each(1))
    await storage.messages.markSent(message.id, 'one', sentAt(at(1)))
    expect(await storage.messages.findOutcome('chl_1')).toBe('sent')
    return message.id
  }

  const records = async () => (await opened().storage.audit.listUnsealed(10)).length

  it('marks the contact of a message that failed, once, with the record', async () => {
    const { storage, second } = opened()
    const id = await aSentMessage()
    const calls = [storage, second, storage, second].map(({ messages }) =>
      messages.report(report(id, 'failed'), [anAuditEntry()]),
    )
    expect((await Promise.all(calls)).sort()).toEqual(['news', 'no-news', 'no-news', 'no-news'])
    expect(await storage.messages.undeliverableSince(CONTACT)).toEqual(at(5))
    expect(await storage.messages.findOutcome('chl_1')).toBe('undeliverable')
    expect(await records()).toBe(1)
    expect(await storage.messages.report(report(id, 'delivered'), [])).toBe('no-news')
    expect(await storage.messages.undeliverableSince(CONTACT)).toEqual(at(5))
  })

  it('takes the mark away when a later message arrived, and believes a bounce after that', async () => {
    const { storage } = opened()
    await storage.messages.report(report(await aSentMessage(), 'failed'), [])
    const later = await aSentMessage()
    expect(await storage.messages.report(report(later, 'delivered'), [anAuditEntry()])).toBe('news')
    expect(await storage.messages.report(report(later, 'delivered'), [])).toBe('no-news')
    expect(await storage.messages.undeliverableSince(CONTACT)).toBeNull()
    expect(await records()).toBe(0)
    expect(await storage.messages.report(report(later, 'failed'), [])).toBe('news')
    expect(await storage.messages.undeliverableSince(CONTACT)).toEqual(at(5))
  })

  it('hears of a message from nobody but the provider that was handed it', async () => {
    const { storage } = opened()
    const waiting = aMessage()
    const id = await aSentMessage()
    await storage.messages.insert([waiting])
    const wrong = [
      report(id, 'failed', { provider: 'resend' }),
      report(waiting.id, 'failed'),
      report('msg_unknown', 'failed'),
    ]
    for (const one of wrong) expect(await storage.messages.report(one, [anAuditEntry()])).toBe('no-news')
    expect(await storage.messages.undeliverableSince(CONTACT)).toBeNull()
    expect(await records()).toBe(0)
  })

  it('says so when a report is faster than the note of the holder', async () => {
    const { storage } = opened()
    const message = aMessage()
    await storage.messages.insert([message])
    await storage.messages.claim('one', NOON, LEASE_END, each(1))
    expect(await storage.messages.report(report(message.id, 'failed'), [anAuditEntry()])).toBe('early')
    expect(await records()).toBe(0)
    await storage.messages.markSent(message.id, 'one', sentAt(at(1)))
    expect(await storage.messages.report(report(message.id, 'failed'), [])).toBe('news')
  })

  it('marks the contact of a message that nobody takes, with the record, if it was the holder who says so', async () => {
    const { storage } = opened()
    const message = aMessage({ challengeId: 'chl_2' })
    await storage.messages.insert([message])
    const undeliverable = { contactHash: CONTACT, audit: [anAuditEntry()] }
    const nobody = { ...failedAt(at(2), 'landline'), undeliverable }
    expect(await storage.messages.markFailed(message.id, 'one', nobody)).toBe(false)
    expect(await storage.messages.undeliverableSince(CONTACT)).toBeNull()
    await storage.messages.claim('one', NOON, LEASE_END, each(1))
    expect(await storage.messages.markFailed(message.id, 'one', nobody)).toBe(true)
    expect(await storage.messages.undeliverableSince(CONTACT)).toEqual(at(2))
    expect(await storage.messages.findOutcome('chl_2')).toBe('undeliverable')
    expect(await storage.messages.findOutcome('chl_unknown')).toBeNull()
    expect(await records()).toBe(1)
  })

  it('forgets a mark after 90 days', async () => {
    const { storage } = opened()
    await storage.messages.report(report(await aSentMessage(), 'failed'), [])
    const days = (count: number) => at(5 + count * 86_400)
    await storage.messages.tidy(days(90), 10)
    expect(await storage.messages.undeliverableSince(CONTACT)).toEqual(at(5))
    await storage.messages.tidy(days(91), 10)
    expect(await storage.messages.undeliverableSince(CONTACT)).toBeNull()
  })
}
