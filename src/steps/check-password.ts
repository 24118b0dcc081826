import {
  type Account,
  type AccountStore,
  type Accounts,
  type Found,
  reachableBy,
  whyNotSignIn,
} from '../domain/accounts/index.ts'
import type { Audit, Origin } from '../domain/audit/index.ts'
import type { Devices } from '../domain/devices/index.ts'
import type { Limits } from '../domain/limits/index.ts'
import type { Passwords } from '../domain/passwords/index.ts'
import type { RevocationStore } from '../domain/revocations/index.ts'
import type { UserType, UserTypeStore } from '../domain/user-types/index.ts'
import { networkOf } from '../lib/ip.ts'
import type { Notices } from './notices.ts'

/** Who has proved a password just now. */
export interface KnownPerson {
  readonly account: Account
  readonly userType: UserType
  /** The account's sign-in generation now: a later step is void once it was raised. */
  readonly generation: number
  /** Has this person signed in in this browser before? */
  readonly deviceIsKnown: boolean
}

export type PasswordResult =
  | { readonly ok: true; readonly person: KnownPerson }
  /** Unknown, disabled, waiting, out of reach of any code, or wrong: nobody outside the audit learns which. */
  | { readonly ok: false; readonly reason: 'wrong' }
  | { readonly ok: false; readonly reason: 'paused'; readonly until: Date }

export interface CheckPasswordParts {
  readonly accounts: Accounts
  readonly accountStore: AccountStore
  readonly userTypes: UserTypeStore
  readonly revocationStore: RevocationStore
  readonly passwords: Passwords
  readonly limits: Limits
  readonly devices: Devices
  readonly notices: Notices
  readonly audit: Audit
}

/** `device` is the secret of the browser's device cookie, or null. */
export type CheckPassword = (
  typed: string,
  password: string,
  device: string | null,
  origin: Origin,
) => Promise<PasswordResult>

/** One failure path (security.md rule 5): every outcome but success takes the same way and the same time. */
export function createCheckPassword(parts: CheckPasswordParts): CheckPassword {
  const { accounts, accountStore, userTypes, revocationStore, passwords, limits, devices, notices, audit } =
    parts

  /** Of those whom the text may mean the first who may sign in by it, else the first. */
  async function findLikeliest(typed: string) {
    const candidates = await Promise.all(
      (await accounts.findByTyped(typed)).map(async ({ account, by }) => {
        const stored = await userTypes.find(account.userType)
        return stored ? [{ account, by, userType: stored.type }] : []
      }),
    )
    const known = candidates.flat()
    return known.find(({ account, by, userType }) => whyNotSignIn(account, by, userType) === null) ?? known[0]
  }

  /**
   * The generation is read before the record that holds the hash: should a reset fall between the two reads, an
   * old password meets a new hash, and never an old hash a new generation.
   */
  async function find(typed: string, device: string | null) {
    const found = await findLikeliest(typed)
    if (!found) return null
    const [generations] = await revocationStore.findGenerations([{ kind: 'account', id: found.account.id }])
    const account = await accounts.find(found.account.id)
    if (!account) return null
    const deviceIsKnown = await devices.isKnown(device, account.id)
    return {
      account,
      by: found.by,
      userType: found.userType,
      generation: generations?.signIn ?? 0,
      deviceIsKnown,
    }
  }

  /** The password is at hand now and never again: bring its hash up to date. */
  async function rehash(account: Account, stored: string, password: string): Promise<void> {
    await accountStore.replacePasswordHash(account.id, stored, await passwords.hash(password))
  }

  return async (typed, password, device, origin) => {
    const found = await find(typed, device)
    const canonical = accounts.canonicalForm(typed)
    // Never as typed: people type passwords into this field too.
    const identifier = canonical?.value ?? null
    const attempt = {
      factor: 'password',
      purpose: 'sign-in',
      who: canonical ? `${canonical.space}/${canonical.value}` : `typed/${typed}`,
      knownDevice: found?.deviceIsKnown ? device : null,
      ip: origin.ip,
    } as const
    const allowed = await limits.reserve(attempt)
    if (!allowed.ok) {
      await audit.record({ ...origin, event: 'sign-in.paused', outcome: 'failure', identifier })
      return { ok: false, reason: 'paused', until: allowed.until }
    }

    const stored = found?.account.passwordHash ?? null
    const verified = await passwords
      .verify(stored, password, callerOf(origin, found?.deviceIsKnown ?? false))
      .catch(async (error: unknown) => {
        // Too many hashes wait: that is no wrong password.
        await limits.unseen(attempt)
        throw error
      })
    const refusal = found ? whyRefused(found) : 'unknown-identifier'
    if (!found || !verified.ok || refusal !== null) {
      await audit.record({
        ...origin,
        event: verified.ok ? 'sign-in.refused' : 'sign-in.password-refused',
        outcome: 'failure',
        reason: verified.ok ? refusal : found ? 'wrong-password' : 'unknown-identifier',
        subject: found ? { kind: 'account', id: found.account.id } : null,
        identifier,
        factor: 'password',
      })
      // Asked for everybody, so that the time is the same; told to the owner alone.
      const pausedUntil = await limits.pauseOf(attempt)
      if (found && pausedUntil !== null) notices.send('paused', found.account, origin)
      return { ok: false, reason: 'wrong' }
    }

    await limits.succeeded(attempt)
    const subject = { kind: 'account', id: found.account.id } as const
    await audit.record({ ...origin, event: 'sign-in.password-accepted', outcome: 'success', subject })
    if (verified.rehash && stored !== null) await rehash(found.account, stored, password)
    return { ok: true, person: found }
  }
}

/** A new version of the type may send no codes any more to what the account has. */
function whyRefused({ account, by, userType }: Found & { readonly userType: UserType }) {
  const refusal = whyNotSignIn(account, by, userType)
  if (refusal !== null) return refusal
  return userType.otp.channels.some((channel) => reachableBy(account, channel) !== null)
    ? null
    : 'unreachable'
}

function callerOf({ ip }: Origin, isKnown: boolean) {
  return { caller: networkOf(ip ?? ''), isKnown }
}
