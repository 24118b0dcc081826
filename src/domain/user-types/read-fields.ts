import {
  canonicalDigits,
  canonicalEmail,
  canonicalPhone,
  canonicalText,
  comparableText,
} from '../../lib/canonical.ts'
import { hasVerhoeffDigit } from '../../lib/verhoeff.ts'
import { compilePattern, type FieldDefinition, isDate, LONGEST_VALUE } from './field.ts'

/** A person's values by field name, in canonical form. */
export type FieldValue = string | number
export type FieldValues = Readonly<Record<string, FieldValue>>

export type FieldFault =
  | 'missing'
  /** No such field, or one that whoever writes may not change. */
  | 'unknown'
  | 'malformed'
  | 'too-short'
  | 'too-long'
  | 'too-small'
  | 'too-large'
  | 'too-early'
  | 'too-late'
  | 'not-a-choice'
  | 'no-match'

export interface FieldFaultOf {
  readonly name: string
  readonly fault: FieldFault
}

export type ReadFieldsResult =
  | { readonly ok: true; readonly values: FieldValues }
  | { readonly ok: false; readonly faults: readonly FieldFaultOf[] }

export interface ReadFieldsOptions {
  readonly phoneRegion: string | null
  /** Which fields are asked for now, such as those that a person may edit; all others are unknown then. */
  readonly asked?: (field: FieldDefinition) => boolean
}

/**
 * The one validator of what people write into the fields of a type: made from the field list, used by pages, JSON
 * and import alike. An empty text is no value.
 */
export function readFields(
  fields: readonly FieldDefinition[],
  typed: Readonly<Record<string, unknown>>,
  { phoneRegion, asked = () => true }: ReadFieldsOptions,
): ReadFieldsResult {
  const faults: FieldFaultOf[] = []
  const values: Record<string, FieldValue> = {}
  const shown = fields.filter(asked)
  const names = new Set(shown.map(({ name }) => name))
  for (const name of Object.keys(typed)) if (!names.has(name)) faults.push({ name, fault: 'unknown' })

  for (const field of shown) {
    const value = Object.hasOwn(typed, field.name) ? typed[field.name] : undefined
    const read = isEmpty(value) ? null : readValue(field, value, phoneRegion)
    if (read === null) {
      if (field.required) faults.push({ name: field.name, fault: 'missing' })
    } else if (read.ok) values[field.name] = read.value
    else faults.push({ name: field.name, fault: read.fault })
  }
  return faults.length === 0 ? { ok: true, values } : { ok: false, faults }
}

type ReadValue =
  | { readonly ok: true; readonly value: FieldValue }
  | { readonly ok: false; readonly fault: FieldFault }

const right = (value: FieldValue): ReadValue => ({ ok: true, value })
const wrong = (fault: FieldFault): ReadValue => ({ ok: false, fault })

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && canonicalText(value) === null)
}

function readValue(field: FieldDefinition, typed: unknown, phoneRegion: string | null): ReadValue {
  if (field.kind === 'number' && typeof typed === 'number') return readNumber(field, typed)
  if (typeof typed !== 'string') return wrong('malformed')
  if (typed.length > 4 * LONGEST_VALUE) return wrong('too-long')
  const text = canonicalText(typed) ?? ''
  switch (field.kind) {
    case 'text':
      return readText(field, text)
    case 'email':
      return orMalformed(canonicalEmail(text))
    case 'phone':
      return orMalformed(canonicalPhone(text, phoneRegion))
    case 'date':
      return readDate(field, text)
    case 'choice':
      return field.choices?.some(({ value }) => value === text) ? right(text) : wrong('not-a-choice')
    case 'number':
      return readNumber(field, PLAIN_NUMBER.test(text) ? Number(text) : Number.NaN)
    case 'nationalId': {
      const digits = canonicalDigits(text)
      return orMalformed(digits !== null && isNationalId(digits) ? digits : null)
    }
  }
}

function orMalformed(value: string | null): ReadValue {
  return value === null ? wrong('malformed') : right(value)
}

function readText(field: FieldDefinition, text: string): ReadValue {
  const length = [...text].length
  if (length < (field.minLength ?? 0)) return wrong('too-short')
  if (length > (field.maxLength ?? LONGEST_VALUE)) return wrong('too-long')
  if (field.pattern !== undefined && !compilePattern(field.pattern).test(text)) return wrong('no-match')
  return right(text)
}

function readDate({ notBefore, notAfter }: FieldDefinition, text: string): ReadValue {
  if (!isDate(text)) return wrong('malformed')
  if (notBefore !== undefined && text < notBefore) return wrong('too-early')
  if (notAfter !== undefined && text > notAfter) return wrong('too-late')
  return right(text)
}

/** As people write one: no exponent, which a form could show and not take back. */
const PLAIN_NUMBER = /^[+-]?\d{1,20}(?:\.\d{1,20})?$/

function readNumber({ min, max }: FieldDefinition, value: number): ReadValue {
  if (!PLAIN_NUMBER.test(String(value))) return wrong('malformed')
  if (min !== undefined && value < min) return wrong('too-small')
  if (max !== undefined && value > max) return wrong('too-large')
  // There is one zero in JSON.
  return right(value === 0 ? 0 : value)
}

/** Aadhaar: twelve digits, the first neither 0 nor 1, the last a check digit (UIDAI). */
function isNationalId(digits: string): boolean {
  return /^[2-9]\d{11}$/.test(digits) && hasVerhoeffDigit(digits)
}

/** What two values of a unique field have in common when they are the same to a person. */
export function uniqueForm(field: FieldDefinition, value: FieldValue): string {
  return field.kind === 'text' ? comparableText(String(value)) : String(value)
}

/** A value as it may be seen by somebody who knows it already: of a sensitive one only its end. */
export function shownValue(field: Pick<FieldDefinition, 'sensitive'>, value: FieldValue): string {
  if (!field.sensitive) return String(value)
  const characters = [...String(value)]
  const kept = Math.min(4, Math.floor(characters.length / 3))
  return '•'.repeat(characters.length - kept) + characters.slice(characters.length - kept).join('')
}
