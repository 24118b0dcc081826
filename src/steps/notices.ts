import type { Account } from '../domain/accounts/index.ts'
import type { Origin } from '../domain/audit/index.ts'
import type { MessageStore, Messages, PricedMessage } from '../domain/delivery/index.ts'
import type { Limits } from '../domain/limits/index.ts'
import { addSeconds, type Clock } from '../lib/clock.ts'
import { deviceOf } from '../lib/device.ts'
import type { Log } from '../lib/log.ts'
import { type WayTo, waysTo, wayTo } from './way-to.ts'

/** What an owner is told of. */
export type Notice = 'new-device' | 'paused' | 'password-changed'

export interface Notices {
  /**
   * Tells the owner by a verified contact, at most once a day, and in its own time: whoever asks has the answer
   * before, so it says nothing of whether there was somebody to tell.
   */
  send(notice: Notice, account: Account, origin: Origin): void
  /**
   * The same for every verified contact, to go into the write of the change that it tells of. It costs nothing: a
   * second change of a day is news too, and what leads to one is bounded.
   */
  compose(notice: Notice, account: Account, origin: Origin): PricedMessage[]
}

export interface NoticesParts {
  readonly messages: Messages
  readonly messageStore: MessageStore
  readonly limits: Limits
  readonly language: string
  readonly clock: Clock
  readonly log: Log
  readonly wake: () => void
}

/** A notice that could not be sent for a day is no news any more. */
const LIFETIME_SECONDS = 86_400

export function createNotices(parts: NoticesParts): Notices {
  const { messages, messageStore, limits, language, clock, log, wake } = parts

  function composeFor(way: WayTo, notice: Notice, { userAgent }: Origin) {
    const now = clock.now()
    return messages.compose({
      channel: way.channel,
      to: way.destination,
      template: notice,
      language,
      model: { at: now.toISOString(), device: deviceOf(userAgent) },
      expiresAt: addSeconds(now, LIFETIME_SECONDS),
      challengeId: null,
    })
  }

  async function queue(notice: Notice, account: Account, origin: Origin): Promise<void> {
    const way = wayTo(account)
    if (!way) return
    const message = composeFor(way, notice, origin)
    const takes = limits.noticePrice(notice, way.destination)
    const queued = await messageStore.insert([{ ...message, price: { takes, whenSpent: 'drop' } }])
    if (queued.ok && queued.queued) wake()
  }

  return {
    send(notice, account, origin) {
      setImmediate(() => {
        queue(notice, account, origin).catch((err: unknown) =>
          log.error({ err, notice }, 'notice not queued'),
        )
      })
    },
    compose: (notice, account, origin) => waysTo(account).map((way) => composeFor(way, notice, origin)),
  }
}
