/** The one source of time. Rooms get a Clock as a parameter; a test hands in one that it moves by hand. */
export interface Clock {
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }

/** NumericDate (RFC 7519 §2): whole seconds since 1970, as JWTs and oidc-provider count. */
export function toEpochSeconds(at: Date): number {
  return Math.floor(at.getTime() / 1000)
}

export function addSeconds(at: Date, seconds: number): Date {
  return new Date(at.getTime() + seconds * 1000)
}

/** Whole seconds from `now` to `at`, rounded up and never negative: what Retry-After says (RFC 9110 §10.2.3). */
export function secondsUntil(at: Date, now: Date): number {
  return Math.max(0, Math.ceil((at.getTime() - now.getTime()) / 1000))
}

/**
 * Clocks of the nodes of one deployment are less apart. What is held for longer than anybody holds anything, by more than
 * this, was noted by a clock that was put back since.
 */
export const CLOCKS_APART_MS = 600_000
