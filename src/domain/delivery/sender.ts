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
  | { readonly kind: 'try-elsewhere'; readonly reason: string }
  | { readonly kind: 'never'; readonly reason: string }

/** Puts one message into a provider's hands. Never throws for what a provider answers. */
export interface Sender {
  readonly name: string
  send(message: OutgoingMessage): Promise<SendOutcome>
}
