import type { Account } from '../domain/accounts/index.ts'
import type { Origin } from '../domain/audit/index.ts'
import type {
  MessageStore,
  Messages,
  PricedMessage,
  QueuedMessage,
  Template,
} from '../domain/delivery/index.ts'
import type { Limits } from '../domain/limits/index.ts'
import { addSeconds, type Clock } from '../lib/clock.ts'
import { deviceOf } from '../lib/device.ts'
import type { AfterAnswer } from './after-answer.ts'
import { type WayTo, waysTo, wayTo } from './way-to.ts'

/** What an owner is told of. */
export type Notice = 'new-device' | 'paused'

/** What was changed about an account. */
export type ChangeNotice =
  | { readonly template: 'password-changed' }
  | { readonly template: 'contact-changed'; readonly contact: 'email' | 'phone' }

export interface Notices {
  /**
   * Tells the owner by a verified contact, at most once a day, and in its own time: whoever asks has the answer
   * before, so it says nothing of whether there was somebody to tell.
   */
  send(notice: Notice, account: Account, origin: Origin): void
  /**
   * What tells an owner of a change, by every verified contact that the account had before it: to be queued in the
   * write of the change.
   */
  ofChange(notice: ChangeNotice, before: Account, origin: Origin): PricedMessage[]
}

export interface NoticesParts {
  readonly messages: Messages
  readonly messageStore: MessageStore
  readonly limits: Limits
  readonly language: string
  readonly clock: Clock
  readonly afterAnswer: AfterAnswer
  readonly wake: () => void
}

/** A notice that could not be sent for a day is no news any more. */
const LIFETIME_SECONDS = 86_400

export function createNotices(parts: NoticesParts): Notices {
  const { messages, messageStore, limits, language, clock, afterAnswer, wake } = parts

  function compose(
    template: Template,
    { userType }: Account,
    way: WayTo,
    { userAgent }: Origin,
    more: Readonly<Record<string, string>> = {},
  ): QueuedMessage {
    const now = clock.now()
    return messages.compose({
      channel: way.channel,
      to: way.destination,
      template,
      userType,
      language,
      model: { at: now.toISOString(), device: deviceOf(userAgent), ...more },
      expiresAt: addSeconds(now, LIFETIME_SECONDS),
      challengeId: null,
    })
  }

  async function queue(notice: Notice, account: Account, origin: Origin): Promise<void> {
    const way = wayTo(account)
    if (!way) return
    const takes = limits.noticePrice(notice, way.destination)
    const message = { ...compose(notice, account, way, origin), price: { takes, whenSpent: 'drop' } } as const
    const queued = await messageStore.insert([message])
    if (queued.ok && queued.queued) wake()
  }

  return {
    send(notice, account, origin) {
      afterAnswer.run(`the notice ${notice} is not queued`, () => queue(notice, account, origin))
    },
    ofChange({ template, ...more }, before, origin) {
      return waysTo(before).map((way) => {
        const takes = limits.changeNoticePrice(way.destination)
        return { ...compose(template, before, way, origin, more), price: { takes, whenSpent: 'drop' } }
      })
    },
  }
}
