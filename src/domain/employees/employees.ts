import type { ClaimWrite } from '../accounts/index.ts'
import type { FieldValues, UserType } from '../user-types/index.ts'
import type { EmployeeRecord } from './employee.ts'
import type { EmployeeStore } from './employee-store.ts'
import { matchesRecord } from './match-record.ts'
import { createStandingOf, type StandingOf, type StandingParts } from './standing.ts'

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
  | {
      readonly kind: 'confirmed'
      readonly claim: ClaimWrite
      /** Where the type takes any contact it may be one that the record does not hold. */
      readonly holdsContact: boolean
    }
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
  /** What the register says now of the employee that this account has claimed. */
  standingOf: StandingOf
}

export interface EmployeesParts extends StandingParts {
  readonly store: StandingParts['store'] & Pick<EmployeeStore, 'findClaim'>
  /** Region of a phone number that a record writes without a country code; null: none is assumed. */
  readonly phoneRegion: string | null
}

export function createEmployees(parts: EmployeesParts): Employees {
  const { store, register, clock, phoneRegion } = parts
  return {
    async check(applicant) {
      const { userType, employeeId, verified } = applicant
      if (userType.employee === null) throw new TypeError(`The type ${userType.id} has no employee check.`)
      const checkedAt = clock.now()
      // Both always: how long an answer takes says nothing of who is in the register, or has an account.
      const [answer, claim] = await Promise.all([register.find(employeeId), store.findClaim(employeeId)])
      if (answer.kind === 'unavailable') return { kind: 'unavailable' }
      if (answer.kind === 'absent') return { kind: 'refused', reason: 'no-record', holdsContact: false }
      const { record, version } = answer
      const holdsContact = isContactOf(record, verified)
      const reason = refusalOf(applicant, record, userType.employee, claim !== null)
      if (reason !== null) return { kind: 'refused', reason, holdsContact }
      const mustHold = userType.employee.contact === 'record' && verified !== 'by-administrator'
      if (mustHold && record.email === null && record.phone === null) return { kind: 'needs-approval' }
      if (mustHold && !holdsContact) return { kind: 'refused', reason: 'contact', holdsContact }
      return {
        kind: 'confirmed',
        holdsContact,
        claim: { employeeId, recordVersion: version, role: record.role, checkedAt },
      }
    },
    async isEmployeeId(name) {
      const { kind } = await register.find(name)
      return kind === 'found' ? 'yes' : kind === 'absent' ? 'no' : 'unavailable'
    },
    standingOf: createStandingOf(parts),
  }

  function refusalOf(
    { userType, fields }: Applicant,
    record: EmployeeRecord,
    { roles, match }: NonNullable<UserType['employee']>,
    isClaimed: boolean,
  ): ApplicantRefusal | null {
    if (record.status !== 'active') return 'not-active'
    if (!roles.includes(record.role)) return 'role'
    const matched = userType.fields.filter(({ name }) => match.includes(name))
    if (!matchesRecord(matched, fields, record, phoneRegion)) return 'no-match'
    return isClaimed ? 'claimed' : null
  }
}

/** Ids and names of officers are public: what proves something is a contact that the register knows. */
function isContactOf({ email, phone }: EmployeeRecord, verified: Applicant['verified']): boolean {
  if (verified === 'by-administrator') return false
  return verified.destination === (verified.channel === 'sms' ? phone : email)
}
