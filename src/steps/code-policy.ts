import type { LimitsSettings } from '../domain/limits/index.ts'
import type { CodePolicy } from '../domain/otp/index.ts'
import type { UserType } from '../domain/user-types/index.ts'

/** How codes of a user type are made: where limits.json has the same number the stricter of the two holds. */
export type CodePolicyOf = (userType: UserType) => CodePolicy

/** Recovery uses limits.json alone: no password stands before such a code, whatever the type. */
export function recoveryCodePolicy({ code }: Pick<LimitsSettings, 'code'>): CodePolicy {
  return {
    digits: code.recoveryDigits,
    lifetimeSeconds: code.recoveryLifetimeSeconds,
    attempts: code.attempts,
    resendSeconds: code.recoveryResendSeconds,
  }
}

export function createCodePolicyOf({ code, send }: LimitsSettings): CodePolicyOf {
  return ({ otp }) => ({
    digits: otp.digits,
    lifetimeSeconds: otp.lifetimeSeconds,
    attempts: Math.min(otp.attempts, code.attempts),
    resendSeconds: Math.max(otp.resendSeconds, send.resendSeconds),
  })
}

/** security.md: a code before which no password stands has 8 digits at least. */
const DIGITS_ALONE = 8

/**
 * How codes are made that stand alone. One policy for all types that allow it, in each number the strictest of
 * theirs: by their digits, their times or their tries the page would say of which type somebody is, or that there
 * is nobody.
 */
export function codeOnlyPolicyOf(
  types: readonly [UserType, ...UserType[]],
  codePolicyOf: CodePolicyOf,
): CodePolicy {
  const policies = types.map(codePolicyOf)
  return {
    digits: Math.max(DIGITS_ALONE, ...policies.map(({ digits }) => digits)),
    lifetimeSeconds: Math.min(...policies.map(({ lifetimeSeconds }) => lifetimeSeconds)),
    attempts: Math.min(...policies.map(({ attempts }) => attempts)),
    resendSeconds: Math.max(...policies.map(({ resendSeconds }) => resendSeconds)),
  }
}
