import type { Account, AccountFields, AccountStore, ReplaceResult } from '../domain/accounts/index.ts'
import type { Audit, AuditEntry, Origin } from '../domain/audit/index.ts'
import type { Limits } from '../domain/limits/index.ts'
import type { RevocationStore } from '../domain/revocations/index.ts'
import {
  type FieldDefinition,
  type FieldFaultOf,
  type FieldValues,
  readFields,
  type UserType,
  type UserTypeStore,
} from '../domain/user-types/index.ts'
import type { Clock } from '../lib/clock.ts'
import { DuplicateKey, Unavailable } from '../lib/errors.ts'

/** What the type in force asks for and an account lacks. */
export interface Lacking {
  readonly userType: UserType
  readonly fields: readonly FieldDefinition[]
}

export type CompleteResult =
  | { readonly kind: 'completed' }
  | { readonly kind: 'faults'; readonly lacking: Lacking; readonly faults: readonly FieldFaultOf[] }
  /** Somebody else of the type has one of the values. */
  | { readonly kind: 'taken'; readonly lacking: Lacking }
  | { readonly kind: 'paused'; readonly lacking: Lacking; readonly until: Date }
  /** The account may no longer sign in, or its generation was raised since the first step. */
  | { readonly kind: 'refused' }

export interface CompleteAccount {
  /** Null where the account is gone. */
  findLacking(accountId: string): Promise<Lacking | null>
  /** Takes what was typed for exactly what is lacking; nothing that the account has is changed by it. */
  complete(
    person: { readonly accountId: string; readonly generation: number },
    typed: Readonly<Record<string, string>>,
    origin: Origin,
  ): Promise<CompleteResult>
}

export interface CompleteAccountParts {
  readonly accountStore: AccountStore
  readonly accountFields: AccountFields
  readonly userTypes: UserTypeStore
  readonly revocationStore: RevocationStore
  readonly limits: Limits
  readonly audit: Audit
  readonly clock: Clock
  readonly phoneRegion: string | null
}

/** The account changed between being read and being written, so often in a row. */
const MOST_CONFLICTS = 5

/** A new version of a type never locks anybody out: what it requires now is asked once, at the next sign-in. */
export function createCompleteAccount(parts: CompleteAccountParts): CompleteAccount {
  const { accountStore, accountFields, userTypes, revocationStore, limits, audit, clock, phoneRegion } = parts

  async function find(accountId: string) {
    const account = await accountStore.find(accountId)
    const stored = account && (await userTypes.find(account.userType))
    if (!account || !stored) return null
    return { account, stored, lacking: lackingOf(account, stored.type) }
  }

  /** The steps before this one hold only while the account is active and its generation the same. */
  async function isStillSignedIn(account: Account, generation: number): Promise<boolean> {
    const [now] = await revocationStore.findGenerations([{ kind: 'account', id: account.id }])
    return account.status === 'active' && (now?.signIn ?? 0) === generation
  }

  function write({ account, stored }: Found, values: FieldValues, entry: AuditEntry) {
    const next: Account = {
      ...account,
      userTypeVersion: stored.version,
      fields: { ...account.fields, ...accountFields.seal(stored.type, values, account.id) },
    }
    return accountStore.replace(next, {
      from: account.version,
      added: accountFields.identifiersOf(stored.type, values),
      removed: [],
      raises: [],
      audit: [entry],
      at: clock.now(),
    })
  }

  async function store(found: Found, values: FieldValues, origin: Origin): Promise<StoreOutcome> {
    const about = { ...origin, subject: { kind: 'account', id: found.account.id } } as const
    const details = { fields: Object.keys(values), userTypeVersion: found.stored.version }
    const entry = await audit.entry({ ...about, event: 'account.completed', outcome: 'success', details })
    try {
      return { kind: await write(found, values, entry) }
    } catch (error) {
      if (!(error instanceof DuplicateKey)) throw error
      const refused = { event: 'account.not-completed', outcome: 'failure', reason: 'field-taken' } as const
      await audit.record({ ...about, ...refused })
      return { kind: 'taken' }
    }
  }

  /**
   * Whether a value is taken is told only so often: else somebody with one account could try every national id that
   * there is, to see which of them has one too.
   */
  async function storeWithinLimits(found: Found, values: FieldValues, origin: Origin): Promise<StoreOutcome> {
    if (accountFields.identifiersOf(found.stored.type, values).length === 0) {
      return store(found, values, origin)
    }
    const who = found.account.id
    const attempt = { factor: 'code', purpose: 'complete', who, knownDevice: null, ip: origin.ip } as const
    const allowed = await limits.reserve(attempt)
    if (!allowed.ok) return { kind: 'paused', until: allowed.until }
    const outcome = await store(found, values, origin)
    if (outcome.kind !== 'taken') await limits.unseen(attempt)
    return outcome
  }

  return {
    async findLacking(accountId) {
      return (await find(accountId))?.lacking ?? null
    },

    async complete({ accountId, generation }, typed, origin) {
      for (let conflicts = 0; conflicts < MOST_CONFLICTS; conflicts++) {
        const found = await find(accountId)
        if (!found || !(await isStillSignedIn(found.account, generation))) return { kind: 'refused' }
        const { lacking, stored } = found
        if (lacking.fields.length === 0) return { kind: 'completed' }
        const names = new Set(lacking.fields.map(({ name }) => name))
        const asked = Object.fromEntries(Object.entries(typed).filter(([name]) => names.has(name)))
        const read = readFields(stored.type.fields, asked, {
          phoneRegion,
          asked: ({ name }) => names.has(name),
        })
        if (!read.ok) return { kind: 'faults', lacking, faults: read.faults }
        const outcome = await storeWithinLimits(found, read.values, origin)
        if (outcome.kind === 'replaced') return { kind: 'completed' }
        if (outcome.kind === 'taken') return { kind: 'taken', lacking }
        if (outcome.kind === 'paused') return { ...outcome, lacking }
        // Something else of the account changed meanwhile: look again.
      }
      throw new Unavailable('the account changes all the time')
    },
  }
}

type StoreOutcome =
  | { readonly kind: ReplaceResult }
  | { readonly kind: 'taken' }
  | { readonly kind: 'paused'; readonly until: Date }

interface Found {
  readonly account: Account
  readonly stored: { readonly type: UserType; readonly version: number }
}

/** Required fields that the account has no value for; one whose definition changed is not asked for again. */
function lackingOf(account: Account, userType: UserType): Lacking {
  const fields = userType.fields.filter(
    ({ name, required }) => required && !Object.hasOwn(account.fields, name),
  )
  return { userType, fields }
}
