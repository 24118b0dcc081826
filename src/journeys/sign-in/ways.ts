import type { Context } from 'koa'
import { reachableBy } from '../../domain/accounts/index.ts'
import type { Challenge } from '../../domain/otp/index.ts'
import { maskEmail, maskPhone } from '../../lib/mask.ts'
import type { Interaction } from '../../oidc/index.ts'
import type { Claim, CodeRequest, KnownPerson } from '../../steps/index.ts'
import type { SignInParts } from './parts.ts'

export type Reachable = Pick<KnownPerson, 'account' | 'userType'>
export type Way = Pick<Challenge, 'channel' | 'destination'>

/**
 * The verified contacts of an account that its type sends to, in the type's order. Until the first sign-in after a
 * reset without the one that did the reset, where there is another: whoever has taken over one mailbox or phone has
 * the new password, and not yet the account.
 */
export function waysTo({ account, userType }: Reachable): Way[] {
  const ways = userType.otp.channels.flatMap((channel) => {
    const destination = reachableBy(account, channel)
    return destination === null ? [] : [{ channel, destination }]
  })
  const others = ways.filter(({ channel }) => channel !== account.recoveredBy)
  return others.length > 0 ? others : ways
}

/** The way that reaches what the application asked for, most wanted first; else the first of the type's order. */
export function bestWay(ways: readonly Way[], acrValues: readonly string[]): Way | undefined {
  const wanted = acrValues.flatMap((acr) => ways.find(({ channel }) => acr === ACR_OF[channel]) ?? [])
  return wanted[0] ?? ways[0]
}

const ACR_OF = {
  sms: 'urn:latchkey:acr:password-sms',
  email: 'urn:latchkey:acr:password-email',
} as const

export function maskOf({ channel, destination }: Way): string {
  return (channel === 'sms' ? maskPhone : maskEmail)(destination).shown
}

/** A code after a right password. */
export function codeRequest(
  parts: SignInParts,
  ctx: Context,
  { clientName }: Interaction,
  { account, userType }: Reachable,
  { channel, destination }: Way,
): CodeRequest {
  return {
    purpose: 'sign-in',
    channel,
    destination,
    policy: parts.codePolicyOf(userType),
    clientName,
    language: parts.languageOf(ctx),
    userType: userType.id,
    by: { kind: 'owner', accountId: account.id },
  }
}

/** A code that stands alone, or what looks like one. */
export function claimRequest(
  parts: SignInParts,
  ctx: Context,
  { clientName }: Interaction,
  { channel, destination, policy, who, accountId, refusal, identifier, knownDevice }: Claim,
): CodeRequest {
  return {
    purpose: 'code-only',
    channel,
    destination,
    policy,
    clientName,
    language: parts.languageOf(ctx),
    by: { kind: 'claimant', accountId, refusal, identifier, payer: who, knownDevice },
  }
}
