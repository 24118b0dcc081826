import { z } from 'zod'
import type { FieldValues, UserType } from '../../domain/user-types/index.ts'
import { type PostedAccountForm, readAccountForm } from '../../http/read-account-form.ts'
import type { NewAccountRules } from '../../steps/index.ts'

/** Longer than anything of ours; what is longer is refused, not cut. */
const text = z.string().max(1024).default('')

export const invitationForm = z.strictObject({ csrf: text, token: text })

/** What an administrator wrote for the person already; it stands in the page and is not asked for. */
export interface Given {
  readonly contact: 'email' | 'phone'
  readonly employeeId: string | null
  readonly fields: FieldValues
}

/** What is still to be asked: the rest of what the type asks for. */
export function askedOf(type: UserType, given: Given) {
  const ids = (['employeeId', 'userId'] as const).filter((id) => type.identifiers.includes(id))
  return {
    contacts: { ...type.contacts, [given.contact]: 'none' } as const,
    ids: ids.filter((id) => id !== 'employeeId' || given.employeeId === null),
    fields: type.fields.filter(({ name }) => !Object.hasOwn(given.fields, name)),
  }
}

export type Asked = ReturnType<typeof askedOf>

/**
 * By which rules the whole is read. The contact that was followed here is the one that is proved, whatever the type
 * has come to ask for since it was sent.
 */
export function rulesOf(type: UserType, given: Given): NewAccountRules {
  const channel = given.contact === 'phone' ? 'sms' : 'email'
  return {
    identifiers: type.identifiers,
    contacts: { ...type.contacts, [given.contact]: 'required' },
    otp: { ...type.otp, channels: [channel] },
    fields: askedOf(type, given).fields,
  }
}

/** `account`: whose invitation the page showed. */
export const HIDDEN = ['account'] as const

/** Has what is asked for and nothing else. */
export function readDetailsForm(
  form: Readonly<Record<string, string>>,
  { contacts, ids, fields }: Asked,
): PostedAccountForm {
  const open = (['email', 'phone'] as const).filter((name) => contacts[name] !== 'none')
  const builtIn = [...open, ...ids, 'password'] as const
  return readAccountForm(form, { builtIn, fields: fields.map(({ name }) => name), hidden: HIDDEN })
}
