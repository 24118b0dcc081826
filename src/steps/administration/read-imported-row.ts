import { z } from 'zod'
import type { Account, Accounts, Contact } from '../../domain/accounts/index.ts'
import type { OldPasswords } from '../../domain/passwords/index.ts'
import {
  type FieldFault,
  type FieldValues,
  readFields,
  type StoredUserType,
  type UserType,
} from '../../domain/user-types/index.ts'
import { canonicalEmail, canonicalName, canonicalPhone } from '../../lib/canonical.ts'
import { roleProblem } from './read-invitation.ts'

/** What keeps one row of an import from being taken over: where, and what to write instead. */
export interface RowProblem {
  /** The column or key; null: the row as a whole. */
  readonly column: string | null
  readonly problem: string
}

export interface ReadRow {
  readonly account: Account
  readonly userType: UserType
  readonly fields: FieldValues
  /** Its old hash is dearer than ours: until it is replaced, a check of it takes longer than any other. */
  readonly hasDearHash: boolean
}

export type ReadRowResult =
  | ({ readonly ok: true } & ReadRow)
  | { readonly ok: false; readonly problems: readonly RowProblem[] }

export interface RowRules {
  readonly userTypes: ReadonlyMap<string, StoredUserType>
  /** Of rows that name none. */
  readonly userType: string | null
  readonly accounts: Accounts
  readonly oldPasswords: OldPasswords
  readonly phoneRegion: string | null
  readonly now: Date
}

const text = z.string('must be text')
const flag = z.boolean('must be true or false')
const rowSchema = z.strictObject({
  userType: text.optional(),
  email: text.optional(),
  phone: text.optional(),
  userId: text.optional(),
  employeeId: text.optional(),
  passwordHash: text.optional(),
  emailVerified: flag.default(true),
  phoneVerified: flag.default(true),
  status: z.enum(['active', 'disabled'], 'must be active or disabled').default('active'),
  roles: z.array(text, 'must be a list of texts').max(50, 'must be 50 at most').default([]),
  fields: z.custom<Readonly<Record<string, unknown>>>(isObject, 'must be an object').default({}),
  createdAt: z.iso
    .datetime({ offset: true, error: 'must be a time like 2026-11-21T13:45:26Z' })
    .transform((at) => new Date(at))
    .optional(),
})
type Row = z.output<typeof rowSchema>

/** The columns of an import, beside one `field.…` for each field of a type. */
export const IMPORTED_COLUMNS: readonly string[] = Object.keys(rowSchema.shape).filter(
  (one) => one !== 'fields',
)

/** A row as an account, or everything that is wrong with it. Nothing is looked up. */
export function readImportedRow(value: unknown, rules: RowRules): ReadRowResult {
  if (!isObject(value)) return bad([{ column: null, problem: 'must be an object, {"email": …}' }])
  const given = Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null))
  const parsed = rowSchema.safeParse(given)
  if (!parsed.success) return bad(parsed.error.issues.flatMap(problemsOf))
  const row = parsed.data
  const id = row.userType ?? rules.userType
  if (id === null) return bad([{ column: 'userType', problem: 'is missing; write one, or --type' }])
  const stored = rules.userTypes.get(id)
  if (!stored) return bad([{ column: 'userType', problem: `there is no user type "${id}"` }])
  return readAs(row, stored, rules)
}

