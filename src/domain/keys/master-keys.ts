import { StartRefused } from '../../lib/errors.ts'
import { hmac } from '../../lib/hash.ts'
import type { Random } from '../../lib/ids.ts'
import { open, seal } from '../../lib/seal.ts'
import type { StoredKey } from './key-store.ts'

/** What every stored key is sealed under; it never enters the store itself. */
export interface MasterKey {
  /** 32 bytes. */
  readonly key: Uint8Array
}

/** The master keys of a process: the first wraps, all unwrap. */
export type MasterKeys = readonly [MasterKey, ...MasterKey[]]

/** Tells master keys apart in the store and in messages, and says nothing of the key. */
export function masterKeyId(masterKey: MasterKey): string {
  return hmac(masterKey.key, 'latchkey master key id').toString('hex').slice(0, 12)
}

/** Seals the content of a key for its slot: in another slot it does not open. */
export function wrap(
  masterKey: MasterKey,
  slot: string,
  content: string | Uint8Array,
  random: Random,
): Buffer {
  return seal(masterKey.key, content, `key/${slot}`, random)
}

/** Opens every key, or refuses the start with what to do; no message ever holds a key. */
export function unwrapAll(masterKeys: MasterKeys, stored: readonly StoredKey[]): Map<string, Buffer> {
  const byId = new Map(masterKeys.map((masterKey) => [masterKeyId(masterKey), masterKey]))
  return new Map(stored.map((key) => [key.id, unwrap(byId, key)]))
}

function unwrap(masterKeys: ReadonlyMap<string, MasterKey>, stored: StoredKey): Buffer {
  const masterKey = masterKeys.get(stored.masterKeyId)
  if (!masterKey) {
    const given = [...masterKeys.keys()].join(', ')
    throw new StartRefused(
      `LATCHKEY_MASTER_KEYS does not belong to this data: its key "${stored.slot}" is sealed under the master key ` +
        `${stored.masterKeyId}, given were ${given}. Put the former master key into LATCHKEY_MASTER_KEYS (after the ` +
        'new one, if there is a new one), or point LATCHKEY_STORAGE_URL at the data that belongs to these keys.',
    )
  }
  try {
    return open(masterKey.key, stored.sealed, `key/${stored.slot}`)
  } catch (cause) {
    throw new StartRefused(
      `The stored key "${stored.slot}" is damaged: master key ${stored.masterKeyId} is the right one and does not ` +
        'open it. Restore the data from a backup.',
      { cause },
    )
  }
}
