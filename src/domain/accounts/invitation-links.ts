import { addSeconds, type Clock } from '../../lib/clock.ts'
import { newSecret, type Random } from '../../lib/ids.ts'
import type { Account } from './account.ts'
import type { AccountStore, OneTimeLink } from './account-store.ts'
import { linkHash } from './setup-links.ts'

const LIFETIME_SECONDS = 72 * 3600

/** Whom a live link invites. */
export interface Invited {
  readonly account: Account
  readonly link: OneTimeLink
}

/** The links that invite: sent to one contact and shown to nobody, so that following one proves the contact. */
export interface InvitationLinks {
  /** A fresh link to an account, good for 72 hours; nothing is stored yet. */
  draft(accountId: string): { readonly secret: string; readonly link: OneTimeLink }
  /** Null when the link was used, has ended, or was never made. */
  find(secret: string): Promise<Invited | null>
  /** Whom a link invited, whatever has become of the account. */
  findAccount(id: string): Promise<Account | null>
}

export function createInvitationLinks(
  store: Pick<AccountStore, 'find' | 'findLink'>,
  clock: Clock,
  random: Random,
): InvitationLinks {
  return {
    draft(accountId) {
      const secret = newSecret(random)
      const createdAt = clock.now()
      const expiresAt = addSeconds(createdAt, LIFETIME_SECONDS)
      const link = {
        secretHash: linkHash(secret),
        purpose: 'invitation',
        accountId,
        createdAt,
        expiresAt,
      } as const
      return { secret, link }
    },
    findAccount: (id) => store.find(id),
    async find(secret) {
      const link = await store.findLink(linkHash(secret), clock.now())
      if (link?.purpose !== 'invitation' || link.accountId === null) return null
      const account = await store.find(link.accountId)
      // Withdrawn: the account that it led to is gone.
      return account?.status === 'invited' ? { account, link } : null
    },
  }
}
