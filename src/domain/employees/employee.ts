/** Whether somebody holds the office that a record speaks of. */
export type EmployeeStatus = 'active' | 'suspended' | 'ended'

/** A row of the register of employees. */
export interface EmployeeRecord {
  /** Canonical form: what is looked up. */
  readonly employeeId: string
  /** As the register writes it: what is shown. */
  readonly shownId: string
  readonly role: string
  readonly status: EmployeeStatus
  readonly fullName: string | null
  /** Canonical, like the phone; null when the register knows none. */
  readonly email: string | null
  readonly phone: string | null
  /** Further columns, which a type may match. */
  readonly attributes: Readonly<Record<string, string>>
}

/** A record of the built-in register, in one of its versions. */
export interface StoredEmployee extends EmployeeRecord {
  /** Rises with every change, from 1. */
  readonly version: number
  readonly changedAt: Date
}

/** What of a record roles hang on. */
export interface Office {
  readonly role: string
  /** `absent`: the register has no such record any more. */
  readonly status: EmployeeStatus | 'absent'
}

/** The one account that an employee id belongs to, and what the register said of it when it was last asked. */
export interface EmployeeClaim extends Office {
  readonly employeeId: string
  readonly accountId: string
  readonly claimedAt: Date
  readonly checkedAt: Date
}
