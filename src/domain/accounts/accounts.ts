import { canonicalIdentifier } from '../../lib/canonical.ts'
import type { Clock } from '../../lib/clock.ts'
import { newId, type Random } from '../../lib/ids.ts'
import type { IdentifierKind, UserType } from '../user-types/index.ts'
import type { Account, AdminRole, Contact } from './account.ts'
import type { AccountStore, AccountWrite, FirstOwnerResult, Identifier } from './account-store.ts'

/** What a verified person becomes an account from. Contacts are canonical; one of them is verified just now. */
export interface NewAccount {
  readonly userType: UserType
  readonly userTypeVersion: number
  readonly email: Contact | null
  readonly phone: Contact | null
  readonly passwordHash: string | null
  readonly adminRole: AdminRole | null
}

/** Why an account may not sign in; for the audit alone, people hear the same as for a wrong password. */
export type SignInRefusal =
  | 'awaiting-approval'
  | 'invited'
  | 'disabled'
  | 'deactivated'
  | 'identifier-not-allowed'

export interface Found {
  readonly account: Account
  /** By which of its identifiers it was found. */
  readonly by: IdentifierKind
}

export interface Accounts {
  /** Finds by what a person typed, in any spelling; null when no account has it. */
  findByTyped(typed: string): Promise<Found | null>
  find(id: string): Promise<Account | null>
  /** One spelling for all spellings of what was typed, known or not; null when nobody can have it. */
  canonicalForm(typed: string): Identifier | null
  /** Is one of these contacts an identifier of some account? */
  isTaken(identifiers: readonly Identifier[]): Promise<boolean>
  /** Prepares an account; nothing is stored before `open` or `openFirstOwner`. */
  draft(input: NewAccount): Account
  /** Stores it; throws DuplicateKey when an identifier is taken. */
  open(account: Account, write: AccountWrite): Promise<void>
  openFirstOwner(account: Account, linkHash: Uint8Array, write: AccountWrite): Promise<FirstOwnerResult>
}

export interface AccountsParts {
  readonly store: AccountStore
  readonly clock: Clock
  readonly random: Random
  /** Region of a phone number typed without a country code, such as IN; null: none is assumed. */
  readonly phoneRegion: string | null
}

export function createAccounts({ store, clock, random, phoneRegion }: AccountsParts): Accounts {
  return {
    async findByTyped(typed) {
      for (const identifier of canonicalIdentifier(typed, phoneRegion)) {
        const account = await store.findByIdentifier(identifier)
        if (account) return { account, by: kindOf(account, identifier) }
      }
      return null
    },
    find: (id) => store.find(id),
    canonicalForm: (typed) => canonicalIdentifier(typed, phoneRegion)[0] ?? null,
    async isTaken(identifiers) {
      const owners = await Promise.all(identifiers.map((identifier) => store.findByIdentifier(identifier)))
      return owners.some((owner) => owner !== null)
    },
    draft(input) {
      const now = clock.now()
      return {
        id: newId('acc', random),
        userType: input.userType.id,
        userTypeVersion: input.userTypeVersion,
        status: 'active',
        email: input.email,
        phone: input.phone,
        userId: null,
        employeeId: null,
        passwordHash: input.passwordHash,
        passwordChangedAt: input.passwordHash === null ? null : now,
        roles: [],
        adminRole: input.adminRole,
        createdAt: now,
        lastSignInAt: null,
        version: 1,
      }
    },
    open: (account, write) => store.insert(account, identifiersOf(account), write),
    openFirstOwner: (account, linkHash, write) =>
      store.insertFirstOwner(account, identifiersOf(account), linkHash, clock.now(), write),
  }
}

/** What finds an account: verified contacts, user id, employee id. An unverified contact reserves nothing. */
export function identifiersOf(account: Account): Identifier[] {
  const found: Identifier[] = []
  if (account.email?.verifiedAt) found.push({ space: 'email', value: account.email.value })
  if (account.phone?.verifiedAt) found.push({ space: 'phone', value: account.phone.value })
  if (account.userId !== null) found.push({ space: 'name', value: account.userId })
  if (account.employeeId !== null) found.push({ space: 'name', value: account.employeeId })
  return found
}

function kindOf(account: Account, identifier: Identifier): IdentifierKind {
  if (identifier.space !== 'name') return identifier.space
  return account.employeeId === identifier.value ? 'employeeId' : 'userId'
}

/** May this account sign in by this identifier? Null when it may. */
export function whyNotSignIn(account: Account, by: IdentifierKind, userType: UserType): SignInRefusal | null {
  if (account.status !== 'active') return account.status
  return userType.identifiers.includes(by) ? null : 'identifier-not-allowed'
}

/** The verified contact that a channel reaches, or null. */
export function reachableBy(account: Account, channel: 'sms' | 'email'): string | null {
  const contact = channel === 'sms' ? account.phone : account.email
  return contact?.verifiedAt ? contact.value : null
}
