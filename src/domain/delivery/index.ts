/**
 * Puts a message in a person's hands. Owns what a queued message is, sealed until it is sent, the sender port
 * and the development outbox. Knows nothing of why a message is sent; wording is handed in. Steps compose,
 * stores queue in the same write as the cause, a worker sends.
 */

export { type ContactHash, createContactHash } from './contact-hash.ts'
export { createDeliveries, type Deliveries, type Trouble } from './deliveries.ts'
export { createFailover, type Failover, type Senders } from './failover.ts'
export type * from './message-store.ts'
export {
  createMessages,
  type MessageContent,
  type Messages,
  type NewMessage,
  type Template,
} from './messages.ts'
export { createOutbox, type Outbox, type OutboxMessage } from './outbox.ts'
export { createResendCallbacks, type ResendCallbacks } from './resend-callbacks.ts'
export { createResendEmail } from './resend-email.ts'
export type { OutgoingMessage, Sender, SendOutcome } from './sender.ts'
export { createSmtpEmail } from './smtp-email.ts'
export { createTwilioCallbacks, type Reported, type TwilioCallbacks } from './twilio-callbacks.ts'
export { createTwilioSms } from './twilio-sms.ts'
