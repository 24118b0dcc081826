import type { Account, AccountStore } from '../../domain/accounts/index.ts'
import type { Audit, Origin } from '../../domain/audit/index.ts'
import { RESERVED_ROLES, roleSchema } from '../../domain/user-types/index.ts'
import type { Clock } from '../../lib/clock.ts'

export interface SetRolesParts {
  readonly accountStore: Pick<AccountStore, 'find' | 'replace'>
  readonly audit: Pick<Audit, 'entry'>
  readonly clock: Clock
}

export type SetRolesOutcome =
  | { readonly kind: 'changed' | 'unchanged'; readonly account: Account }
  | { readonly kind: 'unknown' }
  /** The account is not in the version any more that whoever changes it has seen. */
  | { readonly kind: 'stale' }
  /** Roles that nobody can be granted: malformed, or words of administration. */
  | { readonly kind: 'invalid'; readonly roles: readonly string[] }

const MOST_ROLES = 50

/**
 * Which roles an account has beside those of its type. Issued access tokens die in the same write and the next ones
 * carry the new roles; sessions and refresh tokens live on (product.md, Revocation). `from` is the version that was
 * seen (If-Match): of two administrators at once, the second is told.
 */
export function createSetRoles({ accountStore, audit, clock }: SetRolesParts) {
  return async (
    accountId: string,
    roles: readonly string[],
    from: number,
    origin: Origin,
  ): Promise<SetRolesOutcome> => {
    const wanted = [...new Set(roles)]
    const invalid = wanted.filter(
      (role) => !roleSchema.safeParse(role).success || RESERVED_ROLES.includes(role),
    )
    if (invalid.length > 0) return { kind: 'invalid', roles: invalid }
    if (wanted.length > MOST_ROLES) return { kind: 'invalid', roles: wanted.slice(MOST_ROLES) }
    const account = await accountStore.find(accountId)
    if (!account) return { kind: 'unknown' }
    if (account.version !== from) return { kind: 'stale' }
    const added = wanted.filter((role) => !account.roles.includes(role))
    const removed = account.roles.filter((role) => !wanted.includes(role))
    if (added.length + removed.length === 0) return { kind: 'unchanged', account }
    const owner = { kind: 'account', id: accountId } as const
    const entry = await audit.entry({
      ...origin,
      event: 'account.roles-changed',
      outcome: 'success',
      subject: owner,
      details: { added, removed },
    })
    const next = { ...account, roles: wanted }
    const raises = [{ owner, signIn: false }]
    const change = { from, added: [], removed: [], raises, audit: [entry], at: clock.now() }
    const result = await accountStore.replace(next, change)
    return result === 'replaced'
      ? { kind: 'changed', account: { ...next, version: from + 1 } }
      : { kind: 'stale' }
  }
}
