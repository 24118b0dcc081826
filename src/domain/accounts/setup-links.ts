import { addSeconds, type Clock } from '../../lib/clock.ts'
import { sha256 } from '../../lib/hash.ts'
import { newSecret, type Random } from '../../lib/ids.ts'
import type { AuditEntry } from '../audit/index.ts'
import type { AccountStore } from './account-store.ts'

const LIFETIME_SECONDS = 86_400

/** The link that makes the first owner: shown once, kept as a hash, used up by the account that it makes. */
export interface SetupLinks {
  /** The secret of a fresh link, good for 24 hours while no owner exists; null when one does. */
  issue(audit: readonly AuditEntry[]): Promise<string | null>
  isLive(secret: string): Promise<boolean>
}

export function createSetupLinks(store: AccountStore, clock: Clock, random: Random): SetupLinks {
  return {
    async issue(audit) {
      if (await store.hasOwner()) return null
      const secret = newSecret(random)
      const createdAt = clock.now()
      const expiresAt = addSeconds(createdAt, LIFETIME_SECONDS)
      await store.keepLink(
        { secretHash: linkHash(secret), purpose: 'setup', accountId: null, createdAt, expiresAt },
        audit,
      )
      return secret
    },
    async isLive(secret) {
      if (await store.hasOwner()) return false
      return (await store.findLink(linkHash(secret), clock.now()))?.purpose === 'setup'
    },
  }
}

/** A link's secret has 256 random bits: a plain digest keeps it unusable at rest. */
export function linkHash(secret: string): Buffer {
  return sha256(secret)
}
