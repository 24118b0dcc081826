import type { JWK } from 'jose'
import type { Clock } from '../../lib/clock.ts'
import { AppError } from '../../lib/errors.ts'
import { newId, type Random } from '../../lib/ids.ts'
import {
  DATA_KEY_PURPOSES,
  type DataKeyPurpose,
  type KeyStore,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  type StoredKey,
} from './key-store.ts'
import { type MasterKeys, masterKeyId, unwrapAll, wrap } from './master-keys.ts'
import { generateSigningJwk, publishedKeys, type SigningKey } from './signing-key.ts'

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
}

export interface KeysParts {
  readonly store: KeyStore
  readonly masterKeys: MasterKeys
  readonly clock: Clock
  readonly random: Random
}

const DATA_KEY_BYTES = 32

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
  return keysOf(stored, unwrapAll(masterKeys, stored))
}

async function makeMissing(parts: KeysParts, present: ReadonlySet<string>): Promise<StoredKey[]> {
  const dataKeys = DATA_KEY_PURPOSES.filter((purpose) => !present.has(purpose)).map((purpose) =>
    newKey(parts, 'data', purpose, parts.random.bytes(DATA_KEY_BYTES)),
  )
  const signingKeys = SIGNING_ALGORITHMS.filter((algorithm) => !present.has(algorithm)).map(
    async (algorithm) =>
      newKey(parts, 'signing', algorithm, JSON.stringify(await generateSigningJwk(algorithm))),
  )
  return [...dataKeys, ...(await Promise.all(signingKeys))]
}

function newKey(
  { masterKeys, clock, random }: KeysParts,
  use: StoredKey['use'],
  purpose: StoredKey['purpose'],
  content: string | Uint8Array,
): StoredKey {
  const [masterKey] = masterKeys
  const slot = `${purpose}/1`
  const now = clock.now()
  // Nobody verifies by the first signing keys yet, so they need not be published before they sign.
  const signsFrom = use === 'signing' ? now : null
  return {
    id: newId('key', random),
    slot,
    use,
    purpose,
    sealed: wrap(masterKey, slot, content, random),
    masterKeyId: masterKeyId(masterKey),
    createdAt: now,
    publishedAt: signsFrom,
    activeAt: signsFrom,
    retiredAt: null,
  }
}

function keysOf(stored: readonly StoredKey[], contents: ReadonlyMap<string, Buffer>): Keys {
  const contentOf = (key: StoredKey): Buffer => {
    const content = contents.get(key.id)
    if (!content) throw new AppError('key_missing', 500, `No content for the key ${key.slot}`)
    return content
  }
  const newestFirst = stored.toReversed()
  const signing = newestFirst.filter(isSigning).map((key) => signingKeyOf(key, contentOf(key)))
  const data = Map.groupBy(
    newestFirst.filter((key) => key.use === 'data'),
    (key) => key.purpose,
  )
  const dataKeys = (purpose: DataKeyPurpose): DataKeys => {
    const [first, ...rest] = (data.get(purpose) ?? []).map((key) => ({ id: key.id, key: contentOf(key) }))
    if (!first) throw new AppError('key_missing', 500, `There is no key for ${purpose}`)
    return [first, ...rest]
  }
  return {
    dataKey: (purpose) => dataKeys(purpose)[0],
    dataKeys,
    signingKeys: (now) => publishedKeys(signing, now),
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
