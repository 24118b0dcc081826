import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { secretKeyOf } from './secret-key.ts'

export function sha256(data: string | Uint8Array): Buffer {
  return createHash('sha256').update(data).digest()
}

/** HMAC-SHA-256 over parts joined unambiguously: each part is preceded by its length in bytes. */
export function hmac(key: Uint8Array, ...parts: readonly (string | Uint8Array)[]): Buffer {
  const mac = createHmac('sha256', secretKeyOf(key))
  const length = Buffer.alloc(4)
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : part
    length.writeUInt32BE(bytes.byteLength)
    mac.update(length).update(bytes)
  }
  return mac.digest()
}

/** Compares without telling by its time where two values differ. Unequal lengths are unequal. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b)
}

/** The same for text of any length: digests are compared, so neither length nor content shows in the time. */
export function equalText(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a), sha256(b))
}
