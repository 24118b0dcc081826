import type { AccountStore } from '../../domain/accounts/index.ts'
import type { Audit, Origin } from '../../domain/audit/index.ts'
import { Unavailable } from '../../lib/errors.ts'
import type { ChangeOutcome } from './change-account.ts'
import { type TellPersonParts, tellPerson } from './tell-person.ts'

export interface RejectParts extends TellPersonParts {
  readonly accountStore: AccountStore
  readonly audit: Audit
  readonly wake: () => void
}

/** `unchanged` never happens: what was taken away is `unknown`. */
export type RejectOutcome = ChangeOutcome

const MOST_TRIES = 20

/**
 * Takes a waiting or invited account away: it never was one, so nothing hangs on it, its contact and its other
 * identifiers are free again, and a link to it leads nowhere. The audit keeps that it was there.
 */
export function createReject(parts: RejectParts) {
  const { accountStore, audit, clock, wake } = parts
  return async (accountId: string, origin: Origin): Promise<RejectOutcome> => {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const account = await accountStore.find(accountId)
      if (!account) return { kind: 'unknown' }
      const { status, version } = account
      if (status !== 'awaiting-approval' && status !== 'invited') return { kind: 'wrong-status', status }
      const entry = await audit.entry({
        ...origin,
        event: 'account.rejected',
        outcome: 'success',
        subject: { kind: 'account', id: accountId },
        details: { status, userType: account.userType },
      })
      const messages = tellPerson(parts, 'refused', account)
      const write = { audit: [entry], messages, at: clock.now() }
      if (await accountStore.remove(accountId, version, write)) {
        wake()
        return { kind: 'changed', account }
      }
    }
    throw new Unavailable('the account, which others change all the time')
  }
}
