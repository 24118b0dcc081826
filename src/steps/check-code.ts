import type { Audit, Origin } from '../domain/audit/index.ts'
import type { Limits, Try } from '../domain/limits/index.ts'
import type { Challenge, Otp, Purpose } from '../domain/otp/index.ts'
import { canonicalCode } from '../lib/canonical.ts'

export interface CodeExpectation {
  readonly challengeId: string
  readonly purpose: Purpose
  readonly accountId: string | null
  readonly destination: string
  /** For whom wrong codes are counted; without it, for the account. */
  readonly countedFor?: string
  /** The secret of a device that the account is known on; null for any other. */
  readonly knownDevice: string | null
}

export type CodeResult =
  | { readonly ok: true; readonly challenge: Challenge }
  | { readonly ok: false; readonly reason: 'wrong'; readonly attemptsLeft: number }
  | { readonly ok: false; readonly reason: 'dead' }
  | { readonly ok: false; readonly reason: 'blocked'; readonly until: Date | null }

export interface CheckCodeParts {
  readonly otp: Otp
  readonly limits: Limits
  readonly audit: Audit
}

export type CheckCode = (typed: string, expected: CodeExpectation, origin: Origin) => Promise<CodeResult>

/** A typed code: spaces, hyphens and full-width digits are forgiven; the attempt is spent before it is compared. */
export function createCheckCode({ otp, limits, audit }: CheckCodeParts): CheckCode {
  return async (typed, expected, origin) => {
    const subject =
      expected.accountId === null ? null : ({ kind: 'account', id: expected.accountId } as const)
    const base = {
      ...origin,
      subject,
      details: { challengeId: expected.challengeId, purpose: expected.purpose },
    }
    const attempt = hourlyTryOf(expected, origin)
    const allowed = attempt ? await limits.reserve(attempt) : { ok: true as const }
    if (!allowed.ok) {
      await audit.record({ ...base, event: 'code.blocked', outcome: 'failure', reason: 'paused' })
      return { ok: false, reason: 'blocked', until: allowed.until }
    }

    const result = await otp.verify(
      expected.challengeId,
      canonicalCode(typed),
      expected,
      async (challenge) => [
        await audit.entry({ ...base, event: 'code.verified', outcome: 'success', factor: challenge.channel }),
      ],
    )
    if (attempt && result.ok) await limits.succeeded(attempt)
    // Nothing was compared: that is no wrong code.
    if (attempt && !result.ok && result.reason !== 'wrong-code') await limits.unseen(attempt)
    if (result.ok) return result
    await audit.record({ ...base, event: REFUSALS[result.reason], outcome: 'failure', reason: result.reason })
    switch (result.reason) {
      case 'wrong-code':
        if (result.attemptsLeft === 0) return { ok: false, reason: 'blocked', until: null }
        return { ok: false, reason: 'wrong', attemptsLeft: result.attemptsLeft }
      case 'code-dead':
        return { ok: false, reason: 'dead' }
      case 'too-many-attempts':
        return { ok: false, reason: 'blocked', until: null }
    }
  }
}

/**
 * Chains begun anew do not begin their hour anew: wrong codes are counted for the account, over all of them; where
 * the code stands alone for what was typed, known or not (security.md rule 4). At a sign-up anybody may begin a chain; its attempts and the sends to a destination bound the guesses,
 * and an hour's count would let a stranger keep the owner of an address from signing up with it.
 */
function hourlyTryOf(
  { purpose, accountId, countedFor, knownDevice }: CodeExpectation,
  { ip }: Origin,
): Try | null {
  const who = countedFor ?? accountId
  return who === null ? null : { factor: 'code', purpose, who, knownDevice, ip }
}

const REFUSALS = {
  'wrong-code': 'code.wrong',
  'code-dead': 'code.dead',
  'too-many-attempts': 'code.blocked',
} as const
