import type { Account } from '../../domain/accounts/index.ts'
import type { Messages, QueuedMessage } from '../../domain/delivery/index.ts'
import { addSeconds, type Clock } from '../../lib/clock.ts'
import { wayTo } from '../way-to.ts'

export interface TellPersonParts {
  readonly messages: Messages
  readonly language: string
  readonly clock: Clock
}

/** Whoever waits for days may hear of it a little later, should a provider be down. */
const LIFETIME_SECONDS = 3 * 86_400

/** The message that tells a person what an administrator decided; none where no contact of theirs is verified. */
export function tellPerson(
  { messages, language, clock }: TellPersonParts,
  template: 'approved' | 'refused',
  account: Account,
): QueuedMessage[] {
  const way = wayTo(account)
  if (!way) return []
  const message = messages.compose({
    channel: way.channel,
    to: way.destination,
    template,
    language,
    userType: account.userType,
    model: {},
    expiresAt: addSeconds(clock.now(), LIFETIME_SECONDS),
    challengeId: null,
  })
  return [message]
}
