import type { Rooms, RoomsParts } from './rooms.ts'

/** Figures that are looked up when somebody reads them. */
export function registerGauges(
  { metrics, storage, clock }: Pick<RoomsParts, 'metrics' | 'storage' | 'clock'>,
  { passwords, failover }: Pick<Rooms, 'passwords' | 'failover'>,
): void {
  metrics.gauge('latchkey_messages_waiting', 'Messages in the queue of all nodes.', () =>
    storage.messages.countWaiting(clock.now()),
  )
  metrics.gauge('latchkey_hashes_waiting', 'Passwords that wait to be hashed by this node.', () =>
    passwords.queueLength(),
  )
  metrics.gauge(
    'latchkey_providers_down',
    'Senders that this node leaves alone for now.',
    () => failover.down().length,
  )
}
