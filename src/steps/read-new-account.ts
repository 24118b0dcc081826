import type { LimitsSettings } from '../domain/limits/index.ts'
import { checkPolicy, contextWords } from '../domain/passwords/index.ts'
import type { UserType } from '../domain/user-types/index.ts'
import { canonicalEmail, canonicalPhone, countryOf } from '../lib/canonical.ts'

export interface TypedAccount {
  readonly email: string
  readonly phone: string
  readonly password: string
}

/** Canonical contacts; the password is as typed. */
export interface ReadAccount {
  readonly email: string | null
  readonly phone: string | null
  /** Which of the contacts gets the code. */
  readonly verify: { readonly channel: 'sms' | 'email'; readonly destination: string }
}

export type AccountProblem =
  | { readonly field: 'email' | 'phone'; readonly problem: 'missing' | 'malformed' | 'refused' }
  | { readonly field: 'contact'; readonly problem: 'missing' }
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
  /** Countries (ISO 3166-1) whose numbers are taken; empty: every one that is not refused. */
  readonly countries: Pick<LimitsSettings['send'], 'allowCountries' | 'refuseCountries'>
}

export type ReadNewAccount = (
  typed: TypedAccount,
  rules: Pick<UserType, 'contacts' | 'otp'>,
  minimumPasswordLength: number,
) => ReadAccountResult

/** What a person typed to get an account: contacts in canonical form, a password that the policy takes. */
export function createReadNewAccount(parts: ReadNewAccountParts): ReadNewAccount {
  const { productName, phoneRegion, countries } = parts
  return (typed, { contacts, otp }, minimumPasswordLength) => {
    const problems: AccountProblem[] = []
    const email = readContact('email', typed.email, contacts.email, canonicalEmail(typed.email), problems)
    const phone = readContact(
      'phone',
      typed.phone,
      contacts.phone,
      canonicalPhone(typed.phone, phoneRegion),
      problems,
    )
    if (phone !== null && !isTaken(countryOf(phone), countries))
      problems.push({ field: 'phone', problem: 'refused' })
    if (email === null && phone === null && problems.length === 0)
      problems.push({ field: 'contact', problem: 'missing' })

    const identifiers = [typed.email, typed.phone, email ?? '', phone ?? ''].filter((one) => one !== '')
    const words = contextWords({ productName, identifiers })
    const policy = checkPolicy(typed.password, { minimum: minimumPasswordLength, contextWords: words })
    if (typed.password === '') problems.push({ field: 'password', problem: 'missing' })
    else if (!policy.ok) problems.push({ field: 'password', problem: policy.reason })

    const verify = wayToVerify(otp.channels, email, phone)
    if (problems.length > 0 || verify === null) return { ok: false, problems }
    return { ok: true, account: { email, phone, verify } }
  }
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

/** A number of no country is taken only where nothing is allowed by name. */
function isTaken(
  country: string | null,
  { allowCountries, refuseCountries }: ReadNewAccountParts['countries'],
) {
  if (country !== null && refuseCountries.includes(country)) return false
  return allowCountries.length === 0 || (country !== null && allowCountries.includes(country))
}

/** Of the contacts typed, the one that comes first in the type's channels. */
function wayToVerify(channels: UserType['otp']['channels'], email: string | null, phone: string | null) {
  for (const channel of channels) {
    const destination = channel === 'sms' ? phone : email
    if (destination !== null) return { channel, destination }
  }
  return null
}
