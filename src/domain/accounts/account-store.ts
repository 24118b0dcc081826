import type { AuditEntry } from '../audit/index.ts'
import type { PricedMessage } from '../delivery/index.ts'
import type { Account } from './account.ts'

/**
 * Where an identifier is unique. User ids and employee ids share one space, so that nobody registers a user id
 * that is an officer's employee id.
 */
export type IdentifierSpace = 'email' | 'phone' | 'name'

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

export type FirstOwnerResult = 'inserted' | 'owner-exists' | 'link-dead'

/** A link that works once and for a time: its secret's hash, what it is for, until when. */
export interface OneTimeLink {
  readonly secretHash: Uint8Array
  readonly purpose: 'setup'
  readonly createdAt: Date
  readonly expiresAt: Date
}

export interface AccountStore {
  /** Inserts with the identifiers that find it; throws DuplicateKey when one of them is taken. */
  insert(account: Account, identifiers: readonly Identifier[], write: AccountWrite): Promise<void>
  find(id: string): Promise<Account | null>
  findByIdentifier(identifier: Identifier): Promise<Account | null>
  /** Replaces the hash when it is still `from`: a rehash never undoes a change of password. */
  replacePasswordHash(id: string, from: string, to: string): Promise<boolean>
  /** Notes a sign-in of an account that is active; false for any other. */
  recordSignIn(id: string, at: Date, audit: readonly AuditEntry[]): Promise<boolean>

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
