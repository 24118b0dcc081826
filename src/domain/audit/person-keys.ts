import type { Clock } from '../../lib/clock.ts'
import { AppError } from '../../lib/errors.ts'
import type { Random } from '../../lib/ids.ts'
import { open, seal } from '../../lib/seal.ts'
import type { DerivedKeys } from './audit-keys.ts'
import type { AuditStore } from './audit-store.ts'

/** The keys under which what is personal in a record is sealed: one per person, so that erasure destroys one. */
export interface PersonKeys {
  /** The key to seal with; made when the person has none. */
  keyFor(personKeyId: string): Promise<Uint8Array>
  /** Is there a key to seal with already? */
  has(personKeyId: string): Promise<boolean>
  /** The key to read with; null after erasure. */
  find(personKeyId: string): Promise<Uint8Array | null>
}

export interface PersonKeysParts {
  readonly store: Pick<AuditStore, 'keepPersonKey' | 'findPersonKey'>
  /** The first wraps, all unwrap. */
  readonly wrappingKeys: DerivedKeys
  readonly clock: Clock
  readonly random: Random
}

const KEY_BYTES = 32
const MOST_REMEMBERED = 5000

export function createPersonKeys({ store, wrappingKeys, clock, random }: PersonKeysParts): PersonKeys {
  // The least recently used goes first. For sealing alone: after an erasure on another node a remembered key seals
  // what nobody can read, which is right, but it must not read either.
  const remembered = new Map<string, Uint8Array>()

  function remember(personKeyId: string, key: Uint8Array): Uint8Array {
    remembered.delete(personKeyId)
    remembered.set(personKeyId, key)
    const [oldest] = remembered.keys()
    if (remembered.size > MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest)
    return key
  }

  async function keep(personKeyId: string): Promise<Uint8Array> {
    const present = await store.findPersonKey(personKeyId)
    if (present) return unwrap(wrappingKeys, personKeyId, present)
    const wrapped = seal(wrappingKeys[0], random.bytes(KEY_BYTES), contextOf(personKeyId), random)
    // Written by itself and before the record: a record that is never written leaves a key that opens nothing,
    // while the other way round a crash between the two writes would leave a record that nobody can read.
    return unwrap(wrappingKeys, personKeyId, await store.keepPersonKey(personKeyId, wrapped, clock.now()))
  }

  return {
    async keyFor(personKeyId) {
      return remember(personKeyId, remembered.get(personKeyId) ?? (await keep(personKeyId)))
    },
    async has(personKeyId) {
      return remembered.has(personKeyId) || (await store.findPersonKey(personKeyId)) !== null
    },
    async find(personKeyId) {
      const wrapped = await store.findPersonKey(personKeyId)
      return wrapped && unwrap(wrappingKeys, personKeyId, wrapped)
    },
  }
}

function unwrap(wrappingKeys: DerivedKeys, personKeyId: string, wrapped: Uint8Array): Uint8Array {
  for (const wrappingKey of wrappingKeys) {
    try {
      // Copied: what is opened lies in a page of 64 KB that Node shares among buffers, and each key that is
      // remembered would keep a whole page in memory.
      return Uint8Array.from(open(wrappingKey, wrapped, contextOf(personKeyId)))
    } catch {
      // Wrapped under an older key.
    }
  }
  throw new AppError('person_key_damaged', 500, `The key of ${personKeyId} does not open`)
}

function contextOf(personKeyId: string): string {
  return `person-key/${personKeyId}`
}
