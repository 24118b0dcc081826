import type { AccountStore } from '../../domain/accounts/index.ts'
import type { Audit, Origin } from '../../domain/audit/index.ts'
import type { Clock } from '../../lib/clock.ts'
import { type ChangeOutcome, changeAccount } from './change-account.ts'

export interface EndSignInsParts {
  readonly accountStore: Pick<AccountStore, 'find' | 'replace'>
  readonly audit: Pick<Audit, 'entry'>
  readonly clock: Clock
}

/** Signs somebody out everywhere: nothing that was given to the account before is alive, known devices included. */
export function createEndSignIns({ accountStore, audit, clock }: EndSignInsParts) {
  return (accountId: string, origin: Origin, reason?: string): Promise<ChangeOutcome> =>
    changeAccount<ChangeOutcome>(accountStore, accountId, async (account) => {
      const owner = { kind: 'account', id: accountId } as const
      const entry = await audit.entry({
        ...origin,
        event: 'account.sign-ins-ended',
        outcome: 'success',
        subject: owner,
        ...(reason !== undefined && { reason }),
      })
      const raises = [{ owner, signIn: true }]
      return { next: account, change: { added: [], removed: [], raises, audit: [entry], at: clock.now() } }
    })
}
