import { type Account, type Accounts, reachableBy } from '../../domain/accounts/index.ts'
import type { Audit, Origin } from '../../domain/audit/index.ts'
import type { Limits } from '../../domain/limits/index.ts'
import type { ChangeOutcome } from './change-account.ts'

export interface UnlockParts {
  readonly accounts: Accounts
  readonly limits: Limits
  readonly audit: Audit
}

/** Lifts the pauses of a person: of everything that they may type to sign in, and of their codes. */
export function createUnlock({ accounts, limits, audit }: UnlockParts) {
  /** What tries are counted for, as check-password and check-code name it. A contact that is not verified is nobody's. */
  function countedAs(account: Account): string[] {
    const { id, userId, employeeId } = account
    const contacts = (['email', 'sms'] as const).map((channel) => reachableBy(account, channel))
    const typed = [...contacts, userId, employeeId].filter((one) => one !== null)
    const counted = typed.flatMap((one) => accounts.canonicalForm(one) ?? [])
    return [id, ...counted.map(({ space, value }) => `${space}/${value}`)]
  }

  return async (accountId: string, origin: Origin): Promise<ChangeOutcome> => {
    const account = await accounts.find(accountId)
    if (!account) return { kind: 'unknown' }
    const subject = { kind: 'account', id: accountId } as const
    const entry = await audit.entry({ ...origin, event: 'account.unlocked', outcome: 'success', subject })
    await limits.forgive(countedAs(account), [entry])
    return { kind: 'changed', account }
  }
}
