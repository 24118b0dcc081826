import { hmac } from '../../lib/hash.ts'
import type { Random } from '../../lib/ids.ts'
import { open, seal } from '../../lib/seal.ts'
import { type FieldValues, type UserType, uniqueForm } from '../user-types/index.ts'
import type { Account, StoredField } from './account.ts'
import type { Identifier } from './account-store.ts'

/** A data key for sensitive fields: the first seals, all open. */
export interface FieldKey {
  readonly id: string
  readonly key: Uint8Array
}

/** What an account holds in the fields of its type, at rest and in clear. */
export interface AccountFields {
  /** Values as they are stored: those of sensitive fields sealed, each to its place in this account. */
  seal(userType: UserType, values: FieldValues, accountId: string): Account['fields']
  /** All values in clear. */
  open(account: Pick<Account, 'id' | 'fields'>): FieldValues
  /**
   * The values that nobody else of the type may have, as keyed hashes: whoever has the store alone cannot try
   * twelve digits after another.
   */
  identifiersOf(userType: UserType, values: FieldValues): Identifier[]
}

export interface AccountFieldsParts {
  readonly keys: readonly [FieldKey, ...FieldKey[]]
  /** Data key of the blind index. */
  readonly blindIndexKey: Uint8Array
  readonly random: Random
}

export function createAccountFields({ keys, blindIndexKey, random }: AccountFieldsParts): AccountFields {
  const [newest] = keys
  const contextOf = (accountId: string, name: string) => `field/${accountId}/${name}`

  function openOne(sealed: string, context: string): string | number {
    const bytes = Buffer.from(sealed, 'base64url')
    for (const { key } of keys) {
      try {
        return JSON.parse(open(key, bytes, context).toString('utf8'))
      } catch {
        // An older key may be the one.
      }
    }
    throw new Error('A sensitive field opens with none of the keys.')
  }

  return {
    seal(userType, values, accountId) {
      const sensitive = new Set(userType.fields.filter((field) => field.sensitive).map(({ name }) => name))
      const entries = Object.entries(values).map(([name, value]): [string, StoredField] => {
        if (!sensitive.has(name)) return [name, value]
        const sealed = seal(newest.key, JSON.stringify(value), contextOf(accountId, name), random)
        return [name, { sealed: sealed.toString('base64url') }]
      })
      return Object.fromEntries(entries)
    },
    open({ id, fields }) {
      const entries = Object.entries(fields).map(([name, stored]) => {
        const value = typeof stored === 'object' ? openOne(stored.sealed, contextOf(id, name)) : stored
        return [name, value] as const
      })
      return Object.fromEntries(entries)
    },
    identifiersOf(userType, values) {
      return userType.fields.flatMap((field): Identifier[] => {
        const value = Object.hasOwn(values, field.name) ? values[field.name] : undefined
        if (!field.unique || value === undefined) return []
        const hash = hmac(blindIndexKey, 'field', userType.id, field.name, uniqueForm(field, value))
        return [{ space: 'field', value: hash.toString('base64url') }]
      })
    },
  }
}
