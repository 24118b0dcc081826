import type { AccountStatus, AccountStore } from '../../domain/accounts/index.ts'
import type { Audit, Origin } from '../../domain/audit/index.ts'
import type { Clock } from '../../lib/clock.ts'
import { type ChangeOutcome, changeAccount } from './change-account.ts'

export interface DisableParts {
  readonly accountStore: AccountStore
  readonly audit: Audit
  readonly clock: Clock
}

type From = { readonly [S in AccountStatus]?: true }

/** An account that waits or is invited cannot sign in anyway: it is rejected instead. */
const MAY_BE_DISABLED: From = { active: true, deactivated: true }
const MAY_BE_ENABLED: From = { disabled: true, deactivated: true }

/**
 * Disabling ends sessions, refresh tokens, access tokens and known devices in the same write, by the raised
 * generation (product.md, Revocation). Enabling brings none of them back.
 */
export function createDisable({ accountStore, audit, clock }: DisableParts) {
  function move(to: 'disabled' | 'active', from: From, event: 'account.disabled' | 'account.enabled') {
    return (accountId: string, origin: Origin): Promise<ChangeOutcome> =>
      changeAccount<ChangeOutcome>(accountStore, accountId, async (account) => {
        if (account.status === to) return { outcome: { kind: 'unchanged', account } }
        if (!from[account.status]) return { outcome: { kind: 'wrong-status', status: account.status } }
        const owner = { kind: 'account', id: accountId } as const
        const entry = await audit.entry({ ...origin, event, outcome: 'success', subject: owner })
        const raises = to === 'disabled' ? [{ owner, signIn: true }] : []
        const next = { ...account, status: to, deactivatedAt: null }
        return { next, change: { added: [], removed: [], raises, audit: [entry], at: clock.now() } }
      })
  }

  return {
    disable: move('disabled', MAY_BE_DISABLED, 'account.disabled'),
    enable: move('active', MAY_BE_ENABLED, 'account.enabled'),
  }
}
