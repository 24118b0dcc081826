import type { Clock } from '../../lib/clock.ts'
import { newId, type Random } from '../../lib/ids.ts'
import type { DataKeyPurpose, SigningAlgorithm, StoredKey } from './key-store.ts'
import { type MasterKeys, masterKeyId, wrap } from './master-keys.ts'
import { generateSigningJwk } from './signing-key.ts'

export interface NewKeyParts {
  readonly masterKeys: MasterKeys
  readonly clock: Clock
  readonly random: Random
}

const DATA_KEY_BYTES = 32

export function newDataKey(parts: NewKeyParts, purpose: DataKeyPurpose): StoredKey {
  const content = parts.random.bytes(DATA_KEY_BYTES)
  return newKey(parts, { use: 'data', purpose, number: 1, publishedAt: null, activeAt: null }, content)
}

export async function newSigningKey(
  parts: NewKeyParts,
  algorithm: SigningAlgorithm,
  number: number,
  times: { readonly publishedAt: Date; readonly activeAt: Date },
): Promise<StoredKey> {
  const content = JSON.stringify(await generateSigningJwk(algorithm))
  return newKey(parts, { use: 'signing', purpose: algorithm, number, ...times }, content)
}

function newKey(
  { masterKeys: [masterKey], clock, random }: NewKeyParts,
  { number, ...key }: Pick<StoredKey, 'use' | 'purpose' | 'publishedAt' | 'activeAt'> & { number: number },
  content: string | Uint8Array,
): StoredKey {
  const slot = `${key.purpose}/${number}`
  return {
    id: newId('key', random),
    slot,
    ...key,
    sealed: wrap(masterKey, slot, content, random),
    masterKeyId: masterKeyId(masterKey),
    createdAt: clock.now(),
    retiredAt: null,
  }
}
