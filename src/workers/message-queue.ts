import type { Audit } from '../domain/audit/index.ts'
import { systemOrigin } from '../domain/audit/index.ts'
import type {
  Channel,
  ClaimedMessage,
  ContactHash,
  Failover,
  MessageContent,
  MessageStore,
  Messages,
  OutgoingMessage,
  Wanted,
} from '../domain/delivery/index.ts'
import { addSeconds, type Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'

/** Words a message; handed in by the composition root, since templates live in views. */
export type RenderMessage = (
  content: MessageContent,
  channel: Channel,
) => {
  subject: string | null
  text: string
  html: string | null
}

export interface MessageQueueParts {
  readonly messages: Messages
  readonly store: MessageStore
  readonly failover: Failover
  readonly contactHash: ContactHash
  readonly render: RenderMessage
  readonly audit: Audit
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Names this process in a claim. */
  readonly holder: string
  /** So often it looks for what others left behind, beside being woken. */
  readonly lookEveryMs: number
}

export interface MessageQueue {
  /** Something was queued: send now instead of at the next look. */
  wake(): void
  /** Sends what can be sent now; answers how many messages it took. */
  runOnce(): Promise<number>
  /** Ends when nothing that it has begun is still on its way to a provider. */
  idle(): Promise<void>
  stop(): Promise<void>
}

/** A node that dies with a message in hand loses it to another after this long: longer than all providers take. */
const LEASE_SECONDS = 30
/** So many messages of one channel are with providers at once; the rest stays in the store, not in memory. */
const SLOTS = 16
const RETRY_SECONDS = 2
/** One that cannot be read here: another node may have the key. */
const UNREADABLE_RETRY_SECONDS = 30
const CHANNELS = ['sms', 'email'] as const

/**
 * The durable queue's worker: the newest before what waited longer, never after a message's life, never in the way of a
 * page.
 */
export function createMessageQueue(parts: MessageQueueParts): MessageQueue {
  const { messages, store, failover, contactHash, render, audit, clock, random, log, holder } = parts
  const busy: Record<Channel, number> = { sms: 0, email: 0 }
  const sending = new Set<Promise<void>>()
  let stopped = false
  let claiming: Promise<void> | null = null
  let wokenAgain = false

  /** What can be sent now: while every provider of a channel is down its messages wait where they are. */
  function wantedNow(): Wanted | null {
    const roomFor = (channel: Channel) => {
      const state = failover.stateOf(channel)
      const slots = state === 'up' ? SLOTS : state === 'probing' ? 1 : 0
      return Math.max(0, slots - busy[channel])
    }
    const wanted = { sms: roomFor('sms'), email: roomFor('email') }
    return wanted.sms + wanted.email === 0 ? null : wanted
  }

  /** Takes as many as there is room for. Answers those taken, and whether more may wait that there is room for. */
  async function claim(): Promise<{ claimed: ClaimedMessage[]; more: boolean }> {
    const wanted = wantedNow()
    if (wanted === null) return { claimed: [], more: false }
    const now = clock.now()
    const claimed = await store.claim(holder, now, addSeconds(now, LEASE_SECONDS), wanted)
    const count = (channel: Channel) => claimed.filter((one) => one.channel === channel).length
    return {
      claimed,
      more: CHANNELS.some((channel) => count(channel) > 0 && count(channel) === wanted[channel]),
    }
  }

  function begin(message: ClaimedMessage, thenWake: boolean): Promise<void> {
    busy[message.channel] += 1
    const sent = send(message)
      .catch((err: unknown) => log.error({ err, messageId: message.id }, 'message queue'))
      .finally(() => {
        busy[message.channel] -= 1
        sending.delete(sent)
        if (thenWake) wake()
      })
    sending.add(sent)
    return sent
  }

  async function send(claimed: ClaimedMessage): Promise<void> {
    const { id, channel } = claimed
    const content = readOrNull(claimed)
    if (content === null) {
      const again = addSeconds(clock.now(), UNREADABLE_RETRY_SECONDS)
      await store.release(id, holder, again, claimed.unsure)
      return
    }
    const { to } = content
    const delivered = await failover.deliver({
      message: wordedAs(claimed, content),
      unsure: claimed.unsure,
      note: (unsure) => store.noteUnsure(id, holder, unsure),
    })
    switch (delivered.kind) {
      case 'handed-over':
        await store.markSent(id, holder, {
          at: clock.now(),
          provider: delivered.provider,
          contactHash: contactHash(channel, to),
        })
        return
      case 'never':
        log.info({ messageId: id, channel, problem: delivered.reason }, 'message cannot be delivered')
        await giveUp(claimed, delivered.reason, contactHash(channel, to))
        return
      case 'unsure':
        log.warn({ messageId: id, channel, problem: delivered.reason }, 'message perhaps not sent')
        await giveUp(claimed, delivered.reason, null)
        return
      case 'later': {
        log.warn({ messageId: id, channel, problem: delivered.reason }, 'message not sent')
        await store.release(id, holder, addSeconds(clock.now(), RETRY_SECONDS), delivered.unsure)
        return
      }
      case 'lost':
        log.warn({ messageId: id, channel }, 'message is held by another process')
    }
  }

  async function giveUp(claimed: ClaimedMessage, reason: string, hash: Uint8Array | null): Promise<void> {
    const { id, challengeId, channel } = claimed
    const undeliverable = hash && {
      contactHash: hash,
      audit: [
        await audit.entry({
          ...systemOrigin('queue', null, random),
          event: 'contact.undeliverable',
          outcome: 'failure',
          reason: 'refused',
          factor: channel,
          details: { messageId: id, challengeId, provider: reason },
        }),
      ],
    }
    await store.markFailed(id, holder, { at: clock.now(), reason, undeliverable })
  }

  function readOrNull(claimed: ClaimedMessage): MessageContent | null {
    try {
      return messages.read(claimed)
    } catch (err) {
      log.error({ err, messageId: claimed.id }, 'a queued message cannot be read')
      return null
    }
  }

  function wordedAs({ id, channel, expiresAt }: ClaimedMessage, content: MessageContent): OutgoingMessage {
    return {
      id,
      channel,
      expiresAt,
      to: content.to,
      template: content.template,
      ...render(content, channel),
      code: textOrNull(content.model['code']),
      reference: textOrNull(content.model['reference']),
    }
  }

  async function claimUntilEmpty(): Promise<void> {
    try {
      do {
        wokenAgain = false
        const { claimed, more } = await claim()
        // Where more wait than there was room for, each one that ends makes room for the next.
        for (const message of claimed) begin(message, more)
      } while (wokenAgain && !stopped)
    } catch (error) {
      log.error({ err: error }, 'message queue')
    }
  }

  function wake(): void {
    if (stopped) return
    wokenAgain = true
    claiming ??= claimUntilEmpty().finally(() => {
      claiming = null
    })
  }

  async function idle(): Promise<void> {
    while (claiming !== null || sending.size > 0) await Promise.all([claiming, ...sending])
  }

  // What a dead process left behind, and what another process queued, is found by looking.
  const timer = setInterval(wake, parts.lookEveryMs)
  timer.unref()

  return {
    wake,
    async runOnce() {
      const { claimed } = await claim()
      await Promise.all(claimed.map((message) => begin(message, false)))
      return claimed.length
    },
    idle,
    async stop() {
      stopped = true
      clearInterval(timer)
      await idle()
      failover.close()
    },
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
