import type { Account } from '../domain/accounts/index.ts'
import type { Audit, Origin } from '../domain/audit/index.ts'
import type { Passwords } from '../domain/passwords/index.ts'
import type { UserType } from '../domain/user-types/index.ts'
import type { Clock } from '../lib/clock.ts'
import { networkOf } from '../lib/ip.ts'
import type { ActingPerson, ChangeAccount } from './change-account.ts'
import type { CheckNewPassword, PasswordProblem } from './check-new-password.ts'
import type { ConfirmPassword } from './confirm-password.ts'
import type { Notices } from './notices.ts'

export interface TypedPasswords {
  readonly currentPassword: string
  readonly newPassword: string
}

export type ChangePasswordProblem =
  | { readonly field: 'currentPassword'; readonly problem: 'missing' | 'wrong' }
  | { readonly field: 'newPassword'; readonly problem: PasswordProblem }

export type ChangePasswordResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'problems'; readonly problems: readonly ChangePasswordProblem[] }
  | { readonly ok: false; readonly reason: 'paused'; readonly until: Date }
  | { readonly ok: false; readonly reason: 'ended' }

export type ChangePassword = (
  person: ActingPerson & { readonly account: Account; readonly userType: UserType },
  typed: TypedPasswords,
  device: string | null,
  origin: Origin,
) => Promise<ChangePasswordResult>

export interface ChangePasswordParts {
  readonly changeAccount: ChangeAccount
  readonly confirmPassword: ConfirmPassword
  readonly passwords: Passwords
  readonly notices: Notices
  readonly audit: Audit
  readonly clock: Clock
  readonly checkNewPassword: CheckNewPassword
}

/** Ends everything but the session in which it is done, and tells every verified contact. */
export function createChangePassword(parts: ChangePasswordParts): ChangePassword {
  const { changeAccount, confirmPassword, passwords, notices, audit, clock, checkNewPassword } = parts

  function problemsOf(account: Account, userType: UserType, typed: TypedPasswords): ChangePasswordProblem[] {
    const problems: ChangePasswordProblem[] = []
    if (account.passwordHash !== null && typed.currentPassword === '')
      problems.push({ field: 'currentPassword', problem: 'missing' })
    const problem = checkNewPassword(typed.newPassword, account, userType)
    if (problem !== null) problems.push({ field: 'newPassword', problem })
    return problems
  }

  return async (person, typed, device, origin) => {
    const problems = problemsOf(person.account, person.userType, typed)
    if (problems.length > 0) return { ok: false, reason: 'problems', problems }
    const checked = person.account.passwordHash
    if (checked !== null) {
      const confirmed = await confirmPassword(person.account, typed.currentPassword, device, origin)
      if (!confirmed.ok) {
        if (confirmed.reason === 'paused') return confirmed
        return { ok: false, reason: 'problems', problems: [{ field: 'currentPassword', problem: 'wrong' }] }
      }
    }
    const passwordHash = await passwords.hash(typed.newPassword, { caller: networkOf(origin.ip ?? '') })
    const subject = { kind: 'account', id: person.accountId } as const
    const result = await changeAccount(person, async (account) => {
      // Another password by now: the one that was typed as the current one proves nothing about it.
      if (account.passwordHash !== checked) return { refusal: 'ended' }
      const entry = { ...origin, event: 'account.password-changed', outcome: 'success', subject } as const
      return {
        next: { ...account, passwordHash, passwordChangedAt: clock.now() },
        ends: 'others',
        audit: [await audit.entry(entry)],
        messages: notices.ofChange({ template: 'password-changed' }, account, origin),
      }
    })
    return result.ok ? { ok: true } : { ok: false, reason: 'ended' }
  }
}
