import type { Take } from '../limits/index.ts'

export type Channel = 'sms' | 'email'

/**
 * A message that waits to be sent. `content` is sealed; it is emptied when the message was sent, failed or
 * expired. The id is also the idempotency key towards a provider.
 */
export interface QueuedMessage {
  readonly id: string
  readonly channel: Channel
  readonly content: Uint8Array
  readonly queuedAt: Date
  /** Never sent after this; for a code, the end of its life. */
  readonly expiresAt: Date
  readonly challengeId: string | null
}

/** What a message costs, taken in the same write that queues it. */
export interface Price {
  readonly takes: readonly Take[]
  /** `drop`: the write goes on without the message. `refuse`: nothing of the write happens. */
  readonly whenSpent: 'drop' | 'refuse'
}

export interface PricedMessage extends QueuedMessage {
  /** Absent: nothing to pay. */
  readonly price?: Price
}

/** `queued` is false when the price of a message could not be paid and it was dropped. */
export type Queued =
  | { readonly ok: true; readonly queued: boolean }
  | { readonly ok: false; readonly reason: 'over-budget'; readonly retryAt: Date }

export interface ClaimedMessage extends QueuedMessage {
  /** How often it was claimed, this time included. */
  readonly attempts: number
}

export interface MessageStore {
  insert(messages: readonly PricedMessage[]): Promise<Queued>
  /**
   * Takes up to `limit` unsent messages, newest first, that nobody holds at `now`, for `holder` until
   * `leaseUntil`. Of N concurrent calls each message goes to one.
   */
  claim(holder: string, now: Date, leaseUntil: Date, limit: number): Promise<ClaimedMessage[]>
  /** Marks as sent and empties the content; false when `holder` no longer holds it. */
  markSent(id: string, holder: string, at: Date): Promise<boolean>
  /** Marks as given up and empties the content; false when `holder` no longer holds it. */
  markFailed(id: string, holder: string, at: Date, reason: string): Promise<boolean>
  /** Gives it back to be claimed again from `at` on; false when `holder` no longer holds it. */
  release(id: string, holder: string, at: Date): Promise<boolean>
  countWaiting(now: Date): Promise<number>
  /** Deletes up to `limit` messages that were sent, failed or expired before `before`. */
  tidy(before: Date, limit: number): Promise<number>
}
