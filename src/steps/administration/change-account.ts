import type { Account, AccountChange, AccountStatus, AccountStore } from '../../domain/accounts/index.ts'
import { Unavailable } from '../../lib/errors.ts'

/** What an account is to become, with everything that goes into the same write. */
export interface PlannedChange {
  readonly next: Account
  readonly change: Omit<AccountChange, 'from'>
}

/** Of nearly every change of an account by an administrator. */
export type ChangeOutcome =
  | { readonly kind: 'changed'; readonly account: Account }
  /** It was so already; nothing was written. */
  | { readonly kind: 'unchanged'; readonly account: Account }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'wrong-status'; readonly status: AccountStatus }

/** An account changes with every sign-in; so many times in a row it does not. */
const MOST_TRIES = 20

/**
 * Reads, plans, writes; and begins again when the account was changed in between, or when what is claimed was. `plan`
 * may answer that nothing is to be changed.
 */
export async function changeAccount<Other>(
  store: Pick<AccountStore, 'find' | 'replace'>,
  id: string,
  plan: (account: Account) => Promise<PlannedChange | { readonly outcome: Other }>,
): Promise<Other | { readonly kind: 'changed'; readonly account: Account } | { readonly kind: 'unknown' }> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const account = await store.find(id)
    if (!account) return { kind: 'unknown' }
    const planned = await plan(account)
    if ('outcome' in planned) return planned.outcome
    const result = await store.replace(planned.next, { ...planned.change, from: account.version })
    if (result === 'replaced')
      return { kind: 'changed', account: { ...planned.next, version: account.version + 1 } }
  }
  throw new Unavailable('the account, which others change all the time')
}
