import type { Account, AccountStore, Accounts, Identifier } from '../domain/accounts/index.ts'
import type { AuditEntry } from '../domain/audit/index.ts'
import type { PricedMessage } from '../domain/delivery/index.ts'
import type { RevocationStore } from '../domain/revocations/index.ts'
import type { UserType, UserTypeStore } from '../domain/user-types/index.ts'
import type { Clock } from '../lib/clock.ts'
import { DuplicateKey, Unavailable } from '../lib/errors.ts'

/** Somebody signed in, in the session in which they act. */
export interface ActingPerson {
  readonly accountId: string
  readonly sessionId: string
  /** The sign-in generation of the session: under a higher one it is dead, and so is what it began. */
  readonly generation: number
}

/** What becomes of an account, and what goes into the same write. */
export interface AccountEdit {
  readonly next: Account
  /** Whose sessions, refresh tokens, access tokens and devices end; `others` spares the acting session. */
  readonly ends: 'nothing' | 'others' | 'everything'
  readonly audit: readonly AuditEntry[]
  readonly messages?: readonly PricedMessage[]
}

export type ChangeResult<Refusal extends string = never> =
  | { readonly ok: true; readonly account: Account }
  /** `ended`: the session is dead by now, or its account may not sign in; `taken`: an identifier is somebody's. */
  | { readonly ok: false; readonly reason: Refusal | 'ended' | 'taken' }

/** Works out the change from the account as it is now; called again when somebody else was faster. */
export type MakeEdit<Refusal extends string = never> = (
  account: Account,
  userType: UserType,
) => Promise<AccountEdit | { readonly refusal: Refusal }>

export type ChangeAccount = <Refusal extends string = never>(
  person: ActingPerson,
  make: MakeEdit<Refusal>,
) => Promise<ChangeResult<Refusal>>

export interface ChangeAccountParts {
  readonly accounts: Accounts
  readonly accountStore: AccountStore
  readonly userTypes: UserTypeStore
  readonly revocationStore: RevocationStore
  readonly clock: Clock
  /** Tells the queue's worker that something waits. */
  readonly wake: () => void
}

const ATTEMPTS = 8

/** A change that a person makes to their own account: conditional, with its record and its notices in one write. */
export function createChangeAccount(parts: ChangeAccountParts): ChangeAccount {
  const { accounts, accountStore, userTypes, revocationStore, clock, wake } = parts

  /**
   * The account before the generation: a reset that falls between the two reads has changed the version by then, so
   * the write is void.
   */
  async function read({ accountId, generation }: ActingPerson) {
    const account = await accountStore.find(accountId)
    const [now] = await revocationStore.findGenerations([{ kind: 'account', id: accountId }])
    if (account?.status !== 'active' || (now?.signIn ?? 0) > generation) return null
    const stored = await userTypes.find(account.userType)
    return stored && { account, userType: stored.type }
  }

  return async (person, make) => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const found = await read(person)
      if (!found) return { ok: false, reason: 'ended' }
      const { account, userType } = found
      const edit = await make(account, userType)
      if ('refusal' in edit) return { ok: false, reason: edit.refusal }
      const before = accounts.identifiersOf(account, userType)
      const after = accounts.identifiersOf(edit.next, userType)
      const change = {
        from: account.version,
        added: without(after, before),
        removed: without(before, after),
        ...consequencesOf(edit, person),
        audit: edit.audit,
        messages: edit.messages ?? [],
        at: clock.now(),
      }
      const result = await accountStore.replace(edit.next, change).catch((error: unknown) => {
        if (error instanceof DuplicateKey) return 'taken' as const
        throw error
      })
      if (result === 'taken') return { ok: false, reason: 'taken' }
      if (result === 'conflict') continue
      if (result !== 'replaced') throw new Error(`A change without claim or link ended as ${result}.`)
      if (change.messages.length > 0) wake()
      return { ok: true, account: edit.next }
    }
    throw new Unavailable('the account changes all the time')
  }
}

function consequencesOf({ ends }: AccountEdit, { accountId, sessionId }: ActingPerson) {
  if (ends === 'nothing') return { raises: [] }
  const raises = [{ owner: { kind: 'account', id: accountId }, signIn: true }] as const
  return ends === 'everything' ? { raises } : { raises, spares: { sessionId } }
}

function without(all: readonly Identifier[], others: readonly Identifier[]): Identifier[] {
  return all.filter(({ space, value }) => !others.some((one) => one.space === space && one.value === value))
}
