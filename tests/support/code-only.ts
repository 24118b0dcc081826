import type { UserType } from '../../src/domain/user-types/index.ts'
import { type BalancedVisitor, createBalancedVisitor } from './balanced-visitor.ts'
import type { End } from './people.ts'
import { aUserType } from './records.ts'
import { createRelyingParty } from './relying-party.ts'

const OTP: UserType['otp'] = { ...aUserType().otp, channels: ['sms', 'email'] }
const BOTH = { email: 'optional', phone: 'optional' } as const

/** Types of which some sign in with a code alone, one of them makes accounts by it, and some need a password. */
export const TYPES: readonly UserType[] = [
  aUserType({
    id: 'user',
    identifiers: ['email', 'phone'],
    contacts: BOTH,
    otp: { ...OTP, channels: ['email', 'sms'] },
    roles: ['user'],
    passwordless: { createsAccounts: true },
  }),
  aUserType({
    id: 'clerk',
    identifiers: ['email', 'phone', 'userId', 'employeeId'],
    contacts: BOTH,
    otp: OTP,
    employee: { roles: ['clerk'], match: [], contact: 'any' },
    passwordless: { createsAccounts: false },
  }),
  /** Has a phone and a user id, and signs in by neither. */
  aUserType({
    id: 'warden',
    identifiers: ['employeeId'],
    contacts: BOTH,
    otp: OTP,
    employee: { roles: ['warden'], match: [], contact: 'any' },
    passwordless: { createsAccounts: false },
  }),
  aUserType({
    id: 'judge',
    identifiers: ['employeeId'],
    contacts: BOTH,
    otp: OTP,
    employee: { roles: ['judge'], match: [], contact: 'any' },
  }),
  aUserType({ id: 'reader', identifiers: ['email', 'phone', 'userId'], contacts: BOTH, otp: OTP }),
]

/** Before it anything can be typed: one authorization request, at the page that asks for an identifier alone. */
export async function atWithCode(
  issuer: string,
  {
    parameters = {},
    visitor = createBalancedVisitor(issuer),
  }: { parameters?: Readonly<Record<string, string>>; visitor?: BalancedVisitor } = {},
) {
  const rp = createRelyingParty(issuer)
  const request = rp.authorize(parameters)
  await visitor.open(request.url)
  const { pathname } = new URL(visitor.at.url)
  if (!pathname.endsWith('/with-code')) await visitor.open(`${issuer}${pathname}/with-code`)
  return { rp, request, visitor }
}

/** The same, with an identifier typed. */
export async function claim(
  issuer: string,
  identifier: string,
  options: Parameters<typeof atWithCode>[1] = {},
) {
  const begun = await atWithCode(issuer, options)
  await begun.visitor.submit('sign-in-with-code', { identifier })
  return begun
}

/** Where the application's answer leads. */
export function endOf({ at }: BalancedVisitor): End {
  return { url: at.location ?? at.url, status: at.status, text: at.text }
}
