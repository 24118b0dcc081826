import { comparableText } from '../../lib/canonical.ts'
import { type FieldDefinition, type FieldValue, type FieldValues, readFields } from '../user-types/index.ts'
import type { EmployeeRecord } from './employee.ts'

/**
 * Does the record say the same as the person, in every one of these fields? Names are compared as people read them,
 * without case, width and spaces too many; everything else in the canonical form of its kind.
 */
export function matchesRecord(
  fields: readonly FieldDefinition[],
  values: FieldValues,
  record: EmployeeRecord,
  phoneRegion: string | null,
): boolean {
  return fields.every((field) => {
    const said = columnOf(record, field.name)
    const typed = Object.hasOwn(values, field.name) ? values[field.name] : undefined
    return said !== null && typed !== undefined && isSame(field, typed, said, phoneRegion)
  })
}

function columnOf({ fullName, attributes }: EmployeeRecord, name: string): string | null {
  if (name === 'fullName') return fullName
  return Object.hasOwn(attributes, name) ? (attributes[name] ?? null) : null
}

function isSame(
  field: FieldDefinition,
  typed: FieldValue,
  said: string,
  phoneRegion: string | null,
): boolean {
  if (field.kind === 'text' || field.kind === 'choice') {
    const comparable = comparableText(said)
    return comparable !== '' && comparable === comparableText(String(typed))
  }
  const read = readFields([field], { [field.name]: said }, { phoneRegion })
  return read.ok && read.values[field.name] === typed
}
