import type { Audit, Origin } from '../../domain/audit/index.ts'
import {
  type StoredUserType,
  type UserType,
  type UserTypeStore,
  userTypeSchema,
} from '../../domain/user-types/index.ts'
import type { Clock } from '../../lib/clock.ts'

/** What is wrong with a definition, and where in it. */
export interface UserTypeProblem {
  /** Such as `otp.digits`. */
  readonly path: string
  readonly message: string
}

export type ChangeUserTypeResult =
  | { readonly ok: true; readonly stored: StoredUserType }
  | { readonly ok: false; readonly reason: 'invalid'; readonly problems: readonly UserTypeProblem[] }
  | { readonly ok: false; readonly reason: 'unknown' | 'conflict' | 'another-creates-accounts' }

export interface ChangeUserTypeParts {
  readonly userTypes: UserTypeStore
  readonly audit: Audit
  readonly clock: Clock
}

/** `from` is the version that whoever changes it has seen. */
export type ChangeUserType = (
  definition: unknown,
  from: number,
  origin: Origin,
) => Promise<ChangeUserTypeResult>

/**
 * A new version of a user type; accounts keep what they have. Issued access tokens die where the roles are others
 * now, in the same write: the next ones carry the new roles.
 */
export function createChangeUserType({ userTypes, audit, clock }: ChangeUserTypeParts): ChangeUserType {
  return async (definition, from, origin) => {
    const parsed = userTypeSchema.safeParse(definition)
    if (!parsed.success) {
      const problems = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
      return { ok: false, reason: 'invalid', problems }
    }
    const type = parsed.data
    const versions = await userTypes.listVersions(type.id)
    const [before] = versions
    if (!before) return { ok: false, reason: 'unknown' }
    const problems = uniqueTooLate(versions, type)
    if (problems.length > 0) return { ok: false, reason: 'invalid', problems }

    const rolesChanged = !sameMembers(before.type.roles, type.roles)
    const entry = await audit.entry({
      ...origin,
      event: 'user-type.changed',
      outcome: 'success',
      subject: { kind: 'user-type', id: type.id },
      details: { version: from + 1, rolesChanged },
    })
    const now = clock.now()
    const result = await userTypes.replace(type, from, now, {
      audit: [entry],
      raises: rolesChanged ? [{ owner: { kind: 'user-type', id: type.id }, signIn: false }] : [],
    })
    if (result !== 'replaced') return { ok: false, reason: result }
    return { ok: true, stored: { type, version: from + 1, createdAt: now } }
  }
}

/**
 * What accounts have in a field already was never held against one another: it cannot become unique afterwards. Nor
 * by way of a version without it: accounts keep what they have in a field that goes.
 */
function uniqueTooLate(versions: readonly StoredUserType[], after: UserType): UserTypeProblem[] {
  const known = versions.flatMap(({ type }) => type.fields)
  const shared = new Set(known.filter(({ unique }) => !unique).map(({ name }) => name))
  return after.fields.flatMap((field, at) => {
    if (!field.unique || !shared.has(field.name)) return []
    const message = 'must not become true afterwards: accounts may share a value; give the field another name'
    return [{ path: `fields.${at}.unique`, message }]
  })
}

function sameMembers(some: readonly string[], others: readonly string[]): boolean {
  return some.every((one) => others.includes(one)) && others.every((one) => some.includes(one))
}
