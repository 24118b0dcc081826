import type { AccountFields } from '../domain/accounts/index.ts'
import type { Audit, Origin } from '../domain/audit/index.ts'
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
  /** A unique value is somebody else's; whose, or which value, nobody is told. */
  | { readonly ok: false; readonly reason: 'taken' | 'ended' }

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
  readonly fields: AccountFields
  readonly audit: Audit
  readonly phoneRegion: string | null
}

export function createChangeProfile(parts: ChangeProfileParts): ChangeProfile {
  const { changeAccount, fields, audit, phoneRegion } = parts

  return {
    fieldsOf: editableFields,
    async change(person, typed, origin) {
      const subject = { kind: 'account', id: person.accountId } as const
      let faults: readonly FieldFaultOf[] = []
      const result = await changeAccount(person, async (account, userType) => {
        const editable = editableFields(userType)
        const names = new Set(editable.map(({ name }) => name))
        const held = fields.open(account)
        const read = readFields(userType.fields, withKept(editable, held, typed), {
          phoneRegion,
          asked: ({ name }) => names.has(name),
        })
        if (!read.ok) {
          faults = read.faults
          return { refusal: 'faults' }
        }
        const { values } = read
        const changed = editable.map(({ name }) => name).filter((name) => held[name] !== values[name])
        const rest = Object.entries(account.fields).filter(([name]) => !names.has(name))
        return {
          next: {
            ...account,
            fields: { ...Object.fromEntries(rest), ...fields.seal(userType, values, account.id) },
          },
          ends: 'nothing',
          audit: [
            await audit.entry({
              ...origin,
              event: 'account.profile-changed',
              outcome: 'success',
              subject,
              details: { fields: changed },
            }),
          ],
        }
      })
      if (result.ok) return result
      if (result.reason === 'faults') return { ok: false, reason: 'faults', faults }
      const { reason } = result
      await audit.record({ ...origin, event: 'account.profile-refused', outcome: 'failure', reason, subject })
      return { ok: false, reason }
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