function readAs(row: Row, { type, version }: StoredUserType, rules: RowRules): ReadRowResult {
  const { phoneRegion, now } = rules
  const problems: RowProblem[] = []
  const wrong = (column: string | null, problem: string) => problems.push({ column, problem })

  const read = (kind: 'email' | 'phone', canonical: string | null): Contact | null => {
    const typed = row[kind] ?? ''
    const presence = type.contacts[kind]
    if (typed === '') {
      if (presence === 'required') wrong(kind, `is missing; accounts of the type ${type.id} need it`)
      return null
    }
    if (presence === 'none') wrong(kind, `accounts of the type ${type.id} have none; leave it out`)
    else if (canonical === null) wrong(kind, MALFORMED[kind])
    return canonical === null ? null : { value: canonical, verifiedAt: row[`${kind}Verified`] ? now : null }
  }
  const email = read('email', canonicalEmail(row.email ?? ''))
  const phone = read('phone', canonicalPhone(row.phone ?? '', phoneRegion))
  const carried = { sms: phone, email } as const
  const isReachable = type.otp.channels.some((channel) => carried[channel]?.verifiedAt)
  if (problems.length === 0 && !isReachable) {
    const columns = type.otp.channels.map((channel) => (channel === 'sms' ? 'phone' : 'email')).join(' or ')
    wrong(null, `no code could reach this person; write a verified ${columns}`)
  }

  const userId = readName(row.userId, type.identifiers.includes('userId'))
  const employeeId = readName(row.employeeId, type.employee !== null)
  for (const [column, name] of [
    ['userId', userId],
    ['employeeId', employeeId],
  ] as const) {
    if (name === 'not-of-type') wrong(column, `accounts of the type ${type.id} have none; leave it out`)
    if (name === 'malformed') wrong(column, 'must be 1 to 64 characters, without @ and not beginning with +')
  }
  if (type.employee !== null && employeeId === null)
    wrong('employeeId', `is missing; accounts of the type ${type.id} need it`)
  if (userId !== null && userId === employeeId) wrong('userId', 'must not be the employee ID; leave it out')
  const signsInBy = { email: email?.verifiedAt, phone: phone?.verifiedAt, userId, employeeId }
  if (problems.length === 0 && !type.identifiers.some((kind) => signsInBy[kind]))
    wrong(null, `nothing here signs this person in; write one of ${type.identifiers.join(', ')}`)

  const fields = readFields(type.fields, row.fields, { phoneRegion })
  if (!fields.ok) for (const { name, fault } of fields.faults) wrong(`field.${name}`, FIELD_FAULTS[fault])
  for (const role of row.roles) {
    const problem = roleProblem(role)
    if (problem === 'reserved') wrong('roles', `"${role}" is a word of administration, not a role`)
    if (problem === 'malformed') wrong('roles', `"${role}" must be letters, digits or ._:-, at most 64`)
  }
  if (row.createdAt !== undefined && row.createdAt > now) wrong('createdAt', 'must not be in the future')
  const password = row.passwordHash === undefined ? null : rules.oldPasswords.adopt(row.passwordHash)
  if (password?.ok === false) wrong('passwordHash', HASH_PROBLEMS[password.reason])

  if (problems.length > 0 || !fields.ok || password?.ok === false) return bad(problems)
  const account = rules.accounts.draft({
    userType: type,
    userTypeVersion: version,
    status: row.status,
    email,
    phone,
    userId,
    employeeId,
    fields: fields.values,
    roles: [...new Set(row.roles)],
    passwordHash: password?.stored ?? null,
    adminRole: null,
  })
  return {
    ok: true,
    account: { ...account, createdAt: row.createdAt ?? account.createdAt },
    userType: type,
    fields: fields.values,
    hasDearHash: password?.isDear ?? false,
  }
}

function bad(problems: readonly RowProblem[]): ReadRowResult {
  return { ok: false, problems }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function problemsOf(issue: z.core.$ZodIssue): RowProblem[] {
  if (issue.code !== 'unrecognized_keys') return [{ column: String(issue.path[0]), problem: issue.message }]
  return issue.keys.map((column) => ({ column, problem: 'is no column of an import; leave it out' }))
}

function readName(typed: string | undefined, isOfType: boolean): string | 'malformed' | 'not-of-type' | null {
  if (typed === undefined || typed === '') return null
  if (!isOfType) return 'not-of-type'
  return canonicalName(typed) ?? 'malformed'
}

const MALFORMED = {
  email: 'is not a whole email address; one looks like name@example.org',
  phone: 'is not a whole phone number; begin with + and the country code',
} as const

const HASH_PROBLEMS = {
  'not-bcrypt':
    'is no bcrypt hash ($2a$, $2b$ or $2y$, 60 characters); leave it out, and the person sets a new password',
  'too-dear':
    'has a cost above 14, which takes too long to check; leave it out, and the person sets a new password',
} as const

const FIELD_FAULTS: Readonly<Record<FieldFault, string>> = {
  missing: 'is missing',
  unknown: 'is no field of the type; leave it out',
  malformed: 'is not of the kind that the field asks for',
  'too-short': 'is too short',
  'too-long': 'is too long',
  'too-small': 'is too small',
  'too-large': 'is too large',
  'too-early': 'is too early',
  'too-late': 'is too late',
  'not-a-choice': 'is none of the choices',
  'no-match': 'does not have the pattern of the field',
}
