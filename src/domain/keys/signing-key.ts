import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { calculateJwkThumbprint, type JWK } from 'jose'
import type { SigningAlgorithm } from './key-store.ts'

/**
 * A key that signs tokens. Several of one algorithm stand side by side while they rotate: published first, so that
 * every verifier has it when it begins to sign, and still published when the next one signs.
 */
export interface SigningKey {
  /** JWK thumbprint (RFC 7638). */
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  /** With `kid`, `alg` and `use`. */
  readonly privateJwk: JWK
  readonly publishedAt: Date
  readonly activeAt: Date
  /** When it leaves the JWKS; null: not decided. */
  readonly retiredAt: Date | null
}

const RSA_BITS = 2048
const generate = promisify(generateKeyPair)

/** Makes a private key, off the event loop: an RSA key takes a tenth of a second. */
export async function generateSigningJwk(algorithm: SigningAlgorithm): Promise<JWK> {
  const { privateKey } = await generatePair(algorithm)
  const jwk: JWK = privateKey.export({ format: 'jwk' })
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: algorithm, use: 'sig' }
}

function generatePair(algorithm: SigningAlgorithm): Promise<{ privateKey: KeyObject }> {
  switch (algorithm) {
    case 'ES256':
      return generate('ec', { namedCurve: 'P-256' })
    case 'RS256':
      return generate('rsa', { modulusLength: RSA_BITS })
    case 'EdDSA':
      return generate('ed25519')
  }
}

/** Those that the JWKS shows at `now`: of each algorithm the one that signs comes first. */
export function publishedKeys(keys: readonly SigningKey[], now: Date): SigningKey[] {
  const alive = keys.filter((key) => !isRetired(key, now)).sort((a, b) => rank(b, now) - rank(a, now))
  return alive.filter((key) => key.publishedAt <= now || isAlone(key, alive, now))
}

/**
 * The first keys of a store are made now, and now is a little earlier on another node, or here once the clock was set
 * back: a store without a key that signs would answer nobody.
 */
function isAlone(key: SigningKey, alive: readonly SigningKey[], now: Date): boolean {
  const siblings = alive.filter(({ algorithm }) => algorithm === key.algorithm)
  return key === siblings[0] && siblings.every(({ publishedAt }) => publishedAt > now)
}

/** The key that signs at `now`: of those that are active the newest; where none is, the one that will be first. */
export function keyThatSigns(
  keys: readonly SigningKey[],
  algorithm: SigningAlgorithm,
  now: Date,
): SigningKey | null {
  return publishedKeys(keys, now).find((key) => key.algorithm === algorithm) ?? null
}

/** Newest active first, then those that are only published. */
function rank(key: SigningKey, now: Date): number {
  const activeAt = key.activeAt.getTime()
  return key.activeAt <= now ? activeAt : -activeAt
}

function isRetired(key: SigningKey, now: Date): boolean {
  return key.retiredAt !== null && key.retiredAt <= now
}
