import type { Clock } from '../../lib/clock.ts'
import { hmac } from '../../lib/hash.ts'
import type { LimitStore, PausePolicy, ReserveTryResult } from './limit-store.ts'
import type { LimitsSettings } from './limits-settings.ts'

/** One try at a proof. Passwords and codes, sign-in and recovery have counters of their own. */
export interface Try {
  readonly factor: 'password' | 'code'
  readonly purpose: string
  /** What the tries are counted for, in canonical form, known or not. */
  readonly who: string
}

export interface Limits {
  /**
   * Counts a try as failed *before* it is looked at: of many at once no more are looked at than are free.
   * Refused while a pause runs.
   */
  reserve(attempt: Try): Promise<ReserveTryResult>
  /** The try was right: its counter begins anew. */
  succeeded(attempt: Try): Promise<void>
}

export interface LimitsParts {
  readonly store: LimitStore
  readonly settings: LimitsSettings
  /** Keys of counters are hashed with it: what strangers typed is nobody's business at rest. */
  readonly key: Uint8Array
  readonly clock: Clock
}

const HOUR = 3600

export function createLimits({ store, settings, key, clock }: LimitsParts): Limits {
  const policies: Readonly<Record<Try['factor'], PausePolicy>> = {
    password: {
      free: settings.password.freeWrongInARow,
      firstPauseSeconds: settings.password.firstPauseSeconds,
      longestPauseSeconds: settings.password.longestPauseSeconds,
      forgetSeconds: HOUR,
    },
    code: {
      free: settings.code.wrongPerHour,
      firstPauseSeconds: settings.password.firstPauseSeconds,
      longestPauseSeconds: settings.code.longestPauseSeconds,
      forgetSeconds: HOUR,
    },
  }
  const counterOf = ({ factor, purpose, who }: Try) =>
    hmac(key, 'try', factor, purpose, who).toString('base64url')

  return {
    reserve: (attempt) => store.reserveTry(counterOf(attempt), policies[attempt.factor], clock.now()),
    succeeded: (attempt) => store.clear(counterOf(attempt)),
  }
}
