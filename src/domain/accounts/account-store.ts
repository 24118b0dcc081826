import type { AuditEntry } from '../audit/index.ts'
import type { PricedMessage } from '../delivery/index.ts'
import type { Raise } from '../revocations/index.ts'
import type { Account } from './account.ts'

/**
 * Where an identifier is unique. User ids and employee ids share one space, so that nobody registers a user id
 * that is an officer's employee id. A unique field's value is there under a keyed hash (`field`): it is unique and
 * finds nobody.
 */
export type IdentifierSpace = 'email' | 'phone' | 'name' | 'field'

export interface Identifier {
  readonly space: IdentifierSpace
  /** Canonical form. */
  readonly value: string
}

/** What goes into the same write as a change of an account. */
export interface AccountWrite {
  readonly audit: readonly AuditEntry[]
  /** Those that cannot be paid are dropped. */
  readonly messages?: readonly PricedMessage[]
}

/**
 * The claim of an employee id that goes into the same write as the account which makes it. It is won when nobody
 * has claimed the id and the register's record is still the one that was looked at.
 */
export interface ClaimWrite {
  /** Canonical. */
  readonly employeeId: string
  /** The version of the record in the built-in register; null where the register is somebody else's. */
  readonly recordVersion: number | null
  /** What the register said, for the time when it cannot be asked. */
  readonly role: string
  readonly checkedAt: Date
}

/** The end of a sign-in, as it goes into one write. */
export interface SignInWrite {
  readonly at: Date
  /** Of the account, when the first step was done. */
  readonly generation: number
  /** That a reset was by one contact alone is made good by it. */
  readonly makesGood: boolean
  readonly audit: readonly AuditEntry[]
}

export interface ErasureWrite {
  readonly raises: readonly Raise[]
  /** About a pseudonym: the id, which nothing leads from any more. */
  readonly audit: readonly AuditEntry[]
  readonly at: Date
}

export interface NewAccountWrite extends AccountWrite {
  readonly claim?: ClaimWrite
}

/** `not-claimable`: somebody has the employee id, or its record is another by now. */
export type InsertResult = 'inserted' | 'not-claimable'

/** A change of an account, as it goes into one write with everything that it brings about. */
export interface AccountChange {
  /** The version that was read; the change is void when the account is another by now. */
  readonly from: number
  /** Identifiers that find it from now on, and no longer. */
  readonly added: readonly Identifier[]
  readonly removed: readonly Identifier[]
  readonly claim?: ClaimWrite
  /** A one-time link that this change uses up. */
  readonly link?: { readonly secretHash: Uint8Array; readonly now: Date }
  readonly raises: readonly Raise[]
  /**
   * The session in which the change was made, where a raised sign-in generation spares it: session, its grants and
   * their refresh tokens get the new generation in the same write, as far as they are alive (interface.md,
   * Revocation feed).
   */
  readonly spares?: { readonly sessionId: string }
  readonly audit: readonly AuditEntry[]
  readonly messages?: readonly PricedMessage[]
  readonly at: Date
}

export type ReplaceResult = 'replaced' | 'conflict' | 'not-claimable' | 'link-dead'

export type FirstOwnerResult = 'inserted' | 'owner-exists' | 'link-dead'

/** A link that works once and for a time: its secret's hash, what it is for, until when. */
export interface OneTimeLink {
  readonly secretHash: Uint8Array
  readonly purpose: 'setup' | 'invitation' | 'owner-recovery'
  /** Whom it invites, or who has forgotten the password; null for a setup link. */
  readonly accountId: string | null
  readonly createdAt: Date
  readonly expiresAt: Date
}

export interface AccountStore {
  /**
   * Inserts with the identifiers that find it, and its claim. Throws DuplicateKey when an identifier is taken, or
   * when the user id is an employee id of the register.
   */
  insert(account: Account, identifiers: readonly Identifier[], write: NewAccountWrite): Promise<InsertResult>
  find(id: string): Promise<Account | null>
  findByIdentifier(identifier: Identifier): Promise<Account | null>
  /**
   * Puts `next` in the place of the account while its version is `from`; the version rises. All of the change
   * happens or nothing does. Throws DuplicateKey when an added identifier is taken.
   */
  replace(next: Account, change: AccountChange): Promise<ReplaceResult>
  /**
   * Removes an account while its version is `from`, with its identifiers and claim, which are free again; false when
   * it is another by now. For accounts that never were active: nothing else hangs on them, and a link to one that
   * is gone leads nowhere.
   */
  remove(id: string, from: number, write: AccountWrite & { readonly at: Date }): Promise<boolean>
  /**
   * Erases an account while its version is `from`, whatever its status: the account with its fields and contacts,
   * identifiers, claim, links, known devices, codes under way, and the key of what is personal in the audit. What was
   * given to it dies by the raises of the same write. False when the account is another by now.
   */
  erase(id: string, from: number, write: ErasureWrite): Promise<boolean>
  /** Replaces the hash when it is still `from`: a rehash never undoes a change of password. */
  replacePasswordHash(id: string, from: string, to: string): Promise<boolean>
  /**
   * Notes a sign-in of an account that is active and whose sign-in generation is still the one it began under; false
   * for any other, which stays as it is.
   */
  recordSignIn(id: string, signIn: SignInWrite): Promise<boolean>

  /** Inserts an account that is invited and the link that leads to it, in one step. */
  insertInvited(account: Account, link: OneTimeLink, write: AccountWrite): Promise<void>

  hasOwner(): Promise<boolean>
  keepLink(link: OneTimeLink, audit: readonly AuditEntry[]): Promise<void>
  findLink(secretHash: Uint8Array, now: Date): Promise<OneTimeLink | null>
  /**
   * In one step: the link is live, no owner exists, the identifiers are free → the link is used up and the
   * account is there. Throws DuplicateKey when an identifier is taken.
   */
  insertFirstOwner(
    account: Account,
    identifiers: readonly Identifier[],
    linkHash: Uint8Array,
    now: Date,
    write: AccountWrite,
  ): Promise<FirstOwnerResult>
  tidy(now: Date, limit: number): Promise<number>
}
