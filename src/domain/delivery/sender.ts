import type { Channel } from './message-store.ts'
import type { Template } from './messages.ts'

/** A message in its final words. Mail has a subject and HTML beside its text. */
export interface OutgoingMessage {
  /** Also the idempotency key where a provider takes one. */
  readonly id: string
  readonly channel: Channel
  readonly to: string
  readonly template: Template
  readonly subject: string | null
  readonly text: string
  readonly html: string | null
  /** Never sent after this. */
  readonly expiresAt: Date
  /** For the development outbox alone: what a test or a developer types next. */
  readonly code: string | null
  readonly reference: string | null
}

/**
 * `handed-over`: the provider has it. `try-elsewhere`: not now, or not by this provider. `never`: this
 * destination takes no such message.
 */
export type SendOutcome =
  | { readonly kind: 'handed-over' }
  | TryElsewhere
  | { readonly kind: 'never'; readonly reason: string }

export interface TryElsewhere {
  readonly kind: 'try-elsewhere'
  readonly reason: string
  /** Is it sure that the provider does not have it? An answer that never came says nothing. */
  readonly certain: boolean
  /** Whose fault it is: a provider that fails is left alone for a while, one that refuses a message is not. */
  readonly blames: 'provider' | 'message'
  /** So long the provider wants to be left alone. */
  readonly retryAfterSeconds: number | null
}

/** Puts one message into a provider's hands. Never throws for what a provider answers. */
export interface Sender {
  readonly name: string
  /** Does the same id, handed over twice, make one message? */
  readonly repeatable: boolean
  /** Answers within its own timeout, whatever the provider does. */
  send(message: OutgoingMessage): Promise<SendOutcome>
  close(): void
}

/** The provider fails, and does surely not have the message. */
export function failing(reason: string, retryAfterSeconds: number | null = null): TryElsewhere {
  return { kind: 'try-elsewhere', reason, certain: true, blames: 'provider', retryAfterSeconds }
}

/** The provider may have the message: it was asked, and no answer came that can be read. */
export function unsure(reason: string): TryElsewhere {
  return { kind: 'try-elsewhere', reason, certain: false, blames: 'provider', retryAfterSeconds: null }
}

/** The provider is well and does not take this message; another may. */
export function refusing(reason: string): TryElsewhere {
  return { kind: 'try-elsewhere', reason, certain: true, blames: 'message', retryAfterSeconds: null }
}
