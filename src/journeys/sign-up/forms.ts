import { z } from 'zod'
import type { UserType } from '../../domain/user-types/index.ts'
import { type PostedAccountForm, readAccountForm, readFormOfNothing } from '../../http/read-account-form.ts'

/** Longer than anything a person types; what is longer is refused, not cut. */
const text = z.string().max(1024).default('')

/** The sign-up form, whatever its type asks for: what it does not ask for is empty. */
export type SignUpForm = Omit<PostedAccountForm, 'hidden'> & { readonly userType: string }

const HIDDEN = ['userType'] as const

/** Has what the type asks for and nothing else. */
export function readSignUpForm(form: Readonly<Record<string, string>>, type: UserType): SignUpForm {
  const contacts = (['email', 'phone'] as const).filter((name) => type.contacts[name] !== 'none')
  const ids = (['userId', 'employeeId'] as const).filter((name) => type.identifiers.includes(name))
  const builtIn = [...contacts, ...ids, 'password'] as const
  const fields = type.fields.map(({ name }) => name)
  const { hidden, ...read } = readAccountForm(form, { builtIn, fields, hidden: HIDDEN })
  return { ...read, userType: hidden['userType'] ?? '' }
}

/** Of a type that is not open, or not any more. */
export function readFormOfNoType(form: Readonly<Record<string, string>>): { readonly csrf: string } {
  return readFormOfNothing(form, HIDDEN)
}

export const codeForm = z.strictObject({ csrf: text, code: text })

/** A form that has nothing but a button: send a new code, go on. */
export const buttonForm = z.strictObject({ csrf: text })

export const chooseChannelForm = z.strictObject({ csrf: text, channel: z.enum(['sms', 'email']) })
