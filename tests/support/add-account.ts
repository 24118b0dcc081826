import {
  type AccountStatus,
  type AdminRole,
  type ClaimWrite,
  createAccountFields,
  createAccounts,
} from '../../src/domain/accounts/index.ts'
import { createPasswords } from '../../src/domain/passwords/index.ts'
import type { FieldValues } from '../../src/domain/user-types/index.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/ids.ts'
import { type Data, openData } from '../../src/open-data.ts'
import { fastHasher } from './fast-hasher.ts'
import type { TestNode } from './node.ts'
import { GOOD_PASSWORD } from './people.ts'

/** What an account is made from; contacts are verified. */
export interface AddedAccount {
  readonly userType?: string
  readonly status?: AccountStatus
  readonly email?: string
  readonly phone?: string
  readonly userId?: string
  readonly employeeId?: string
  readonly fields?: FieldValues
  readonly roles?: readonly string[]
  /** Null: an account that has none. */
  readonly password?: string | null
  readonly adminRole?: AdminRole
  /** With the status `deactivated`; now unless given. */
  readonly deactivatedAt?: Date
  /** Contacts that were typed and never verified. */
  readonly unverified?: { readonly email?: string; readonly phone?: string }
  /** Of the employee id, as sign-up makes it. */
  readonly claim?: ClaimWrite
}

/** The accounts room on data of a test. */
export function accountsOn({ storage, keys }: Pick<Data, 'storage' | 'keys'>) {
  const fields = createAccountFields({
    keys: keys.dataKeys('fields'),
    blindIndexKey: keys.dataKey('blind-index').key,
    random: systemRandom,
  })
  const parts = { fields, clock: systemClock, random: systemRandom, phoneRegion: null }
  return createAccounts({ ...parts, store: storage.accounts })
}

/** An account that no journey makes, such as one with several verified contacts. Answers its id. */
export async function addAccount(node: Pick<TestNode, 'settings'>, added: AddedAccount): Promise<string> {
  const data = await openData(node.settings, systemClock, systemRandom)
  const { storage, keys } = data
  try {
    const stored = await storage.userTypes.find(added.userType ?? 'user')
    if (!stored) throw new Error(`There is no type ${added.userType}.`)
    const passwords = createPasswords({ peppers: keys.dataKeys('pepper'), cost: 12, hasher: fastHasher() })
    const accounts = accountsOn(data)
    const verified = (value: string | undefined) =>
      value === undefined ? null : { value, verifiedAt: systemClock.now() }
    const { password = GOOD_PASSWORD } = added
    const contactOf = (kind: 'email' | 'phone') => {
      const value = added.unverified?.[kind]
      return value === undefined ? verified(added[kind]) : { value, verifiedAt: null }
    }
    const drafted = accounts.draft({
      userType: stored.type,
      userTypeVersion: stored.version,
      email: contactOf('email'),
      phone: contactOf('phone'),
      userId: added.userId ?? null,
      employeeId: added.employeeId ?? null,
      fields: added.fields ?? {},
      roles: added.roles ?? [],
      status: added.status ?? 'active',
      passwordHash: password === null ? null : await passwords.hash(password),
      adminRole: added.adminRole ?? null,
    })
    const deactivatedAt = added.status === 'deactivated' ? (added.deactivatedAt ?? systemClock.now()) : null
    const account = { ...drafted, deactivatedAt }
    const { claim } = added
    await accounts.open(account, stored.type, { audit: [], ...(claim && { claim }) })
    return account.id
  } finally {
    await storage.close()
  }
}
