import type { JSONWebKeySet, JWK } from 'jose'
import type { SigningKey } from '../domain/keys/index.ts'

const PRIVATE_MEMBERS = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])

/** The key set that the library signs with: for each algorithm the first one listed signs. */
export function privateJwks(keys: readonly SigningKey[]): { keys: JWK[] } {
  return { keys: keys.map((key) => ({ ...key.privateJwk, kid: key.kid, alg: key.algorithm, use: 'sig' })) }
}

/** What the world may see of it (RFC 7517). */
export function publicJwks(keys: readonly SigningKey[]): JSONWebKeySet {
  return {
    keys: privateJwks(keys).keys.map(
      (jwk) => Object.fromEntries(Object.entries(jwk).filter(([name]) => !PRIVATE_MEMBERS.has(name))) as JWK,
    ),
  }
}
