import { type CanonicalIdentifier, canonicalIdentifier } from '../../lib/canonical.ts'
import { addSeconds, type Clock } from '../../lib/clock.ts'
import { newId, type Random } from '../../lib/ids.ts'
import type { FieldValues, IdentifierKind, UserType } from '../user-types/index.ts'
import type { Account, AccountStatus, AdminRole, Contact } from './account.ts'
import type { AccountFields } from './account-fields.ts'
import type {
  AccountStore,
  AccountWrite,
  FirstOwnerResult,
  Identifier,
  InsertResult,
  NewAccountWrite,
} from './account-store.ts'
import type { Invited } from './invitation-links.ts'

/** What a verified person becomes an account from. Contacts are canonical; one of them is verified just now. */
export interface NewAccount {
  /** Where the same account may be made twice, by the same form posted twice; else a new one. */
  readonly id?: string
  readonly userType: UserType
  readonly userTypeVersion: number
  readonly email: Contact | null
  readonly phone: Contact | null
  /** Canonical. */
  readonly userId?: string | null
  readonly employeeId?: string | null
  readonly fields?: FieldValues
  readonly roles?: readonly string[]
  readonly status?: AccountStatus
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

/** Why an owner's contact sets no new password; as silent as a refusal to sign in. */
export type RecoveryRefusal = SignInRefusal | 'owner' | 'unreachable'

export interface Found {
  readonly account: Account
  /** By which of its identifiers it was found. */
  readonly by: IdentifierKind
}

export interface Accounts {
  /**
   * Finds by what a person typed, in any spelling: each account that it may mean, the likeliest first. Ten digits
   * can be one person's phone number and another's employee id.
   */
  findByTyped(typed: string): Promise<readonly Found[]>
  find(id: string): Promise<Account | null>
  /** One spelling for all spellings of what was typed, known or not; null when nobody can have it. */
  canonicalForm(typed: string): Identifier | null
  /** Everything that a person may mean by this text, known or not; the first is its canonical form. */
  meaningsOf(typed: string): readonly Identifier[]
  /** Is one of these contacts an identifier of some account? */
  isTaken(identifiers: readonly Identifier[]): Promise<boolean>
  /** An id for an account that is about to be made. */
  newId(): string
  /** Prepares an account; nothing is stored before `open` or `openFirstOwner`. */
  draft(input: NewAccount): Account
  /** Stores it with its claim; throws DuplicateKey when an identifier is taken. */
  open(account: Account, userType: UserType, write: NewAccountWrite): Promise<InsertResult>
  /**
   * Puts the account that an invited person made in the place of the one that was prepared for them, and uses up the
   * link; `link-dead` when somebody was faster, or the invitation was withdrawn. Throws DuplicateKey like `open`.
   */
  openInvited(
    account: Account,
    userType: UserType,
    invited: Invited,
    write: NewAccountWrite,
  ): Promise<InsertResult | 'link-dead'>
  /** Everything that finds an account or is its alone, in the spaces where it is unique. */
  identifiersOf(account: Account, userType: UserType): Identifier[]
  openFirstOwner(account: Account, linkHash: Uint8Array, write: AccountWrite): Promise<FirstOwnerResult>
}

export interface AccountsParts {
  readonly store: AccountStore
  readonly fields: AccountFields
  readonly clock: Clock
  readonly random: Random
  /** Region of a phone number typed without a country code, such as IN; null: none is assumed. */
  readonly phoneRegion: string | null
}

export function createAccounts({ store, fields, clock, random, phoneRegion }: AccountsParts): Accounts {
  const allIdentifiers = (account: Account, userType: UserType) => [
    ...identifiersOf(account),
    ...fields.identifiersOf(userType, fields.open(account)),
  ]

  return {
    async findByTyped(typed) {
      const found: Found[] = []
      for (const identifier of canonicalIdentifier(typed, phoneRegion)) {
        const account = await store.findByIdentifier(identifier)
        if (account) found.push({ account, by: kindOf(account, identifier) })
      }
      return found
    },
    find: (id) => store.find(id),
    canonicalForm: (typed) => canonicalIdentifier(typed, phoneRegion)[0] ?? null,
    meaningsOf: (typed) => canonicalIdentifier(typed, phoneRegion),
    async isTaken(identifiers) {
      const owners = await Promise.all(identifiers.map((identifier) => store.findByIdentifier(identifier)))
      return owners.some((owner) => owner !== null)
    },
    newId: () => newId('acc', random),
    draft(input) {
      const now = clock.now()
      const id = input.id ?? newId('acc', random)
      return {
        id,
        userType: input.userType.id,
        userTypeVersion: input.userTypeVersion,
        status: input.status ?? 'active',
        email: input.email,
        phone: input.phone,
        userId: input.userId ?? null,
        employeeId: input.employeeId ?? null,
        fields: fields.seal(input.userType, input.fields ?? {}, id),
        passwordHash: input.passwordHash,
        passwordChangedAt: input.passwordHash === null ? null : now,
        roles: input.roles ?? [],
        adminRole: input.adminRole,
        createdAt: now,
        lastSignInAt: null,
        recoveredBy: null,
        deactivatedAt: null,
        version: 1,
      }
    },
    open: (account, userType, write) => store.insert(account, allIdentifiers(account, userType), write),
    async openInvited(account, userType, { account: prepared, link }, write) {
      const now = clock.now()
      const result = await store.replace(
        { ...account, createdAt: prepared.createdAt },
        {
          ...write,
          from: prepared.version,
          added: allIdentifiers(account, userType),
          removed: [],
          link: { secretHash: link.secretHash, now },
          raises: [],
          at: now,
        },
      )
      if (result === 'replaced') return 'inserted'
      return result === 'conflict' ? 'link-dead' : result
    },
    openFirstOwner: (account, linkHash, write) =>
      store.insertFirstOwner(account, identifiersOf(account), linkHash, clock.now(), write),
    identifiersOf: allIdentifiers,
  }
}

/**
 * What finds an account: verified contacts, user id, employee id. An unverified contact reserves nothing, nor does
 * an employee id that an administrator has still to approve.
 */
export function identifiersOf(account: Account): Identifier[] {
  const found: Identifier[] = []
  if (account.email?.verifiedAt) found.push({ space: 'email', value: account.email.value })
  if (account.phone?.verifiedAt) found.push({ space: 'phone', value: account.phone.value })
  if (account.userId !== null) found.push({ space: 'name', value: account.userId })
  const waits = account.status === 'awaiting-approval' || account.status === 'invited'
  if (account.employeeId !== null && !waits) found.push({ space: 'name', value: account.employeeId })
  return found
}

function kindOf(account: Account, identifier: CanonicalIdentifier): IdentifierKind {
  if (identifier.space !== 'name') return identifier.space
  return account.employeeId === identifier.value ? 'employeeId' : 'userId'
}

/** May this account sign in by this identifier? Null when it may. */
export function whyNotSignIn(account: Account, by: IdentifierKind, userType: UserType): SignInRefusal | null {
  if (account.status !== 'active') return account.status
  return userType.identifiers.includes(by) ? null : 'identifier-not-allowed'
}

/** Whoever deactivated an account may come back to it so long by a new password; afterwards an administrator helps. */
const COMES_BACK_WITHIN_SECONDS = 30 * 86_400

/**
 * May whoever reads a contact of this account set its password anew? Null when they may. `by` is what was typed to
 * find it; null where that is settled. Owners never: whoever takes over one mailbox would have everything.
 */
export function whyNotRecover(
  account: Account,
  by: IdentifierKind | null,
  userType: UserType,
  now: Date,
): RecoveryRefusal | null {
  const { status, deactivatedAt, adminRole } = account
  if (adminRole === 'owner') return 'owner'
  const comesBack =
    status === 'deactivated' &&
    deactivatedAt !== null &&
    addSeconds(deactivatedAt, COMES_BACK_WITHIN_SECONDS) > now
  if (status !== 'active' && !comesBack) return status
  return by === null || userType.identifiers.includes(by) ? null : 'identifier-not-allowed'
}

/** The verified contact that a channel reaches, or null. */
export function reachableBy(account: Account, channel: 'sms' | 'email'): string | null {
  const contact = channel === 'sms' ? account.phone : account.email
  return contact?.verifiedAt ? contact.value : null
}
