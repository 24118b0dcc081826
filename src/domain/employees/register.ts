import type { EmployeeRecord } from './employee.ts'

/** What a register says of an employee id. */
export type RegisterAnswer =
  | {
      readonly kind: 'found'
      readonly record: EmployeeRecord
      /** In the built-in register; a claim is only made while it is the same. */
      readonly version: number | null
    }
  | { readonly kind: 'absent' }
  /** It cannot be asked now; `reason` is for the operator. */
  | { readonly kind: 'unavailable'; readonly reason: string }

/** A register of employees: the built-in one, or the service of an organisation. Never throws for what it answers. */
export interface Register {
  /** Does a record show at once what it says (the built-in one), or only when it is asked? */
  readonly isLive: boolean
  find(employeeId: string): Promise<RegisterAnswer>
}
