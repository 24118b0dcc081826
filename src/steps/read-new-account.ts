import { checkPolicy, contextWords } from '../domain/passwords/index.ts'
import { type FieldFault, type FieldValues, readFields, type UserType } from '../domain/user-types/index.ts'
import { canonicalEmail, canonicalName, canonicalPhone } from '../lib/canonical.ts'
import { isServed, type ServedCountries } from './served-countries.ts'

/** What somebody typed; what their type does not ask for is left out or empty. */
export interface TypedAccount {
  readonly email: string
  readonly phone: string
  readonly userId?: string
  readonly employeeId?: string
  readonly password: string
  /** By the name of the field. */
  readonly fields?: Readonly<Record<string, unknown>>
}

/** A contact to which a code can go. */
export interface WayToVerify {
  readonly channel: 'sms' | 'email'
  readonly destination: string
}

/** Everything in canonical form; the password is as typed. */
export interface ReadAccount {
  readonly email: string | null
  readonly phone: string | null
  readonly userId: string | null
  readonly employeeId: string | null
  readonly fields: FieldValues
  /** Which of the contacts gets the code. */
  readonly verify: WayToVerify
}

export type AccountProblem =
  | { readonly field: 'email' | 'phone'; readonly problem: 'missing' | 'malformed' | 'refused' }
  | { readonly field: 'contact'; readonly problem: 'missing' }
  | { readonly field: 'userId' | 'employeeId'; readonly problem: 'missing' | 'malformed' }
  /** A field of the type. */
  | { readonly field: 'own'; readonly name: string; readonly problem: FieldFault }
  | {
      readonly field: 'password'
      readonly problem: 'missing' | 'too-short' | 'too-long' | 'common' | 'context-word'
    }

export type ReadAccountResult =
  | { readonly ok: true; readonly account: ReadAccount }
  | { readonly ok: false; readonly problems: readonly AccountProblem[] }

export interface ReadNewAccountParts {
  readonly productName: string
  readonly phoneRegion: string | null
  readonly countries: ServedCountries
}

/** What of a type says what is asked. */
export type NewAccountRules = Pick<UserType, 'contacts' | 'otp' | 'identifiers' | 'fields'>

export type ReadNewAccount = (
  typed: TypedAccount,
  rules: NewAccountRules,
  minimumPasswordLength: number,
) => ReadAccountResult

/**
 * What a person typed to get an account, read once for pages and programs: contacts and ids in canonical form, the
 * fields of the type, a password that the policy takes.
 */
export function createReadNewAccount(parts: ReadNewAccountParts): ReadNewAccount {
  const { productName, phoneRegion } = parts

  function readContacts(typed: TypedAccount, { contacts }: NewAccountRules, problems: AccountProblem[]) {
    const email = readContact('email', typed.email, contacts.email, canonicalEmail(typed.email), problems)
    const typedPhone = canonicalPhone(typed.phone, phoneRegion)
    const phone = readContact('phone', typed.phone, contacts.phone, typedPhone, problems)
    if (phone !== null && !isServed(phone, parts.countries))
      problems.push({ field: 'phone', problem: 'refused' })
    if (email === null && phone === null && problems.length === 0)
      problems.push({ field: 'contact', problem: 'missing' })
    return { email, phone }
  }

  return (typed, rules, minimumPasswordLength) => {
    const problems: AccountProblem[] = []
    const { email, phone } = readContacts(typed, rules, problems)
    const userId = readId('userId', typed, rules, problems)
    const employeeId = readId('employeeId', typed, rules, problems)
    const read = readFields(rules.fields, typed.fields ?? {}, { phoneRegion })
    if (!read.ok)
      problems.push(
        ...read.faults.map(({ name, fault }) => ({ field: 'own', name, problem: fault }) as const),
      )

    const asTyped = [typed.email, typed.phone, typed.userId, typed.employeeId]
    const identifiers = [...asTyped, email, phone, userId, employeeId].filter(isSomething)
    const words = contextWords({ productName, identifiers })
    const policy = checkPolicy(typed.password, { minimum: minimumPasswordLength, contextWords: words })
    if (typed.password === '') problems.push({ field: 'password', problem: 'missing' })
    else if (!policy.ok) problems.push({ field: 'password', problem: policy.reason })

    const [verify] = waysToVerify(rules.otp.channels, { email, phone })
    // The contact alone that codes of the type do not go to.
    if (problems.length === 0 && !verify) problems.push({ field: firstOf(rules), problem: 'missing' })
    if (problems.length > 0 || !verify || !read.ok) return { ok: false, problems }
    return { ok: true, account: { email, phone, userId, employeeId, fields: read.values, verify } }
  }
}

/** Of the contacts typed, those that the type sends to, in its order. */
export function waysToVerify(
  channels: UserType['otp']['channels'],
  { email, phone }: Pick<ReadAccount, 'email' | 'phone'>,
): WayToVerify[] {
  return channels.flatMap((channel) => {
    const destination = channel === 'sms' ? phone : email
    return destination === null ? [] : [{ channel, destination }]
  })
}

/** The contact that codes go to first. */
function firstOf({ otp }: NewAccountRules): 'email' | 'phone' {
  return otp.channels[0] === 'sms' ? 'phone' : 'email'
}

function isSomething(text: string | null | undefined): text is string {
  return text !== null && text !== undefined && text !== ''
}

function readContact(
  field: 'email' | 'phone',
  typed: string,
  presence: 'required' | 'optional' | 'none',
  canonical: string | null,
  problems: AccountProblem[],
): string | null {
  if (presence === 'none') return null
  if (typed.trim() === '') {
    if (presence === 'required') problems.push({ field, problem: 'missing' })
    return null
  }
  if (canonical === null) problems.push({ field, problem: 'malformed' })
  return canonical
}

/** An id is asked for where the type signs in by it, and then it is required. */
function readId(
  field: 'userId' | 'employeeId',
  typed: TypedAccount,
  { identifiers }: NewAccountRules,
  problems: AccountProblem[],
): string | null {
  if (!identifiers.includes(field)) return null
  const text = typed[field] ?? ''
  if (text.trim() === '') {
    problems.push({ field, problem: 'missing' })
    return null
  }
  const canonical = canonicalName(text)
  if (canonical === null) problems.push({ field, problem: 'malformed' })
  return canonical
}
