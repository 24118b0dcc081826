import { addSeconds, type Clock, systemClock } from '../../src/lib/clock.ts'

/**
 * The system's clock, some seconds ahead while a test looks at things later. It comes back, because the OIDC library
 * counts by a clock that cannot be moved: what it makes meanwhile would be over at once.
 */
export interface ShiftedClock extends Clock {
  later<T>(seconds: number, look: () => Promise<T>): Promise<T>
}

export function shiftedClock(): ShiftedClock {
  let ahead = 0
  return {
    now: () => addSeconds(systemClock.now(), ahead),
    async later(seconds, look) {
      ahead += seconds
      return look().finally(() => {
        ahead -= seconds
      })
    },
  }
}
