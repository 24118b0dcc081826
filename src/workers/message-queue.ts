import type {
  Channel,
  MessageContent,
  MessageStore,
  Messages,
  OutgoingMessage,
  Sender,
} from '../domain/delivery/index.ts'
import { addSeconds, type Clock } from '../lib/clock.ts'
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
  readonly senders: Readonly<Record<Channel, readonly Sender[]>>
  readonly render: RenderMessage
  readonly clock: Clock
  readonly log: Log
  /** Names this process in a claim. */
  readonly holder: string
}

export interface MessageQueue {
  /** Something was queued: send now instead of at the next look. */
  wake(): void
  /** Sends all that can be sent; answers how many messages it took. */
  runOnce(): Promise<number>
  stop(): Promise<void>
}

/** A node that dies with a message in hand loses it to another after this long. */
const LEASE_SECONDS = 30
const LOOK_EVERY_MS = 1000
const BATCH = 20
const RETRY_SECONDS = 2

/** The durable queue's worker: newest first, never after a message's life, never in the way of a page. */
export function createMessageQueue(parts: MessageQueueParts): MessageQueue {
  const { messages, store, senders, render, clock, log, holder } = parts
  let stopped = false
  let running: Promise<void> | null = null
  let wokenAgain = false

  async function deliver(outgoing: OutgoingMessage): Promise<string | null> {
    const reasons: string[] = []
    for (const sender of senders[outgoing.channel]) {
      const outcome = await sender.send(outgoing)
      if (outcome.kind === 'handed-over') return null
      reasons.push(`${sender.name}: ${outcome.reason}`)
      if (outcome.kind === 'never') break
    }
    return reasons.join('; ') || 'no sender for this channel'
  }

  async function runOnce(): Promise<number> {
    const now = clock.now()
    const claimed = await store.claim(holder, now, addSeconds(now, LEASE_SECONDS), BATCH)
    for (const message of claimed) {
      const content = messages.read(message)
      const words = render(content, message.channel)
      const problem = await deliver({
        id: message.id,
        channel: message.channel,
        to: content.to,
        template: content.template,
        ...words,
        code: textOrNull(content.model['code']),
        reference: textOrNull(content.model['reference']),
      })
      if (problem === null) {
        await store.markSent(message.id, holder, clock.now())
        continue
      }
      log.warn({ messageId: message.id, channel: message.channel, problem }, 'message not sent')
      await store.release(message.id, holder, addSeconds(clock.now(), RETRY_SECONDS))
    }
    return claimed.length
  }

  async function runUntilEmpty(): Promise<void> {
    try {
      do {
        wokenAgain = false
        while (!stopped && (await runOnce()) === BATCH) {
          // Another full batch may wait.
        }
      } while (wokenAgain && !stopped)
    } catch (error) {
      log.error({ err: error }, 'message queue')
    }
  }

  function wake(): void {
    if (stopped) return
    wokenAgain = true
    running ??= runUntilEmpty().finally(() => {
      running = null
    })
  }

  // What a dead process left behind, and what another process queued, is found by looking.
  const timer = setInterval(wake, LOOK_EVERY_MS)
  timer.unref()

  return {
    wake,
    runOnce,
    async stop() {
      stopped = true
      clearInterval(timer)
      await running
    },
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
