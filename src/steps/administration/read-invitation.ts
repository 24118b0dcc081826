import {
  type FieldFault,
  type FieldValues,
  RESERVED_ROLES,
  readFields,
  roleSchema,
  type UserType,
} from '../../domain/user-types/index.ts'
import { canonicalEmail, canonicalName, canonicalPhone } from '../../lib/canonical.ts'
import type { ReadNewAccountParts } from '../read-new-account.ts'
import { isServed } from '../served-countries.ts'

/** An invitation as an administrator writes it. */
export interface InvitationTyped {
  readonly userType: string
  /** One of both. */
  readonly email?: string
  readonly phone?: string
  readonly employeeId?: string
  /** What is known already; the person is asked for the rest. */
  readonly fields?: Readonly<Record<string, unknown>>
  readonly roles?: readonly string[]
}

export type InvitationProblem =
  | { readonly field: 'userType'; readonly problem: 'unknown' }
  | { readonly field: 'contact'; readonly problem: 'missing' | 'both' }
  | { readonly field: 'email' | 'phone'; readonly problem: 'malformed' | 'not-of-type' | 'refused' | 'taken' }
  | { readonly field: 'employeeId'; readonly problem: 'malformed' | 'not-of-type' }
  | { readonly field: 'roles'; readonly problem: RoleProblem; readonly value: string }
  | { readonly field: `field.${string}`; readonly problem: FieldFault }

/** `reserved`: a word of administration, which no role may be. */
export type RoleProblem = 'malformed' | 'reserved'

export interface InvitationRules {
  readonly phoneRegion: string | null
  /** Where text messages go: an invitation elsewhere could not be accepted. */
  readonly countries: ReadNewAccountParts['countries']
}

export type ReadInvitationResult =
  | {
      readonly ok: true
      readonly contact: { readonly kind: 'email' | 'phone'; readonly value: string }
      readonly employeeId: string | null
      readonly fields: FieldValues
      readonly roles: readonly string[]
    }
  | { readonly ok: false; readonly problems: readonly InvitationProblem[] }

/** All values in canonical form, or everything that is wrong with them. */
export function readInvitation(
  typed: InvitationTyped,
  userType: UserType,
  rules: InvitationRules,
): ReadInvitationResult {
  const { phoneRegion } = rules
  const problems: InvitationProblem[] = []
  const contact = readContact(typed, userType, rules, problems)

  const employeeId = typed.employeeId === undefined ? null : canonicalName(typed.employeeId)
  if (typed.employeeId !== undefined) {
    if (userType.employee === null) problems.push({ field: 'employeeId', problem: 'not-of-type' })
    else if (employeeId === null) problems.push({ field: 'employeeId', problem: 'malformed' })
  }

  const { fields: given = {}, roles: typedRoles = [] } = typed
  const known = new Set(userType.fields.map(({ name }) => name))
  for (const name of Object.keys(given))
    if (!known.has(name)) problems.push({ field: `field.${name}`, problem: 'unknown' })
  const asked = ({ name }: { readonly name: string }) => Object.hasOwn(given, name)
  const ofType = Object.fromEntries(Object.entries(given).filter(([name]) => known.has(name)))
  const fields = readFields(userType.fields, ofType, { phoneRegion, asked })
  if (!fields.ok)
    problems.push(
      ...fields.faults.map(({ name, fault }) => ({ field: `field.${name}`, problem: fault }) as const),
    )

  const roles = [...new Set(typedRoles)]
  for (const value of roles) {
    const problem = roleProblem(value)
    if (problem !== null) problems.push({ field: 'roles', problem, value })
  }
  if (problems.length > 0 || contact === null || !fields.ok) return { ok: false, problems }
  return { ok: true, contact, employeeId, fields: fields.values, roles }
}

function readContact(
  { email, phone }: InvitationTyped,
  { contacts, otp }: UserType,
  { phoneRegion, countries }: InvitationRules,
  problems: InvitationProblem[],
): { kind: 'email' | 'phone'; value: string } | null {
  if ((email === undefined) === (phone === undefined)) {
    problems.push({ field: 'contact', problem: email === undefined ? 'missing' : 'both' })
    return null
  }
  const kind = email === undefined ? 'phone' : 'email'
  // Whoever gets no code there could accept, and never sign in.
  if (contacts[kind] === 'none' || !otp.channels.includes(kind === 'phone' ? 'sms' : 'email')) {
    problems.push({ field: kind, problem: 'not-of-type' })
    return null
  }
  const value = kind === 'email' ? canonicalEmail(email ?? '') : canonicalPhone(phone ?? '', phoneRegion)
  if (value === null) problems.push({ field: kind, problem: 'malformed' })
  else if (kind === 'phone' && !isServed(value, countries)) problems.push({ field: kind, problem: 'refused' })
  return value === null ? null : { kind, value }
}

/** What is wrong with a role that is granted directly; null when nothing is. */
export function roleProblem(role: string): RoleProblem | null {
  if (!roleSchema.safeParse(role).success) return 'malformed'
  return RESERVED_ROLES.includes(role) ? 'reserved' : null
}
