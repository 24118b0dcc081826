import { type Account, reachableBy } from '../domain/accounts/index.ts'
import type { UserType } from '../domain/user-types/index.ts'
import { acrOf, readClaims } from './claims-request.ts'

/** Authentication context classes, strongest first (interface.md, Tokens). */
export const ACR_VALUES = [
  'urn:latchkey:acr:password-sms',
  'urn:latchkey:acr:password-email',
  'urn:latchkey:acr:code',
  'urn:latchkey:acr:password',
] as const
export type Acr = (typeof ACR_VALUES)[number]

/** How a client wants a person to have signed in. */
export interface RequestedAcr {
  /** In the client's order; empty where it does not care. */
  readonly values: readonly string[]
  /** Nothing else will do (OIDC Core §5.5.1). */
  readonly essential: boolean
}

/** The parameters of an authorization request, as the library keeps them. */
type Parameters = Readonly<Record<string, unknown>>

/**
 * What `claims` and `acr_values` ask for. An essential claim goes first: the library lets `acr_values` take its
 * place, and a client that said "nothing else will do" would be told something else.
 */
export function requestedAcr({ claims, acr_values: values }: Parameters): RequestedAcr {
  const asked = acrOf(readClaims(claims))
  if (asked.essential && asked.values.length > 0) return asked
  const voluntary = typeof values === 'string' ? values.split(' ') : []
  return { values: [...new Set([...voluntary, ...asked.values])].filter(Boolean), essential: false }
}

/** Which of them this person's next sign-in can be, going by what the account has and what its type allows. */
export function reachableAcrs(account: Account, { otp, passwordless }: UserType): Acr[] {
  const sends = (channel: 'sms' | 'email') =>
    otp.channels.includes(channel) && reachableBy(account, channel) !== null
  const hasPassword = account.passwordHash !== null
  const reachable: Readonly<Record<Acr, boolean>> = {
    'urn:latchkey:acr:password-sms': hasPassword && sends('sms'),
    'urn:latchkey:acr:password-email': hasPassword && sends('email'),
    'urn:latchkey:acr:code': passwordless !== null && (sends('sms') || sends('email')),
    // Only from a device that this person trusts; elsewhere a code is asked as well.
    'urn:latchkey:acr:password': hasPassword && otp.when === 'new-device',
  }
  return ACR_VALUES.filter((acr) => reachable[acr])
}

/**
 * OIDC Core §5.5.1.1. Of an essential claim one of the values named MUST be told, so a stronger sign-in that is
 * not among them does not do. A voluntary one is a wish for at least so much: what is as strong as the weakest
 * of the values in reach does, and where none is in reach there is nothing to sign in for.
 */
export function isGoodEnough(
  acr: string | undefined,
  asked: RequestedAcr,
  reachable: readonly Acr[],
): boolean {
  if (asked.essential) return acr !== undefined && asked.values.includes(acr)
  const wanted = reachable.filter((one) => asked.values.includes(one))
  const weakest = wanted.at(-1)
  return weakest === undefined || strengthOf(acr) >= strengthOf(weakest)
}

function strengthOf(acr: string | undefined): number {
  const place = (ACR_VALUES as readonly (string | undefined)[]).indexOf(acr)
  return place === -1 ? 0 : ACR_VALUES.length - place
}
