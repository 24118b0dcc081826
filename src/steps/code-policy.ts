import type { LimitsSettings } from '../domain/limits/index.ts'
import type { CodePolicy } from '../domain/otp/index.ts'
import type { UserType } from '../domain/user-types/index.ts'

/** How codes of a user type are made: where limits.json has the same number the stricter of the two holds. */
export type CodePolicyOf = (userType: UserType) => CodePolicy

export function createCodePolicyOf({ code, send }: LimitsSettings): CodePolicyOf {
  return ({ otp }) => ({
    digits: otp.digits,
    lifetimeSeconds: otp.lifetimeSeconds,
    attempts: Math.min(otp.attempts, code.attempts),
    resendSeconds: Math.max(otp.resendSeconds, send.resendSeconds),
  })
}
