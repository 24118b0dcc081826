import { addSeconds, type Clock } from '../../src/lib/clock.ts'

/** A clock that a test moves by hand. */
export interface MovingClock extends Clock {
  advance(seconds: number): void
}

export function movingClock(start: Date): MovingClock {
  let now = start
  return {
    now: () => now,
    advance(seconds) {
      now = addSeconds(now, seconds)
    },
  }
}
