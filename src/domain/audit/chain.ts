import { equalBytes, hmac, sha256 } from '../../lib/hash.ts'
import type { AuditEntry, ChainHead } from './audit-store.ts'

/**
 * The chain: each record's hash covers the record, its place and the hash before it, so that a record cannot be
 * changed, moved, taken out or put in without every later hash changing; and the last hash is signed with a key
 * that the database does not hold, so that nobody can compute the chain anew or cut off its end. Pure.
 */

/** What stands before the first record. */
export const GENESIS: Uint8Array = Buffer.alloc(32)

/** SHA-256(hash before | place | record): over the ciphertext of what is personal, so erasure breaks nothing. */
export function hashOf(before: Uint8Array, sequence: number, entry: AuditEntry): Buffer {
  const place = Buffer.alloc(8)
  place.writeBigUInt64BE(BigInt(sequence))
  return sha256(Buffer.concat([before, place, Buffer.from(textOf(entry))]))
}

export function signHead(key: Uint8Array, head: Omit<ChainHead, 'mac'>): ChainHead {
  return { ...head, mac: macOf(key, head) }
}

/** Was this head made with one of the keys? */
export function isGenuine(keys: readonly Uint8Array[], head: ChainHead): boolean {
  return keys.some((key) => equalBytes(macOf(key, head), head.mac))
}

/** `sequence:hash`, as it is logged, kept outside and given back to the verification. */
export function formatHead(head: Pick<ChainHead, 'sequence' | 'hash'>): string {
  return `${head.sequence}:${Buffer.from(head.hash).toString('hex')}`
}

/** Reads what `formatHead` wrote; null when it is something else. */
export function parseHead(text: string): Pick<ChainHead, 'sequence' | 'hash'> | null {
  const [, sequence, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/i.exec(text.trim()) ?? []
  if (sequence === undefined || hash === undefined) return null
  return { sequence: Number(sequence), hash: Buffer.from(hash, 'hex') }
}

/** One text for one record; as a JSON array no value can run into the next, and null is not "". */
function textOf(entry: AuditEntry): string {
  return JSON.stringify([
    1,
    entry.id,
    entry.at.getTime(),
    entry.event,
    entry.outcome,
    entry.subjectId,
    entry.clientId,
    entry.traceId,
    entry.body,
    entry.personal && Buffer.from(entry.personal).toString('base64'),
    entry.personKeyId,
  ])
}

function macOf(key: Uint8Array, head: Omit<ChainHead, 'mac'>): Buffer {
  return hmac(key, String(head.sequence), head.hash, head.sealedAt.toISOString())
}
