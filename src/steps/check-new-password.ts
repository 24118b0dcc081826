import type { Account } from '../domain/accounts/index.ts'
import { checkPolicy, contextWords, minimumLength, type PolicyResult } from '../domain/passwords/index.ts'
import type { UserType } from '../domain/user-types/index.ts'

/** Why a password is not taken, in words that a page has a sentence for. */
export type PasswordProblem = 'missing' | Exclude<PolicyResult, { ok: true }>['reason']

/** Null when this person may have this password. The same wherever an account that exists gets one. */
export type CheckNewPassword = (
  password: string,
  account: Pick<Account, 'email' | 'phone' | 'userId' | 'employeeId'>,
  userType: Pick<UserType, 'otp'>,
) => PasswordProblem | null

export function createCheckNewPassword({ productName }: { readonly productName: string }): CheckNewPassword {
  return (password, { email, phone, userId, employeeId }, { otp }) => {
    if (password === '') return 'missing'
    // Unverified contacts too: they stand beside the password all the same.
    const identifiers = [email?.value, phone?.value, userId, employeeId].filter(
      (one) => typeof one === 'string',
    )
    const words = contextWords({ productName, identifiers })
    const policy = checkPolicy(password, { minimum: minimumLength(otp), contextWords: words })
    return policy.ok ? null : policy.reason
  }
}
