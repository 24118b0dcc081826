import {
  type Account,
  type Accounts,
  type Found,
  reachableBy,
  whyNotSignIn,
} from '../domain/accounts/index.ts'
import type { Channel } from '../domain/delivery/index.ts'
import type { Devices } from '../domain/devices/index.ts'
import type { LimitsSettings } from '../domain/limits/index.ts'
import type { CodePolicy } from '../domain/otp/index.ts'
import type { RevocationStore } from '../domain/revocations/index.ts'
import type { UserType, UserTypeStore } from '../domain/user-types/index.ts'
import { type CanonicalIdentifier, canonicalIdentifier } from '../lib/canonical.ts'
import { type CodePolicyOf, codeOnlyPolicyOf } from './code-policy.ts'
import { isServed } from './served-countries.ts'

/** Whom a right code signs in. JSON values only: it is kept while the code is awaited. */
export type Claimed =
  /** The generation was read before the code was sent: the code is void once it was raised. */
  | { readonly kind: 'account'; readonly accountId: string; readonly generation: number }
  /** Nobody has this contact: the right code makes an account of this type. */
  | { readonly kind: 'newcomer'; readonly userType: string }
  /** No code opens the challenge. */
  | { readonly kind: 'nobody' }

/** What somebody claims who wants to sign in with a code alone, before anything is proved. */
export interface Claim {
  /** For whom wrong codes are counted: one spelling for all, known or not. */
  readonly who: string
  /** Canonical form, for the audit; null when nobody can have it. */
  readonly identifier: string | null
  /** Typed as a contact that can be nothing else: whoever typed it may be told so. Else null. */
  readonly contact: Channel | null
  readonly channel: Channel
  readonly destination: string
  readonly policy: CodePolicy
  readonly claimed: Claimed
  /** The account that is meant, also where it may not sign in so. */
  readonly accountId: string | null
  /** Why no code may be sent, for the audit alone; null when it may. */
  readonly refusal: string | null
  /** The secret of a device that the account is known on; null for any other. */
  readonly knownDevice: string | null
}

export interface ClaimByCodeParts {
  readonly accounts: Accounts
  readonly userTypes: UserTypeStore
  readonly revocationStore: RevocationStore
  readonly devices: Devices
  readonly codePolicyOf: CodePolicyOf
  readonly phoneRegion: string | null
  readonly countries: Pick<LimitsSettings['send'], 'allowCountries' | 'refuseCountries'>
}

/** `device` is the secret of the browser's device cookie, or null. Null where no type signs in with a code alone. */
export type ClaimByCode = (typed: string, device: string | null) => Promise<Claim | null>

type Way = Pick<Claim, 'channel' | 'destination'>
type Candidate = Found & { readonly userType: UserType }

/** Stands for the account where there is none, so that the same is looked up for everybody. */
const NOBODY = 'acc_nobody'

