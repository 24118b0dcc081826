import type { Account } from '../accounts/index.ts'
import type { UserType } from '../user-types/index.ts'

/** The roles that a person may claim right now, sorted, each once. Derived at each token, never stored. */
export function effectiveRoles(account: Account, userType: UserType): string[] {
  return [...new Set([...userType.roles, ...account.roles])].sort()
}
