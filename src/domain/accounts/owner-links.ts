import { addSeconds, type Clock } from '../../lib/clock.ts'
import { newSecret, type Random } from '../../lib/ids.ts'
import type { AuditEntry } from '../audit/index.ts'
import type { Account } from './account.ts'
import type { AccountStore } from './account-store.ts'
import { linkHash } from './setup-links.ts'

const LIFETIME_SECONDS = 3600

/**
 * The link by which an owner who has forgotten the password sets a new one. Only the operator's shell makes one: it
 * is kept as a hash, and used up by the password that is set.
 */
export interface OwnerLinks {
  /** The secret of a fresh link, good for an hour; null when this is no owner, or one who may not sign in. */
  issue(account: Account, audit: readonly AuditEntry[]): Promise<string | null>
  /** Whom a live link helps; null for any other secret, and once the password was set by other means. */
  find(secret: string): Promise<Account | null>
}

export function createOwnerLinks(store: AccountStore, clock: Clock, random: Random): OwnerLinks {
  return {
    async issue(account, audit) {
      if (!mayRecover(account)) return null
      const secret = newSecret(random)
      const createdAt = clock.now()
      const expiresAt = addSeconds(createdAt, LIFETIME_SECONDS)
      await store.keepLink(
        {
          secretHash: linkHash(secret),
          purpose: 'owner-recovery',
          accountId: account.id,
          createdAt,
          expiresAt,
        },
        audit,
      )
      return secret
    },
    async find(secret) {
      const link = await store.findLink(linkHash(secret), clock.now())
      if (link?.purpose !== 'owner-recovery' || link.accountId === null) return null
      const account = await store.find(link.accountId)
      if (!account || !mayRecover(account)) return null
      const { passwordChangedAt } = account
      return passwordChangedAt !== null && passwordChangedAt >= link.createdAt ? null : account
    },
  }
}

/** A deactivated owner comes back by it; a disabled one is another owner's decision. */
function mayRecover({ adminRole, status }: Account): boolean {
  return adminRole === 'owner' && (status === 'active' || status === 'deactivated')
}
