import {
  type FieldDefinition,
  type FieldFaultOf,
  type FieldValues,
  shownValue,
} from '../../../domain/user-types/index.ts'
import type { Field } from '../../../http/form-fields.ts'
import { type Page, sheet } from '../../../http/page.ts'
import { inputNameOf, typeFieldProblems, typeFields } from '../../../http/type-fields.ts'

export interface ProfilePage {
  readonly accountId: string
  readonly fields: readonly FieldDefinition[]
  readonly held: FieldValues
  /** What was typed; null: the page is opened. */
  readonly typed: Readonly<Record<string, string>> | null
  /** `not-confirmed`: a unique value is somebody's; which one is never said. */
  readonly faults: readonly FieldFaultOf[] | 'not-confirmed'
  /** There is more that only an administrator may correct. */
  readonly others: boolean
}

export function profilePage({ fields, held, typed, faults, ...page }: ProfilePage): Page {
  const values =
    typed ?? Object.fromEntries(Object.entries(held).map(([name, value]) => [name, String(value)]))
  const problems =
    faults === 'not-confirmed'
      ? []
      : faults.map(({ name, fault }) => ({ field: 'own', name, problem: fault }) as const)
  // Before anything was typed, no sensitive value was lost that would have to be typed again.
  const seen = typed === null ? withoutSensitive(fields, values) : values
  const form = { fields, values: seen, problems }
  const model = {
    ...page,
    form: {
      fields: typeFields(form).map((field, index) => whatIsKept(field, fields[index], held)),
      problems: typeFieldProblems(form),
    },
    notConfirmed: faults === 'not-confirmed',
  }
  const failed = problems.length > 0 || model.notConfirmed
  return sheet('my-account/profile', { key: 'myAccount.profile.title' }, model, { failed })
}

function withoutSensitive(fields: readonly FieldDefinition[], values: Readonly<Record<string, string>>) {
  const sensitive = new Set(fields.filter((field) => field.sensitive).map(({ name }) => name))
  return Object.fromEntries(Object.entries(values).filter(([name]) => !sensitive.has(name)))
}

/** A sensitive value is never put back into a page; its input stays empty to keep it. */
function whatIsKept(field: Field, definition: FieldDefinition | undefined, held: FieldValues): Field {
  const value = definition?.sensitive ? held[definition.name] : undefined
  if (!definition || value === undefined || field.name !== inputNameOf(definition.name)) return field
  const hint = { key: 'myAccount.profile.keeps', values: { value: shownValue(definition, value) } } as const
  return { ...field, hint, input: { ...field.input, required: false } }
}
