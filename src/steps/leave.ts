import type { Account } from '../domain/accounts/index.ts'
import type { Audit, Origin } from '../domain/audit/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { ActingPerson, ChangeAccount } from './change-account.ts'
import type { ConfirmPassword } from './confirm-password.ts'

export type DeactivateResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'missing' | 'wrong' | 'ended' }
  | { readonly ok: false; readonly reason: 'paused'; readonly until: Date }

/** The two ways to end every sign-in of one's own account, this one included. */
export interface Leave {
  /** False when the session had ended before. */
  signOutEverywhere(person: ActingPerson, origin: Origin): Promise<boolean>
  /** Data is kept; nobody signs in before the account is brought back. */
  deactivate(
    person: ActingPerson & { readonly account: Account },
    currentPassword: string,
    device: string | null,
    origin: Origin,
  ): Promise<DeactivateResult>
}

export interface LeaveParts {
  readonly changeAccount: ChangeAccount
  readonly confirmPassword: ConfirmPassword
  readonly audit: Audit
  readonly clock: Clock
}

export function createLeave({ changeAccount, confirmPassword, audit, clock }: LeaveParts): Leave {
  const entryOf = (
    event: 'account.signed-out-everywhere' | 'account.deactivated',
    { accountId }: ActingPerson,
    origin: Origin,
  ) =>
    audit.entry({
      ...origin,
      event,
      outcome: 'success',
      subject: { kind: 'account', id: accountId } as const,
    })

  return {
    async signOutEverywhere(person, origin) {
      const result = await changeAccount(person, async (account) => ({
        next: account,
        ends: 'everything',
        audit: [await entryOf('account.signed-out-everywhere', person, origin)],
      }))
      return result.ok
    },

    async deactivate(person, currentPassword, device, origin) {
      const checked = person.account.passwordHash
      if (checked !== null) {
        if (currentPassword === '') return { ok: false, reason: 'missing' }
        const confirmed = await confirmPassword(person.account, currentPassword, device, origin)
        if (!confirmed.ok) return confirmed
      }
      const result = await changeAccount(person, async (account) => {
        if (account.passwordHash !== checked) return { refusal: 'ended' }
        return {
          next: { ...account, status: 'deactivated', deactivatedAt: clock.now() },
          ends: 'everything',
          audit: [await entryOf('account.deactivated', person, origin)],
        }
      })
      return result.ok ? { ok: true } : { ok: false, reason: 'ended' }
    },
  }
}
