import type { Account, AccountFields } from '../domain/accounts/index.ts'
import type { Audit, Origin } from '../domain/audit/index.ts'
import type { Limits } from '../domain/limits/index.ts'
import {
  type FieldDefinition,
  type FieldFaultOf,
  type FieldValues,
  readFields,
  type UserType,
} from '../domain/user-types/index.ts'
import type { ActingPerson, ChangeAccount } from './change-account.ts'

export type ChangeProfileResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'faults'; readonly faults: readonly FieldFaultOf[] }
  /** One of the unique values typed is somebody else's; whose, or which of these fields, nobody is told. */
  | { readonly ok: false; readonly reason: 'taken'; readonly fields: readonly string[] }
  | { readonly ok: false; readonly reason: 'paused'; readonly until: Date }
  | { readonly ok: false; readonly reason: 'ended' }

export interface ChangeProfile {
  /** The fields of a type that its people may write themselves. */
  fieldsOf(userType: UserType): FieldDefinition[]
  /** `typed` by field name; an empty text clears a value, except a sensitive one, which is never shown again. */
  change(
    person: ActingPerson & { readonly userType: UserType },
    typed: Readonly<Record<string, string>>,
    origin: Origin,
  ): Promise<ChangeProfileResult>
}

export interface ChangeProfileParts {
  readonly changeAccount: ChangeAccount
  readonly accountFields: AccountFields
  readonly limits: Limits
  readonly audit: Audit
  readonly phoneRegion: string | null
}

export function createChangeProfile(parts: ChangeProfileParts): ChangeProfile {
  const { changeAccount, accountFields, limits, audit, phoneRegion } = parts

  /** The unique fields that get another value. */
  function newUniqueOnes(userType: UserType, held: FieldValues, values: FieldValues): string[] {
    return userType.fields
      .filter(({ name, unique }) => unique && values[name] !== undefined && values[name] !== held[name])
      .map(({ name }) => name)
  }

  /** What is written, by the account as it is now. */
  function read(account: Account, userType: UserType, typed: Readonly<Record<string, string>>) {
    const editable = editableFields(userType)
    const names = new Set(editable.map(({ name }) => name))
    const held = accountFields.open(account)
    const result = readFields(userType.fields, withKept(editable, held, typed), {
      phoneRegion,
      asked: ({ name }) => names.has(name),
    })
    if (!result.ok) return result
    const { values } = result
    const rest = Object.entries(account.fields).filter(([name]) => !names.has(name))
    const sealed = accountFields.seal(userType, values, account.id)
    return {
      ok: true,
      next: { ...account, fields: { ...Object.fromEntries(rest), ...sealed } },
      changed: [...names].filter((name) => held[name] !== values[name]),
      newUnique: newUniqueOnes(userType, held, values),
    } as const
  }

  return {
    fieldsOf: editableFields,
    async change(person, typed, origin) {
      const about = { ...origin, subject: { kind: 'account', id: person.accountId } } as const
      let faults: readonly FieldFaultOf[] = []
      let newUnique: readonly string[] = []
      let pausedUntil: Date | null = null
      // Whether a value is taken is told only so often, together with what a sign-in asks (complete-account.ts): else
      // somebody with one account could try every national id that there is.
      const attempt = {
        factor: 'code',
        purpose: 'complete',
        who: person.accountId,
        knownDevice: null,
        ip: origin.ip,
      } as const
      let isCounted = false
      const result = await changeAccount(person, async (account, userType) => {
        const written = read(account, userType, typed)
        if (!written.ok) {
          faults = written.faults
          return { refusal: 'faults' }
        }
        newUnique = written.newUnique
        if (newUnique.length > 0 && !isCounted) {
          const allowed = await limits.reserve(attempt)
          if (!allowed.ok) {
            pausedUntil = allowed.until
            return { refusal: 'paused' }
          }
          isCounted = true
        }
        const details = { fields: written.changed }
        const entry = { ...about, event: 'account.profile-changed', outcome: 'success', details } as const
        return { next: written.next, ends: 'nothing', audit: [await audit.entry(entry)] }
      })
      const isTaken = !result.ok && result.reason === 'taken'
      if (isCounted && !isTaken) await limits.unseen(attempt)
      if (result.ok) return { ok: true }
      if (result.reason === 'faults') return { ok: false, reason: 'faults', faults }
      const { reason } = result
      await audit.record({ ...about, event: 'account.profile-refused', outcome: 'failure', reason })
      if (reason === 'taken') return { ok: false, reason, fields: newUnique }
      if (pausedUntil !== null) return { ok: false, reason: 'paused', until: pausedUntil }
      return { ok: false, reason: 'ended' }
    },
  }
}

/** What the register is asked about was confirmed by it, so it is not for the person to write. */
function editableFields({ fields, employee }: UserType): FieldDefinition[] {
  const confirmed = employee?.match ?? []
  return fields.filter(({ name, editableBy }) => editableBy === 'person' && !confirmed.includes(name))
}

/** What was not typed at all stays; so does a sensitive value, which no form shows, when its input is left empty. */
function withKept(
  editable: readonly FieldDefinition[],
  held: FieldValues,
  typed: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const kept = editable.flatMap(({ name, sensitive }) => {
    const value = Object.hasOwn(typed, name) ? typed[name] : undefined
    const isKept = value === undefined || (sensitive && value.trim() === '')
    return isKept && held[name] !== undefined ? [[name, held[name]] as const] : []
  })
  return { ...typed, ...Object.fromEntries(kept) }
}
