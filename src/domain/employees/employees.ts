import type { ClaimWrite } from '../accounts/index.ts'
import type { FieldValues, UserType } from '../user-types/index.ts'

/** Somebody who says that they are an employee of the register. */
export interface Applicant {
  readonly userType: UserType
  /** Canonical. */
  readonly employeeId: string
  readonly fields: FieldValues
  /** The contact proved just now; `by-administrator` where somebody who may vouches for the person. */
  readonly verified: { readonly channel: 'sms' | 'email'; readonly destination: string } | 'by-administrator'
}

/** Which part failed; for the audit alone, people never hear more than that it did. */
export type ApplicantRefusal = 'no-record' | 'not-active' | 'role' | 'no-match' | 'contact' | 'claimed'

export type ApplicantAnswer =
  /** The claim is won by the write that makes the account, or not at all. */
  | { readonly kind: 'confirmed'; readonly claim: ClaimWrite }
  /** All is right, but the record knows no contact that could prove it: an administrator decides. */
  | { readonly kind: 'needs-approval' }
  | {
      readonly kind: 'refused'
      readonly reason: ApplicantRefusal
      /** Does the record hold the contact that was proved? Then nobody else's failed tries count against it. */
      readonly holdsContact: boolean
    }
  /** The register cannot be asked now. */
  | { readonly kind: 'unavailable' }

export interface Employees {
  /** May this person claim this employee id? Only looks. */
  check(applicant: Applicant): Promise<ApplicantAnswer>
  /** Is this name an employee id of the register? Nobody may have it as their user id then. */
  isEmployeeId(name: string): Promise<'yes' | 'no' | 'unavailable'>
}
