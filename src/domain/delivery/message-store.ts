import type { AuditEntry } from '../audit/index.ts'
import type { Budget, Toll } from '../limits/index.ts'

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
  readonly takes: Toll
  /**
   * `drop`: the write goes on without the message. `refuse`: nothing of the write happens; such a price has one part.
   */
  readonly whenSpent: 'drop' | 'refuse'
}

export interface PricedMessage extends QueuedMessage {
  /** Absent: nothing to pay. */
  readonly price?: Price
}

/** `queued` is false when the price of a message could not be paid and it was dropped; `spent` names the budget. */
export type Queued =
  | { readonly ok: true; readonly queued: boolean; readonly spent?: Budget }
  | { readonly ok: false; readonly reason: 'over-budget'; readonly retryAt: Date }

export interface ClaimedMessage extends QueuedMessage {
  /** How often it was claimed, this time included. */
  readonly attempts: number
  /** Providers that may have it or not: each was asked, and nobody knows what came of it. */
  readonly unsure: readonly string[]
}

/** So many of each channel; absent: none. */
export type Wanted = Readonly<Partial<Record<Channel, number>>>

/** What is kept of a message that a provider has: enough to understand what the provider reports of it later. */
export interface Sent {
  readonly at: Date
  readonly provider: string
  /** Keyed hash of where it went: the address itself goes with the content. */
  readonly contactHash: Uint8Array
}

export interface Failed {
  readonly at: Date
  readonly reason: string
  /** The destination takes no such message: noted for its owner, with the record of it. */
  readonly undeliverable: { readonly contactHash: Uint8Array; readonly audit: readonly AuditEntry[] } | null
}

/** What a provider says later of a message that it was handed. */
export interface Report {
  readonly messageId: string
  /** Only the one that was handed the message has a say. */
  readonly provider: string
  readonly outcome: 'delivered' | 'failed'
  readonly at: Date
}

/** `early`: the message is with its holder still, who has not noted yet that it was handed over. */
export type ReportResult = 'news' | 'no-news' | 'early'

/** `undeliverable`: known not to have arrived. */
export type MessageOutcome = 'waiting' | 'sent' | 'undeliverable'

export interface MessageStore {
  insert(messages: readonly PricedMessage[]): Promise<Queued>
  /**
   * Takes the newest of the unsent messages that nobody holds at `now`, for `holder` until `leaseUntil`; answers them as
   * they were queued, so that of two to one person the newer one arrives last. Of N concurrent calls each message goes
   * to one. One that is held until more than ten minutes after `leaseUntil` is held by nobody: a clock was put back
   * since, and nodes' clocks are less apart than that.
   */
  claim(holder: string, now: Date, leaseUntil: Date, wanted: Wanted): Promise<ClaimedMessage[]>
  /**
   * Notes which providers may have it, before one is asked that cannot tell a repetition; false when `holder` no
   * longer holds it, and then nobody may be asked.
   */
  noteUnsure(id: string, holder: string, unsure: readonly string[]): Promise<boolean>
  /** Marks as sent and empties the content; false when `holder` no longer holds it. */
  markSent(id: string, holder: string, sent: Sent): Promise<boolean>
  /** Marks as given up and empties the content; false when `holder` no longer holds it. */
  markFailed(id: string, holder: string, failed: Failed): Promise<boolean>
  /** Gives it back to be claimed again from `at` on; false when `holder` no longer holds it. */
  release(id: string, holder: string, at: Date, unsure: readonly string[]): Promise<boolean>
  /**
   * Takes a provider's report, when it is news. Of one message `delivered` is news once and `failed` once, and
   * nothing is news after `failed`, so a report that is repeated changes nothing. A failed one marks the contact and
   * appends `audit`; a delivered one takes the contact's mark away.
   */
  report(report: Report, audit: readonly AuditEntry[]): Promise<ReportResult>
  /** Of the message of a challenge; null where there is none, or it is long ago. */
  findOutcome(challengeId: string): Promise<MessageOutcome | null>
  /** Since when messages to a contact are known not to arrive; null: they are not. */
  undeliverableSince(contactHash: Uint8Array): Promise<Date | null>
  countWaiting(now: Date): Promise<number>
  /**
   * Deletes up to `limit` messages that were sent, failed or expired before `before`, and marks of contacts that are
   * 90 days older still.
   */
  tidy(before: Date, limit: number): Promise<number>
}
