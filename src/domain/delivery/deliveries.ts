import type { Clock } from '../../lib/clock.ts'
import type { Audit, Origin } from '../audit/index.ts'
import type { ContactHash } from './contact-hash.ts'
import type { Failover } from './failover.ts'
import type { Channel, MessageStore, ReportResult } from './message-store.ts'
import type { Reported } from './twilio-callbacks.ts'

/** Why a code may not come. */
export type Trouble = 'undelivered' | 'channel-down'

export interface Deliveries {
  /** Takes what a provider reports; said twice, it changes nothing the second time. */
  report(provider: string, reported: Reported, origin: Origin): Promise<ReportResult>
  /**
   * What is known of the message of a challenge. For whoever has proved whose account it is: to anybody else it would
   * tell whether a message was sent at all.
   */
  troubleOf(challenge: { readonly id: string; readonly channel: Channel }): Promise<Trouble | null>
  /** Since when messages do not reach a contact; null: nothing is known against it. */
  undeliverableSince(channel: Channel, contact: string): Promise<Date | null>
}

export interface DeliveriesParts {
  readonly store: Pick<MessageStore, 'report' | 'findOutcome' | 'undeliverableSince'>
  readonly failover: Pick<Failover, 'stateOf'>
  readonly contactHash: ContactHash
  readonly audit: Audit
  readonly clock: Clock
}

/** What became of messages after they were handed over. */
export function createDeliveries({
  store,
  failover,
  contactHash,
  audit,
  clock,
}: DeliveriesParts): Deliveries {
  return {
    async report(provider, { messageId, outcome, reason }, origin) {
      const records =
        outcome === 'delivered'
          ? []
          : [
              await audit.entry({
                ...origin,
                event: 'contact.undeliverable',
                outcome: 'failure',
                reason: 'reported',
                details: { messageId, provider, said: reason },
              }),
            ]
      return store.report({ messageId, provider, outcome, at: clock.now() }, records)
    },
    async troubleOf({ id, channel }) {
      const outcome = await store.findOutcome(id)
      if (outcome === 'undeliverable') return 'undelivered'
      return outcome !== 'sent' && failover.stateOf(channel) !== 'up' ? 'channel-down' : null
    },
    undeliverableSince: (channel, contact) => store.undeliverableSince(contactHash(channel, contact)),
  }
}
