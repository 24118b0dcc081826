/**
 * Puts a message in a person's hands. Owns what a queued message is, sealed until it is sent, the sender port
 * and the development outbox. Knows nothing of why a message is sent; wording is handed in. Steps compose,
 * stores queue in the same write as the cause, a worker sends.
 */
export type * from './message-store.ts'
export {
  createMessages,
  type MessageContent,
  type Messages,
  type NewMessage,
  type Template,
} from './messages.ts'
export { createOutbox, type Outbox, type OutboxMessage } from './outbox.ts'
export type { OutgoingMessage, Sender, SendOutcome } from './sender.ts'
