import { z } from 'zod'
import type { UserType } from '../../domain/user-types/index.ts'
import { parseForm } from '../../http/form.ts'
import { inputNameOf } from '../../http/type-fields.ts'

/** Longer than anything a person types; what is longer is refused, not cut. */
const text = z.string().max(1024).default('')
/** A field may hold a thousand characters, and each may be written in several. */
const value = z.string().max(4096).default('')

/** The sign-up form, whatever its type asks for: what it does not ask for is empty. */
export interface SignUpForm {
  readonly csrf: string
  readonly userType: string
  readonly email: string
  readonly phone: string
  readonly userId: string
  readonly employeeId: string
  readonly password: string
  /** By the name of the field. */
  readonly fields: Readonly<Record<string, string>>
}

const BUILT_IN = { email: text, phone: text, userId: text, employeeId: text, password: text } as const
const ANY_FIELD = z
  .string()
  .regex(new RegExp(`^(?:csrf|userType|${Object.keys(BUILT_IN).join('|')}|field\\.[A-Za-z0-9]{1,40})$`))

/** Has what the type asks for and nothing else. */
export function readSignUpForm(form: Readonly<Record<string, string>>, type: UserType): SignUpForm {
  const { contacts, identifiers } = type
  const asked = {
    email: contacts.email !== 'none',
    phone: contacts.phone !== 'none',
    userId: identifiers.includes('userId'),
    employeeId: identifiers.includes('employeeId'),
    password: true,
  }
  const builtIn = Object.entries(BUILT_IN).filter(([name]) => asked[name as keyof typeof asked])
  const own = type.fields.map(({ name }) => [inputNameOf(name), value] as const)
  const read: Readonly<Record<string, string>> = parseForm(
    form,
    z.strictObject({ csrf: text, userType: text, ...Object.fromEntries([...builtIn, ...own]) }),
  )
  const typedIn = (name: string) => read[name] ?? ''
  return {
    csrf: typedIn('csrf'),
    userType: typedIn('userType'),
    email: typedIn('email'),
    phone: typedIn('phone'),
    userId: typedIn('userId'),
    employeeId: typedIn('employeeId'),
    password: typedIn('password'),
    fields: Object.fromEntries(type.fields.map(({ name }) => [name, typedIn(inputNameOf(name))])),
  }
}

/** Of a type that is not open, or not any more: only whose form it is matters. */
export function readFormOfNoType(form: Readonly<Record<string, string>>): { readonly csrf: string } {
  const read: Readonly<Record<string, string>> = parseForm(form, z.record(ANY_FIELD, value))
  return { csrf: read['csrf'] ?? '' }
}

export const codeForm = z.strictObject({ csrf: text, code: text })

/** A form that has nothing but a button: send a new code, go on. */
export const buttonForm = z.strictObject({ csrf: text })

export const chooseChannelForm = z.strictObject({ csrf: text, channel: z.enum(['sms', 'email']) })
