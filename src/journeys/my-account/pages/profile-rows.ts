import type { Account } from '../../../domain/accounts/index.ts'
import {
  type FieldDefinition,
  type FieldValue,
  type FieldValues,
  shownValue,
  type UserType,
} from '../../../domain/user-types/index.ts'

/** One line of the profile, as its owner sees it. */
export interface ProfileRow {
  readonly label: { readonly said: 'userId' | 'employeeId' } | { readonly written: string }
  /** Null: nothing is written there. */
  readonly value: string | null
  readonly isFromRegister: boolean
  /** The input on the profile's page; null where the person may not write it. */
  readonly input: string | null
}

export interface ProfileRowsParts {
  readonly account: Account
  readonly userType: UserType
  readonly values: FieldValues
  readonly editable: readonly FieldDefinition[]
}

export function profileRows({ account, userType, values, editable }: ProfileRowsParts): ProfileRow[] {
  const confirmed = userType.employee?.match ?? []
  const names = new Set(editable.map(({ name }) => name))
  const rows = userType.fields.map((field): ProfileRow => {
    const value = values[field.name]
    return {
      label: { written: field.label },
      value: value === undefined ? null : wordFor(field, value),
      isFromRegister: confirmed.includes(field.name),
      input: names.has(field.name) ? `field.${field.name}` : null,
    }
  })
  for (const said of ['employeeId', 'userId'] as const) {
    const value = account[said]
    if (value === null) continue
    rows.push({ label: { said }, value, isFromRegister: said === 'employeeId', input: null })
  }
  return rows
}

/** A choice by its label; of a sensitive value the end. */
function wordFor(field: FieldDefinition, value: FieldValue): string {
  if (field.sensitive) return shownValue(field, value)
  return field.choices?.find((choice) => choice.value === value)?.label ?? String(value)
}
