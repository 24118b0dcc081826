import { setTimeout as wait } from 'node:timers/promises'
import type { Challenge, Otp } from '../domain/otp/index.ts'
import { addSeconds, type Clock } from '../lib/clock.ts'

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

/** What a journey notes of the challenge that it waits for. */
export interface Noted {
  readonly challengeId: string
  readonly notedAt: number
}

const LOOK_AGAIN_MS = 25
const LOOKS = 80

/** The challenge that a journey noted; while another post of the same form still writes it, a moment later. */
export async function findNoted(
  otp: Otp,
  { challengeId, notedAt }: Noted,
  clock: Clock,
): Promise<Challenge | null> {
  for (let look = 0; look < LOOKS; look++) {
    const challenge = await otp.find(challengeId)
    if (challenge || !isBeingSent(null, notedAt, clock.now())) return challenge
    await wait(LOOK_AGAIN_MS)
  }
  return null
}
