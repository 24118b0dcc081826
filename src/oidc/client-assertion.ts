import { errors } from 'oidc-provider'
import { type Clock, toEpochSeconds } from '../lib/clock.ts'

/** An assertion is made for one request; some clients keep one for hours all the same. */
const LONGEST_ASSERTION_SECONDS = 86_400

/**
 * RFC 7523 §3 lets an `exp` be refused that is unreasonably far ahead. Each assertion is remembered until then so that
 * it is used once, and what nobody could remember so long must not be taken.
 */
export function refuseLongAssertion(clock: Clock, { exp }: Readonly<Record<string, unknown>>): void {
  if (Number(exp) - toEpochSeconds(clock.now()) > LONGEST_ASSERTION_SECONDS) {
    throw new errors.InvalidClientAuth('client_assertion expires too late')
  }
}
