import type { Account } from '../accounts/index.ts'
import type { Employees } from '../employees/index.ts'
import type { UserType } from '../user-types/index.ts'

export interface Roles {
  /**
   * The roles that a person may claim right now, sorted, each once; derived at each token, never stored. Asking may
   * find that the register has changed its word, and end the account's access tokens.
   */
  rolesOf(account: Account, userType: UserType): Promise<string[]>
}

export interface RolesParts {
  readonly employees: Pick<Employees, 'standingOf'>
}

export function createRoles({ employees }: RolesParts): Roles {
  return {
    async rolesOf(account, userType) {
      if (!(await mayHaveRoles(account, userType))) return []
      return [...new Set([...userType.roles, ...account.roles])].sort()
    },
  }

  /** An office that is not held gives nothing, also not what was granted directly to whoever held it. */
  async function mayHaveRoles(account: Account, { employee }: UserType): Promise<boolean> {
    if (employee === null) return true
    const standing = await employees.standingOf(account)
    return (
      standing.kind === 'claimed' && standing.status === 'active' && employee.roles.includes(standing.role)
    )
  }
}
