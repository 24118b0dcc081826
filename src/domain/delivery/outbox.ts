import type { Clock } from '../../lib/clock.ts'
import type { OutgoingMessage, Sender } from './sender.ts'

export interface OutboxMessage extends Omit<OutgoingMessage, 'expiresAt'> {
  readonly at: Date
}

/** The sender of development: keeps what would have been sent, in this process's memory and nowhere else. */
export interface Outbox extends Sender {
  /** Newest first. */
  list(to?: string): OutboxMessage[]
  find(id: string): OutboxMessage | null
  empty(): void
}

const KEPT = 500

export function createOutbox(clock: Clock): Outbox {
  let kept: OutboxMessage[] = []
  return {
    name: 'outbox',
    repeatable: true,
    close() {},
    async send(message) {
      const others = kept.filter(({ id }) => id !== message.id)
      kept = [{ ...message, at: clock.now() }, ...others].slice(0, KEPT)
      return { kind: 'handed-over' }
    },
    list: (to) => (to === undefined ? kept : kept.filter((message) => message.to === to)),
    find: (id) => kept.find((message) => message.id === id) ?? null,
    empty() {
      kept = []
    },
  }
}
