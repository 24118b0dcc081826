import type { Clock } from '../../lib/clock.ts'
import { AppError } from '../../lib/errors.ts'
import { type AuditKeys, headKeys } from './audit-keys.ts'
import type { AuditStore, ChainHead } from './audit-store.ts'
import { GENESIS, hashOf, isGenuine, signHead } from './chain.ts'

export interface SealParts {
  readonly store: Pick<AuditStore, 'head' | 'listSealed' | 'listUnsealed' | 'sealBatch'>
  readonly keys: AuditKeys
  readonly clock: Clock
  /** How many records at most. */
  readonly limit: number
}

export interface SealResult {
  /** 0 also when another sealer was faster. */
  readonly sealed: number
  /** The head that this call found or made. */
  readonly head: ChainHead | null
}

/**
 * Gives the oldest unsealed records their places in the chain. Throws AppError `audit_chain_broken` when the head is
 * not one of ours: to go on from a forged head would sign a forged chain.
 */
export async function sealRecords({ store, keys, clock, limit }: SealParts): Promise<SealResult> {
  const keysOfHead = headKeys(keys)
  const from = await store.head()
  await refuseForgedHead(store, keysOfHead, from)
  const entries = await store.listUnsealed(limit)
  if (entries.length === 0) return { sealed: 0, head: from }

  let sequence = from?.sequence ?? 0
  let hash = from?.hash ?? GENESIS
  const places = entries.map((entry) => {
    sequence += 1
    hash = hashOf(hash, sequence, entry)
    return { id: entry.id, sequence, hash }
  })
  const head = signHead(keysOfHead[0], { sequence, hash, sealedAt: clock.now() })
  const won = await store.sealBatch(from?.sequence ?? 0, places, head)
  return won ? { sealed: places.length, head } : { sealed: 0, head: from }
}

async function refuseForgedHead(
  store: SealParts['store'],
  keys: readonly Uint8Array[],
  head: ChainHead | null,
): Promise<void> {
  if (head ? isGenuine(keys, head) : (await store.listSealed(0, 1)).length === 0) return
  throw new AppError(
    'audit_chain_broken',
    500,
    'The head of the audit chain is missing or not genuine: nothing more is sealed. See `latchkey audit verify`.',
  )
}
