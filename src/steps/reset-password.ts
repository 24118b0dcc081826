import {
  type Account,
  type AccountChange,
  type AccountStore,
  linkHash,
  type OwnerLinks,
  whyNotRecover,
} from '../domain/accounts/index.ts'
import type { Audit, Origin } from '../domain/audit/index.ts'
import type { Channel } from '../domain/delivery/index.ts'
import { minimumLength, type Passwords } from '../domain/passwords/index.ts'
import type { RevocationStore } from '../domain/revocations/index.ts'
import type { UserType, UserTypeStore } from '../domain/user-types/index.ts'
import type { Clock } from '../lib/clock.ts'
import { Unavailable } from '../lib/errors.ts'
import { networkOf } from '../lib/ip.ts'
import type { CheckNewPassword, PasswordProblem } from './check-new-password.ts'
import type { ClaimedAccount } from './find-claimant.ts'
import type { Notices } from './notices.ts'

/** What was proved, so that a new password may be set. JSON values only: a journey keeps it as it is. */
export type ResetGrounds =
  /** A code that went to a contact of the account. */
  | { readonly kind: 'code'; readonly account: ClaimedAccount; readonly channel: Channel }
  /** A one-time link from the operator's shell. */
  | { readonly kind: 'owner-link'; readonly secret: string }

/** Whose password it is about, while the grounds hold. */
export interface Resettable {
  readonly account: Account
  readonly userType: UserType
  readonly minimumLength: number
}

export type ResetResult =
  | { readonly ok: true }
  /** This password is not taken; another may be. */
  | { readonly ok: false; readonly reason: 'password'; readonly problem: PasswordProblem }
  /** Used already, or something about the account has changed since. */
  | { readonly ok: false; readonly reason: 'void' }

export interface ResetPassword {
  find(grounds: ResetGrounds): Promise<Resettable | null>
  /** Of many posts at once one sets its password; the grounds hold for no other then. */
  set(grounds: ResetGrounds, newPassword: string, origin: Origin): Promise<ResetResult>
}

export interface ResetPasswordParts {
  readonly accountStore: AccountStore
  readonly userTypes: UserTypeStore
  readonly revocationStore: RevocationStore
  readonly ownerLinks: OwnerLinks
  readonly checkNewPassword: CheckNewPassword
  readonly passwords: Passwords
  readonly notices: Notices
  readonly audit: Audit
  readonly clock: Clock
  /** Tells the queue's worker that something waits. */
  readonly wake: () => void
}

/** An account may be changed by something else just then, such as a new hash of the old password. */
const MOST_TRIES = 5

/** The end of every recovery: the password, and the end of all that was begun with the one before. */
export function createResetPassword(parts: ResetPasswordParts): ResetPassword {
  const { accountStore, userTypes, revocationStore, ownerLinks, checkNewPassword, passwords, notices } = parts
  const { audit, clock, wake } = parts

  async function find(grounds: ResetGrounds): Promise<Resettable | null> {
    const account = await (grounds.kind === 'code'
      ? accountStore.find(grounds.account.id)
      : ownerLinks.find(grounds.secret))
    const stored = account && (await userTypes.find(account.userType))
    if (!account || !stored) return null
    if (grounds.kind === 'code' && !(await isAsClaimed(account, stored.type, grounds.account))) return null
    return { account, userType: stored.type, minimumLength: minimumLength(stored.type.otp) }
  }

  async function isAsClaimed(account: Account, userType: UserType, claimed: ClaimedAccount) {
    const [now] = await revocationStore.findGenerations([{ kind: 'account', id: account.id }])
    if ((now?.signIn ?? 0) !== claimed.generation) return false
    if ((account.passwordChangedAt?.getTime() ?? null) !== claimed.passwordChangedAt) return false
    return whyNotRecover(account, null, userType, clock.now()) === null
  }

  /** Everything that a reset brings about is in one write, and that is void when the account is another by now. */
  async function changeOf(account: Account, grounds: ResetGrounds, origin: Origin): Promise<AccountChange> {
    const at = clock.now()
    const entry = await audit.entry({
      ...origin,
      event: 'password.reset',
      outcome: 'success',
      subject: { kind: 'account', id: account.id },
      factor: grounds.kind === 'code' ? grounds.channel : 'owner-link',
      details: { cameBack: account.status === 'deactivated' },
    })
    return {
      from: account.version,
      added: [],
      removed: [],
      ...(grounds.kind === 'owner-link' && { link: { secretHash: linkHash(grounds.secret), now: at } }),
      raises: [{ owner: { kind: 'account', id: account.id }, signIn: true }],
      audit: [entry],
      messages: notices.ofChange({ template: 'password-changed' }, account, origin),
      at,
    }
  }

  async function replace(grounds: ResetGrounds, passwordHash: string, origin: Origin): Promise<boolean> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const found = await find(grounds)
      if (!found) return false
      const change = await changeOf(found.account, grounds, origin)
      const next: Account = {
        ...found.account,
        passwordHash,
        passwordChangedAt: change.at,
        recoveredBy: grounds.kind === 'code' ? grounds.channel : null,
        status: 'active',
        deactivatedAt: null,
      }
      const result = await accountStore.replace(next, change)
      if (result !== 'conflict') return result === 'replaced'
    }
    throw new Unavailable('an account that changes all the time')
  }

  function refuse(grounds: ResetGrounds, reason: string, found: Resettable | null, origin: Origin) {
    const id = found?.account.id ?? (grounds.kind === 'code' ? grounds.account.id : null)
    return audit.record({
      ...origin,
      event: 'password.reset-refused',
      outcome: 'failure',
      reason,
      subject: id === null ? null : { kind: 'account', id },
    })
  }

  return {
    find,
    async set(grounds, newPassword, origin) {
      const found = await find(grounds)
      const problem = found && checkNewPassword(newPassword, found.account, found.userType)
      if (found && problem !== null) {
        await refuse(grounds, problem, found, origin)
        return { ok: false, reason: 'password', problem }
      }
      const isSet =
        found !== null &&
        (await replace(
          grounds,
          await passwords.hash(newPassword, { caller: networkOf(origin.ip ?? '') }),
          origin,
        ))
      if (isSet) {
        wake()
        return { ok: true }
      }
      await refuse(grounds, 'void', found, origin)
      return { ok: false, reason: 'void' }
    },
  }
}
