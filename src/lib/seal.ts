import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Random } from './ids.ts'
import { secretKeyOf } from './secret-key.ts'

const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * Encrypts with AES-256-GCM (NIST SP 800-38D) under a 32-byte key: IV, ciphertext, tag in one buffer.
 * `context` is authenticated, not stored: a value moved to another row or column does not open there.
 */
export function seal(
  key: Uint8Array,
  plaintext: string | Uint8Array,
  context: string,
  random: Random,
): Buffer {
  const iv = random.bytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', secretKeyOf(key), iv)
  cipher.setAAD(Buffer.from(context, 'utf8'))
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** Opens what `seal` made. Throws when key, context or a single bit is another. */
export function open(key: Uint8Array, sealed: Uint8Array, context: string): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', secretKeyOf(key), sealed.subarray(0, IV_BYTES))
  decipher.setAAD(Buffer.from(context, 'utf8'))
  decipher.setAuthTag(sealed.subarray(sealed.byteLength - TAG_BYTES))
  return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()])
}
