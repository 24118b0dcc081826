import type { Challenge } from '../domain/otp/index.ts'
import { addSeconds } from '../lib/clock.ts'

/** A challenge that was noted and is not there yet is being written by another post of the same form. */
const WRITTEN_WITHIN_SECONDS = 10

/**
 * Was a code sent for this journey a moment ago, or is it just now? Then the same form, posted again, sends none:
 * that code is the one that works.
 */
export function isBeingSent(challenge: Challenge | null, notedAt: number, now: Date): boolean {
  if (!challenge) return addSeconds(new Date(notedAt), WRITTEN_WITHIN_SECONDS) > now
  return challenge.status === 'pending' && challenge.attemptsLeft > 0 && challenge.resendAt > now
}
