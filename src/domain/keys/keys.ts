import type { JWK } from 'jose'
import type { Clock } from '../../lib/clock.ts'
import { AppError } from '../../lib/errors.ts'
import type { Random } from '../../lib/ids.ts'
import {
  DATA_KEY_PURPOSES,
  type DataKeyPurpose,
  type KeyStore,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  type StoredKey,
} from './key-store.ts'
import { type MasterKeys, unwrapAll } from './master-keys.ts'
import { newDataKey, newSigningKey } from './new-key.ts'
import {
  isDue,
  KEY_SCHEDULE,
  type KeySchedule,
  type Rotated,
  type RotateHow,
  rewrap,
  rotate,
} from './rotation.ts'
import { publishedKeys, type SigningKey } from './signing-key.ts'

/** A random key for one purpose; the id goes beside what was made with it. */
export interface DataKey {
  readonly id: string
  /** 32 bytes. */
  readonly key: Uint8Array
}

/** The keys of one purpose: the first makes, all verify or open. */
export type DataKeys = readonly [DataKey, ...DataKey[]]

export interface Keys {
  /** The key that makes. */
  dataKey(purpose: DataKeyPurpose): DataKey
  /** All that verify or open, newest first. */
  dataKeys(purpose: DataKeyPurpose): DataKeys
  /** Those that the JWKS shows at `now`: of each algorithm the one that signs comes first. */
  signingKeys(now: Date): SigningKey[]
  /** All that are stored, oldest first, without their content. */
  list(): Promise<Omit<StoredKey, 'sealed'>[]>
  /** Takes over what other processes did to the signing keys. Throws where a new one does not open. */
  follow(): Promise<void>
  /** Makes the next signing keys. */
  rotate(how: RotateHow, record: Parameters<typeof rotate>[2]): Promise<Rotated>
  isRotationDue(): Promise<boolean>
  /** Seals under the first master key what lies under another; answers how many keys it sealed anew. */
  rewrap(record: Parameters<typeof rewrap>[1]): Promise<number>
}

export interface KeysParts {
  readonly store: KeyStore
  readonly masterKeys: MasterKeys
  readonly clock: Clock
  readonly random: Random
  /** A faster one for tests. */
  readonly schedule?: KeySchedule | undefined
}

/**
 * Opens the keys of this data; on the first start makes them. Throws StartRefused when a stored key does not open.
 */
export async function openKeys(parts: KeysParts): Promise<Keys> {
  const { store, masterKeys } = parts
  const before = await store.list()
  // Before anything is made: a wrong master key must not leave keys of its own in somebody's data.
  unwrapAll(masterKeys, before)
  const missing = await makeMissing(parts, new Set(before.map((key) => key.purpose)))
  if (missing.length > 0) await store.keep(missing)
  // Read again: of two processes on their first start one has made the keys of both.
  const stored = await store.list()
  return keysOf(parts, stored, unwrapAll(masterKeys, stored))
}

async function makeMissing(parts: KeysParts, present: ReadonlySet<string>): Promise<StoredKey[]> {
  const now = parts.clock.now()
  // Nobody verifies by the first signing keys yet, so they need not be published before they sign.
  const times = { publishedAt: now, activeAt: now }
  const dataKeys = DATA_KEY_PURPOSES.filter((purpose) => !present.has(purpose))
  const algorithms = SIGNING_ALGORITHMS.filter((algorithm) => !present.has(algorithm))
  return [
    ...dataKeys.map((purpose) => newDataKey(parts, purpose)),
    ...(await Promise.all(algorithms.map((algorithm) => newSigningKey(parts, algorithm, 1, times)))),
  ]
}

function keysOf(parts: KeysParts, stored: readonly StoredKey[], contents: Map<string, Buffer>): Keys {
  const { store, masterKeys, clock } = parts
  const schedule = parts.schedule ?? KEY_SCHEDULE
  const contentOf = (key: StoredKey): Buffer => {
    const content = contents.get(key.id)
    if (!content) throw new AppError('key_missing', 500, `No content for the key ${key.slot}`)
    return content
  }
  const data = Map.groupBy(
    stored.toReversed().filter((key) => key.use === 'data'),
    (key) => key.purpose,
  )
  let signing = signingKeysOf(stored)

  function signingKeysOf(of: readonly StoredKey[]): SigningKey[] {
    return of
      .toReversed()
      .filter(isSigning)
      .map((key) => signingKeyOf(key, contentOf(key)))
  }
  const dataKeys = (purpose: DataKeyPurpose): DataKeys => {
    const [first, ...rest] = (data.get(purpose) ?? []).map((key) => ({ id: key.id, key: contentOf(key) }))
    if (!first) throw new AppError('key_missing', 500, `There is no key for ${purpose}`)
    return [first, ...rest]
  }

  async function follow(): Promise<void> {
    const current = (await store.list()).filter(isSigning)
    const fresh = current.filter(({ id }) => !contents.has(id))
    try {
      for (const [id, content] of unwrapAll(masterKeys, fresh)) contents.set(id, content)
    } finally {
      // Where the new ones do not open, what became of the others is taken over all the same.
      signing = signingKeysOf(current.filter(({ id }) => contents.has(id)))
    }
  }

  return {
    dataKey: (purpose) => dataKeys(purpose)[0],
    dataKeys,
    signingKeys: (now) => publishedKeys(signing, now),
    list: async () => (await store.list()).map(({ sealed: _sealed, ...key }) => key),
    follow,
    async rotate(how, record) {
      const rotated = await rotate({ ...parts, schedule }, how, record)
      await follow()
      return rotated
    },
    isRotationDue: async () => isDue(await store.list(), schedule, clock.now()),
    rewrap: (record) => rewrap(parts, record),
  }
}

type StoredSigningKey = StoredKey & { readonly purpose: SigningAlgorithm }

function isSigning(stored: StoredKey): stored is StoredSigningKey {
  return stored.use === 'signing'
}

function signingKeyOf(stored: StoredSigningKey, content: Buffer): SigningKey {
  const privateJwk: JWK = JSON.parse(content.toString('utf8'))
  return {
    kid: privateJwk.kid ?? stored.id,
    algorithm: stored.purpose,
    privateJwk,
    publishedAt: stored.publishedAt ?? stored.createdAt,
    activeAt: stored.activeAt ?? stored.createdAt,
    retiredAt: stored.retiredAt,
  }
}
