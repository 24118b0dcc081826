import { createSecretKey, type KeyObject } from 'node:crypto'

const known = new WeakMap<Uint8Array, KeyObject>()

/** Node takes the bytes of a key apart at each use, which costs five times the work itself; so it is done once. */
export function secretKeyOf(bytes: Uint8Array): KeyObject {
  const made = known.get(bytes)
  if (made) return made
  const key = createSecretKey(bytes)
  known.set(bytes, key)
  return key
}
