import type { AuditEntry } from '../audit/index.ts'
import type { Raise } from '../revocations/index.ts'
import type { EmployeeClaim, EmployeeRecord, Office, StoredEmployee } from './employee.ts'

/** What goes into the same write as a change of the register. */
export interface EmployeeWrite {
  readonly audit: readonly AuditEntry[]
  readonly raises: readonly Raise[]
  readonly at: Date
}

/** An account of whose employee the register says something else from now on, in what its roles hang on. */
export interface AffectedClaim {
  readonly accountId: string
  readonly employeeId: string
  readonly before: Office
  readonly after: Office
}

/** A claim, and what the built-in register says of its employee at the same moment; null: nothing. */
export interface HeldEmployee {
  readonly claim: EmployeeClaim
  readonly record: Pick<EmployeeRecord, 'role' | 'status'> | null
}

/** A row of an import that cannot be taken over. */
export interface StagedProblem {
  readonly row: number
  readonly employeeId: string
  /** `twice`: an earlier row has the same id. `user-id`: an account has it as its user id. */
  readonly problem: 'twice' | 'user-id'
}

export interface ImportSummary {
  readonly added: number
  readonly changed: number
  readonly same: number
}

/** What publishing an import would do. */
export interface ImportPlan {
  readonly summary: ImportSummary
  /** By account id. */
  readonly affected: readonly AffectedClaim[]
}

/** The built-in register, and who has claimed what in any register. Claims are made by the account store. */
export interface EmployeeStore {
  find(employeeId: string): Promise<StoredEmployee | null>
  /** By employee id, after `after`. */
  list(after: string | null, limit: number): Promise<StoredEmployee[]>
  findClaim(employeeId: string): Promise<EmployeeClaim | null>
  findClaimOf(accountId: string): Promise<EmployeeClaim | null>
  /** Claim and record of one moment. */
  findHeld(accountId: string): Promise<HeldEmployee | null>

  /** Throws DuplicateKey when the id is there, or is somebody's user id. */
  insert(record: EmployeeRecord, write: EmployeeWrite): Promise<void>
  /**
   * Puts `next` in the place of the record while its version is `from.version` and it is claimed by
   * `from.claimedBy` (null: by nobody); false when not. The claim notes the new role and status.
   */
  replace(
    next: EmployeeRecord,
    from: { readonly version: number; readonly claimedBy: string | null },
    write: EmployeeWrite,
  ): Promise<boolean>
  /** Notes what a register said of a claimed employee while the last note is of `from`; false when it is not. */
  noteCheck(
    claim: EmployeeClaim,
    from: Date,
    write: Pick<EmployeeWrite, 'audit' | 'raises'>,
  ): Promise<boolean>
  /**
   * Gives the employee id free again, while `accountId` has it; false when it has not. The account loses it, as its
   * identifier too, and its version rises: else nobody could sign up with it anew.
   */
  releaseClaim(employeeId: string, accountId: string, write: EmployeeWrite): Promise<boolean>

  /** Lays rows of an import aside, in the order of the file; nothing of them is in the register yet. */
  stage(
    importId: string,
    rows: readonly { readonly row: number; readonly record: EmployeeRecord }[],
    expiresAt: Date,
  ): Promise<StagedProblem[]>
  /** What publishing would do now. */
  plan(importId: string): Promise<ImportPlan>
  /**
   * Takes all staged rows over in one step, while that does exactly what `plan` says; false when it would not, and
   * nothing is taken over then. Records that the import does not name stay as they are. The rows stay aside until they
   * are discarded: to delete them would keep everybody who writes waiting as long again.
   */
  publish(importId: string, plan: ImportPlan, write: EmployeeWrite): Promise<boolean>
  /** Deletes up to `limit` rows that were laid aside for this import; answers how many. */
  discard(importId: string, limit: number): Promise<number>
  /** Deletes up to `limit` staged rows of imports that were never published. */
  tidy(now: Date, limit: number): Promise<number>
}
