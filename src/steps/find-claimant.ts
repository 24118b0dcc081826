import {
  type Account,
  type Accounts,
  type RecoveryRefusal,
  reachableBy,
  whyNotRecover,
} from '../domain/accounts/index.ts'
import type { Channel } from '../domain/delivery/index.ts'
import type { Devices } from '../domain/devices/index.ts'
import type { RevocationStore } from '../domain/revocations/index.ts'
import type { IdentifierKind, UserType, UserTypeStore } from '../domain/user-types/index.ts'
import type { Clock } from '../lib/clock.ts'

/** An account as it was when its recovery began: whatever changes it afterwards voids that recovery. */
export interface ClaimedAccount {
  readonly id: string
  readonly generation: number
  /** In ms since 1970. */
  readonly passwordChangedAt: number | null
}

/** Whom somebody says to be, who has forgotten the password. JSON values only: a journey keeps it as it is. */
export interface Claimant {
  /** Null: nobody who is helped this way. */
  readonly account: ClaimedAccount | null
  /** The account that is meant, also where it is not helped; for the audit alone, as is why it is not. */
  readonly accountId: string | null
  readonly refusal: RecoveryRefusal | 'unknown-identifier' | null
  /** What was typed, in canonical form; null when nobody can have it. */
  readonly identifier: string | null
  /** What wrong codes are counted for: the same for known and unknown. */
  readonly countedFor: string
  /** Where the code goes. Of nobody it is the contact that was typed, or empty. */
  readonly channel: Channel
  readonly destination: string
  /** The contact that was typed, where the text can mean nothing else: a page may say it back. */
  readonly contact: string | null
  /** The secret of a device that the account is known on; null for any other. Absent in what an older version kept. */
  readonly knownDevice?: string | null
}

/** `device` is the secret of the browser's device cookie, or null. */
export type FindClaimant = (typed: string, device: string | null) => Promise<Claimant>

export interface FindClaimantParts {
  readonly accounts: Accounts
  readonly userTypes: UserTypeStore
  readonly revocationStore: RevocationStore
  readonly devices: Devices
  readonly clock: Clock
}

/** Is looked up where nobody is meant, so that the work is the same. */
const NOBODY = 'nobody'

const CHANNEL_OF = { email: 'email', phone: 'sms' } as const

interface Way {
  readonly channel: Channel
  readonly destination: string
}

/** The way of somebody who may be helped, or why nobody is. */
type Candidate =
  | { readonly account: Account; readonly way: Way; readonly refusal: null }
  | { readonly account: Account; readonly way: null; readonly refusal: RecoveryRefusal }

/** One way for known and unknown (security.md rule 5): the answer differs in nothing that a page shows. */
export function createFindClaimant(parts: FindClaimantParts): FindClaimant {
  const { accounts, userTypes, revocationStore, devices, clock } = parts

  /** Of those whom the text may mean the first who may be helped, else the first. */
  async function findLikeliest(typed: string): Promise<Candidate | null> {
    const found = await accounts.findByTyped(typed)
    const candidates = await Promise.all(
      (found.length > 0 ? found : [null]).map(async (one) => {
        const stored = await userTypes.find(one?.account.userType ?? NOBODY)
        return one && stored ? [judge(one.account, one.by, stored.type)] : []
      }),
    )
    const known = candidates.flat()
    return known.find(({ refusal }) => refusal === null) ?? known[0] ?? null
  }

  function judge(account: Account, by: IdentifierKind, userType: UserType): Candidate {
    const refusal = whyNotRecover(account, by, userType, clock.now())
    if (refusal !== null) return { account, way: null, refusal }
    const way = wayTo(account, by, userType)
    return way ? { account, way, refusal: null } : { account, way: null, refusal: 'unreachable' }
  }

  return async (typed, device) => {
    const likeliest = await findLikeliest(typed)
    const id = likeliest?.account.id ?? NOBODY
    const [generations] = await revocationStore.findGenerations([{ kind: 'account', id }])
    const deviceIsKnown = await devices.isKnown(device, id)
    // Read after the generation: should a reset fall between the two, the older generation voids this recovery.
    const account = await accounts.find(id)
    const meanings = accounts.meaningsOf(typed)
    const [canonical] = meanings
    const contact = meanings.length === 1 && canonical?.space !== 'name' ? (canonical?.value ?? null) : null
    const claimed = likeliest?.way && account ? { account, way: likeliest.way } : null
    return {
      account: claimed && {
        id,
        generation: generations?.signIn ?? 0,
        passwordChangedAt: claimed.account.passwordChangedAt?.getTime() ?? null,
      },
      accountId: likeliest?.account.id ?? null,
      refusal: claimed ? null : (likeliest?.refusal ?? 'unknown-identifier'),
      identifier: canonical?.value ?? null,
      countedFor: canonical ? `${canonical.space}/${canonical.value}` : `typed/${typed}`,
      ...(claimed?.way ?? decoyWay(meanings)),
      contact,
      knownDevice: deviceIsKnown ? device : null,
    }
  }
}

/** To the contact that was typed; who typed an id hears by the first of the type's channels that reaches. */
function wayTo(account: Account, by: IdentifierKind, { otp }: UserType): Way | null {
  const channels = by === 'email' || by === 'phone' ? [CHANNEL_OF[by]] : otp.channels
  for (const channel of channels) {
    const destination = reachableBy(account, channel)
    if (destination !== null) return { channel, destination }
  }
  return null
}

/** Never an id as typed: people type passwords into this field too. */
function decoyWay(meanings: readonly { readonly space: string; readonly value: string }[]): Way {
  const [canonical] = meanings
  if (canonical?.space === 'email') return { channel: 'email', destination: canonical.value }
  return { channel: 'sms', destination: canonical?.space === 'phone' ? canonical.value : '' }
}
