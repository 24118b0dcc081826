import type {
  Account,
  AccountFields,
  AccountStore,
  Accounts,
  ClaimWrite,
} from '../../domain/accounts/index.ts'
import type { Audit, Origin } from '../../domain/audit/index.ts'
import type { ApplicantRefusal, Employees } from '../../domain/employees/index.ts'
import type { UserType, UserTypeStore } from '../../domain/user-types/index.ts'
import { DuplicateKey } from '../../lib/errors.ts'
import { type ChangeOutcome, changeAccount, type PlannedChange } from './change-account.ts'
import { type TellPersonParts, tellPerson } from './tell-person.ts'

/**
 * Why a waiting account of a restricted type cannot be approved. An administrator is told, people never are.
 * `taken`: somebody signs in by this employee id, which is their user id.
 */
export type ApprovalRefusal = ApplicantRefusal | 'no-employee-id' | 'taken'

export type ApproveOutcome =
  | ChangeOutcome
  | { readonly kind: 'refused'; readonly reason: ApprovalRefusal }
  | { readonly kind: 'register-unavailable' }

export interface ApproveParts extends TellPersonParts {
  readonly accounts: Accounts
  readonly accountFields: AccountFields
  readonly accountStore: AccountStore
  readonly userTypes: UserTypeStore
  readonly employees: Pick<Employees, 'check'>
  readonly audit: Audit
  readonly wake: () => void
}

type Claimed =
  | { readonly kind: 'claimed'; readonly claim: ClaimWrite | null }
  | Exclude<ApproveOutcome, ChangeOutcome>

/**
 * Makes a waiting account active. It holds no claim while it waits, so that several may wait for one employee id and
 * none blocks the true owner: the claim is made now, or the approval is refused.
 */
export function createApprove(parts: ApproveParts) {
  const { accounts, accountFields, accountStore, userTypes, employees, audit, clock, wake } = parts

  async function claimFor(account: Account, userType: UserType): Promise<Claimed> {
    if (userType.employee === null) return { kind: 'claimed', claim: null }
    const { employeeId } = account
    if (employeeId === null) return { kind: 'refused', reason: 'no-employee-id' }
    const fields = accountFields.open(account)
    const answer = await employees.check({ userType, employeeId, fields, verified: 'by-administrator' })
    switch (answer.kind) {
      case 'confirmed':
        return { kind: 'claimed', claim: answer.claim }
      case 'refused':
        return { kind: 'refused', reason: answer.reason }
      case 'needs-approval':
        // Whoever asks is the administrator.
        return { kind: 'refused', reason: 'contact' }
      case 'unavailable':
        return { kind: 'register-unavailable' }
    }
  }

  async function plan(
    account: Account,
    origin: Origin,
  ): Promise<PlannedChange | { readonly outcome: ApproveOutcome }> {
    const { status } = account
    if (status === 'active') return { outcome: { kind: 'unchanged', account } }
    if (status !== 'awaiting-approval') return { outcome: { kind: 'wrong-status', status } }
    const stored = await userTypes.find(account.userType)
    if (!stored) throw new Error(`There is no user type "${account.userType}".`)
    const claimed = await claimFor(account, stored.type)
    if (claimed.kind !== 'claimed') return { outcome: claimed }

    const next = { ...account, status: 'active' } as const
    const before = new Set(accounts.identifiersOf(account, stored.type).map(keyOf))
    const added = accounts.identifiersOf(next, stored.type).filter((one) => !before.has(keyOf(one)))
    const subject = { kind: 'account', id: account.id } as const
    const entry = await audit.entry({ ...origin, event: 'account.approved', outcome: 'success', subject })
    const write = { raises: [], audit: [entry], messages: tellPerson(parts, 'approved', account) }
    const claim = claimed.claim === null ? {} : { claim: claimed.claim }
    return { next, change: { added, removed: [], ...claim, ...write, at: clock.now() } }
  }

  return async (accountId: string, origin: Origin): Promise<ApproveOutcome> => {
    const outcome = await changeAccount<ApproveOutcome>(accountStore, accountId, (account) =>
      plan(account, origin),
    ).catch((error: unknown): ApproveOutcome => {
      if (error instanceof DuplicateKey) return { kind: 'refused', reason: 'taken' }
      throw error
    })
    if (outcome.kind === 'changed') wake()
    if (outcome.kind === 'refused') {
      const { reason } = outcome
      const subject = { kind: 'account', id: accountId } as const
      await audit.record({
        ...origin,
        event: 'account.approval-refused',
        outcome: 'failure',
        reason,
        subject,
      })
    }
    return outcome
  }
}

function keyOf({ space, value }: { readonly space: string; readonly value: string }): string {
  return `${space}/${value}`
}
