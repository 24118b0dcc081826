import type { AccountStore } from '../../domain/accounts/index.ts'
import type { Audit, Origin } from '../../domain/audit/index.ts'
import type { Clock } from '../../lib/clock.ts'
import { Unavailable } from '../../lib/errors.ts'

export interface DeleteAccountParts {
  readonly accountStore: Pick<AccountStore, 'find' | 'erase'>
  readonly audit: Pick<Audit, 'entry'>
  readonly clock: Clock
}

export type DeleteOutcome = { readonly kind: 'deleted' } | { readonly kind: 'unknown' }

const MOST_TRIES = 20

/**
 * Erases a person: fields, contacts, identifiers and codes are gone, the employee id is free for another claim, what
 * was given to the account is dead, and what is personal in the audit opens no more. The audit keeps the id, a
 * pseudonym, and what was done under it; the register of employees keeps its record, which is the organisation's.
 */
export function createDeleteAccount({ accountStore, audit, clock }: DeleteAccountParts) {
  return async (accountId: string, origin: Origin): Promise<DeleteOutcome> => {
    const owner = { kind: 'account', id: accountId } as const
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const account = await accountStore.find(accountId)
      if (!account) return { kind: 'unknown' }
      const { status, userType, version } = account
      const entry = await audit.entry({
        ...origin,
        event: 'account.deleted',
        outcome: 'success',
        subject: owner,
        details: { status, userType },
      })
      const write = { raises: [{ owner, signIn: true }], audit: [entry], at: clock.now() }
      if (await accountStore.erase(accountId, version, write)) return { kind: 'deleted' }
    }
    throw new Unavailable('the account, which others change all the time')
  }
}
