import { z } from 'zod'
import { parseForm } from './form.ts'
import { inputNameOf } from './type-fields.ts'

/** Longer than anything a person types; what is longer is refused, not cut. */
const text = z.string().max(1024).default('')
/** A field may hold a thousand characters, and each may be written in several. */
const value = z.string().max(4096).default('')

const BUILT_IN = ['email', 'phone', 'userId', 'employeeId', 'password'] as const
type BuiltIn = (typeof BUILT_IN)[number]

/** What a form asks for, from which an account begins. */
export interface AskedInputs {
  readonly builtIn: readonly BuiltIn[]
  /** Names of fields of the type. */
  readonly fields: readonly string[]
  /** Hidden inputs beside `csrf`. */
  readonly hidden: readonly string[]
}

/** The form as posted: what it does not ask for is empty. */
export interface PostedAccountForm extends Readonly<Record<BuiltIn | 'csrf', string>> {
  readonly hidden: Readonly<Record<string, string>>
  /** By the name of the field. */
  readonly fields: Readonly<Record<string, string>>
}

/** Reads what is asked for, and refuses whatever else stands in the form. */
export function readAccountForm(
  form: Readonly<Record<string, string>>,
  { builtIn, fields, hidden }: AskedInputs,
): PostedAccountForm {
  const texts = ['csrf', ...builtIn, ...hidden].map((name) => [name, text] as const)
  const values = fields.map((name) => [inputNameOf(name), value] as const)
  const schema = z.strictObject(Object.fromEntries([...texts, ...values]))
  const read: Readonly<Record<string, string>> = parseForm(form, schema)
  const typedIn = (name: string) => read[name] ?? ''
  return {
    csrf: typedIn('csrf'),
    email: typedIn('email'),
    phone: typedIn('phone'),
    userId: typedIn('userId'),
    employeeId: typedIn('employeeId'),
    password: typedIn('password'),
    hidden: Object.fromEntries(hidden.map((name) => [name, typedIn(name)])),
    fields: Object.fromEntries(fields.map((name) => [name, typedIn(inputNameOf(name))])),
  }
}

/** Of a form whose page is gone: only whose form it is matters. */
export function readFormOfNothing(
  form: Readonly<Record<string, string>>,
  hidden: readonly string[],
): { readonly csrf: string } {
  const names = ['csrf', ...hidden, ...BUILT_IN].join('|')
  const anyName = z.string().regex(new RegExp(`^(?:${names}|field\\.[A-Za-z0-9]{1,40})$`))
  const read: Readonly<Record<string, string>> = parseForm(form, z.record(anyName, value))
  return { csrf: read['csrf'] ?? '' }
}
