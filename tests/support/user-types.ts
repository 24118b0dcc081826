import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasVerhoeffDigit } from '../../src/lib/verhoeff.ts'
import { GOOD_PASSWORD } from './people.ts'

const SHIPPED = join(import.meta.dirname, '..', '..', 'config', 'user-types.json')

/** A type as it is shipped, with changes. */
export function userTypeLike(id: string, changes: Readonly<Record<string, unknown>>): object {
  const { userTypes } = JSON.parse(readFileSync(SHIPPED, 'utf8')) as { userTypes: { id: string }[] }
  const found = userTypes.find((one) => one.id === id)
  if (!found) throw new Error(`There is no type ${id}.`)
  return { ...found, ...changes }
}

/** A field of each kind, with what limits it has. */
export const EVERY_KIND = [
  {
    name: 'motto',
    label: 'Motto',
    kind: 'text',
    required: true,
    minLength: 3,
    maxLength: 12,
    pattern: '[a-z ]+',
  },
  { name: 'mailbox', label: 'Second mailbox', kind: 'email' },
  { name: 'landline', label: 'Landline', kind: 'phone' },
  { name: 'bornOn', label: 'Born on', kind: 'date', notBefore: '1900-01-01', notAfter: '2020-12-31' },
  {
    name: 'court',
    label: 'Court',
    kind: 'choice',
    required: true,
    choices: ['North', 'South', 'East'].map((label) => ({ value: label.toLowerCase(), label })),
  },
  { name: 'rooms', label: 'Rooms', kind: 'number', min: 1, max: 40 },
  {
    name: 'aadhaar',
    label: 'Aadhaar number',
    kind: 'nationalId',
    scheme: 'aadhaar',
    unique: true,
    sensitive: true,
  },
] as const

/** The nth Aadhaar number, with its check digit. */
export function aadhaarOf(n: number): string {
  const digits = `2${String(n).padStart(10, '0')}`
  const last = [...'0123456789'].find((digit) => hasVerhoeffDigit(digits + digit))
  if (last === undefined) throw new Error('There is a check digit for every number.')
  return digits + last
}

/** What a civilian types; `n` tells one from another. */
export function civilian(n: number, changes: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    'field.fullName': `Civilian ${n}`,
    'field.aadhaar': aadhaarOf(n),
    phone: `+9198765${String(10_000 + n)}`,
    userId: `civilian.${n}`,
    password: GOOD_PASSWORD,
    ...changes,
  }
}

/** What the judge types whom `addEmployee` adds. */
export function judge(changes: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    employeeId: 'JDG-7001',
    'field.fullName': 'Meera Krishnan',
    phone: '+919876507101',
    password: GOOD_PASSWORD,
    ...changes,
  }
}