/** Whom a typed text means, and where a code for them goes. The same way for known and unknown people. */
export function createClaimByCode(parts: ClaimByCodeParts): ClaimByCode {
  const { accounts, userTypes, revocationStore, devices, codePolicyOf, phoneRegion, countries } = parts

  /** Of those whom the text may mean the first who may sign in so, else the first. */
  async function findLikeliest(typed: string, types: readonly UserType[]): Promise<Candidate | null> {
    const candidates = (await accounts.findByTyped(typed)).flatMap((found): Candidate[] => {
      const userType = types.find(({ id }) => id === found.account.userType)
      return userType ? [{ ...found, userType }] : []
    })
    return candidates.find((one) => whyNotByCode(one, one.userType) === null) ?? candidates[0] ?? null
  }

  /**
   * The generation is read before the record that holds the contact: should a change of contact fall between the two
   * reads, a code never goes to the old one on the word of the new generation.
   */
  async function find(typed: string, types: readonly UserType[]) {
    const found = await findLikeliest(typed, types)
    const id = found?.account.id ?? NOBODY
    const [generations] = await revocationStore.findGenerations([{ kind: 'account', id }])
    const account = await accounts.find(id)
    return found && account ? { ...found, account, generation: generations?.signIn ?? 0 } : null
  }

  /** A contact that nobody has, of a kind that the type signs in by and sends to. */
  function newcomerAt(reading: CanonicalIdentifier | undefined, types: readonly UserType[]) {
    const creating = types.find(({ passwordless }) => passwordless?.createsAccounts)
    const way = reading && contactIn(reading)
    if (!creating || !reading || !way) return null
    const mayBe = creating.identifiers.some((kind) => kind === reading.space)
    if (!mayBe || !creating.otp.channels.includes(way.channel)) return null
    if (way.channel === 'sms' && !isServed(way.destination, countries)) return null
    return { way, userType: creating.id }
  }

  return async (typed, device) => {
    const types = (await userTypes.list()).map(({ type }) => type)
    const [allowing, ...more] = types.filter(({ passwordless }) => passwordless !== null)
    if (!allowing) return null
    const readings = canonicalIdentifier(typed, phoneRegion)
    const [reading] = readings
    const found = await find(typed, types)
    const deviceIsKnown = await devices.isKnown(device, found?.account.id ?? NOBODY)

    const isOthers = found?.by === reading?.space
    const refusal = found ? whyNotByCode(found, found.userType) : 'unknown-identifier'
    const newcomer = refusal === null || isOthers ? null : newcomerAt(reading, types)
    const typedWay = reading ? contactIn(reading) : null
    // Never an id as typed: people type passwords into this field too.
    const nowhere = { channel: channelOf(allowing), destination: '' }
    const allowed = refusal === null ? found : null
    const way = (allowed ? wayTo(allowed, allowed.userType) : newcomer?.way) ?? typedWay ?? nowhere
    return {
      ...way,
      who: reading ? `${reading.space}/${reading.value}` : `typed/${typed}`,
      identifier: reading?.value ?? null,
      // Ten digits can be a phone number and somebody's employee id: then it is not said where the code went.
      contact: readings.length === 1 && typedWay ? typedWay.channel : null,
      policy: codeOnlyPolicyOf([allowing, ...more], codePolicyOf),
      claimed: claimedBy(allowed, newcomer),
      accountId: newcomer ? null : (found?.account.id ?? null),
      refusal: newcomer ? null : refusal,
      knownDevice: deviceIsKnown ? device : null,
    }
  }
}

function claimedBy(
  allowed: (Found & { readonly generation: number }) | null,
  newcomer: { readonly userType: string } | null,
): Claimed {
  if (allowed) return { kind: 'account', accountId: allowed.account.id, generation: allowed.generation }
  return newcomer ? { kind: 'newcomer', userType: newcomer.userType } : { kind: 'nobody' }
}

/** Why this account may not sign in with a code alone; null when it may. */
export function whyNotByCode(found: Found, userType: UserType): string | null {
  const refusal = whyNotSignIn(found.account, found.by, userType)
  if (refusal !== null) return refusal
  if (userType.passwordless === null) return 'password-needed'
  return wayTo(found, userType) === null ? 'not-reachable' : null
}

/** The contact that was typed; for another identifier the first of the type's channels that reaches the account. */
function wayTo({ account, by }: Found, { otp }: UserType): Way | null {
  const typed = { email: 'email', phone: 'sms', userId: null, employeeId: null } as const
  const channels = typed[by] === null ? otp.channels : otp.channels.filter((one) => one === typed[by])
  return channels.flatMap((channel) => wayBy(account, channel))[0] ?? null
}

function wayBy(account: Account, channel: Channel): Way[] {
  const destination = reachableBy(account, channel)
  return destination === null ? [] : [{ channel, destination }]
}

function contactIn({ space, value }: CanonicalIdentifier): Way | null {
  if (space === 'name') return null
  return { channel: space === 'phone' ? 'sms' : 'email', destination: value }
}

function channelOf({ otp }: UserType): Channel {
  return otp.channels[0] ?? 'email'
}
