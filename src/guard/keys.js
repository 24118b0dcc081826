import { importJWK } from 'jose'

/** @import { CryptoKey, JWK, JWSHeaderParameters } from 'jose' */

export const ALGORITHMS = ['ES256', 'RS256', 'EdDSA']

/** A `kid` that no key has, asked for again and again, fetches the keys this often. */
const PAUSE_SECONDS = 5
/** A key that its issuer has taken back is forgotten after at most this long. */
const REFRESH_SECONDS = 60
const MAX_KEYS = 64

export class UnknownKey extends Error {}

/**
 * @typedef {object} KeySet
 * @property {(header: JWSHeaderParameters) => CryptoKey | Promise<CryptoKey>} find
 *   The key that a header names by `kid`; `jku`, `jwk`, `x5u` and `x5c` are not looked at. Throws `UnknownKey`.
 * @property {() => Promise<void>} keepFresh Fetches the keys when that was not done for a while.
 */

/**
 * The issuer's keys. An unknown `kid` has them fetched anew, at a bounded rate: anybody can make one up.
 *
 * @param {() => Promise<string>} fetchKeys
 * @param {() => number} now
 * @returns {KeySet}
 */
export function createKeySet(fetchKeys, now) {
  /** @type {{ kid: string | undefined, alg: string, key: CryptoKey }[]} */
  let keys = []
  /** @type {Promise<void> | null} */
  let fetching = null
  let askedAt = Number.NEGATIVE_INFINITY
  let fetchedAt = Number.NEGATIVE_INFINITY

  /** @param {JWSHeaderParameters} header */
  function known({ kid, alg }) {
    const fitting = keys.filter((one) => one.alg === alg && (kid === undefined || one.kid === kid))
    return fitting.length === 1 ? fitting[0]?.key : undefined
  }

  function refetch() {
    askedAt = now()
    fetching ??= fetchKeys()
      .then(readKeys)
      .then((fresh) => {
        keys = fresh
        fetchedAt = now()
      })
      .finally(() => {
        fetching = null
      })
    return fetching
  }

  /** @param {JWSHeaderParameters} header */
  async function findAnew(header) {
    if (fetching !== null || isPast(askedAt, PAUSE_SECONDS)) await refetch()
    const key = known(header)
    if (key === undefined) throw new UnknownKey('No key of the issuer fits.')
    return key
  }

  /**
   * A clock that was set back makes it past too.
   *
   * @param {number} at
   * @param {number} seconds
   */
  function isPast(at, seconds) {
    const elapsed = now() - at
    return elapsed < 0 || elapsed >= seconds * 1000
  }

  return {
    find: (header) => known(header) ?? findAnew(header),
    async keepFresh() {
      if (isPast(fetchedAt, REFRESH_SECONDS) && isPast(askedAt, PAUSE_SECONDS)) await refetch()
    },
  }
}

/** @param {string} text */
async function readKeys(text) {
  const document = JSON.parse(text)
  if (!Array.isArray(document?.keys)) throw new Error('The key set of the issuer has no keys')
  const read = []
  for (const jwk of document.keys.slice(0, MAX_KEYS)) {
    const alg = algorithmOf(jwk)
    if (alg === null) continue
    const key = await importJWK(jwk, alg)
    if (!(key instanceof Uint8Array)) read.push({ kid: jwk.kid, alg, key })
  }
  return read
}

/**
 * The one algorithm a key is for. A public key is never taken for a secret of HMAC, whatever a token says.
 *
 * @param {JWK} jwk
 */
function algorithmOf(jwk) {
  if (jwk?.use !== undefined && jwk.use !== 'sig') return null
  const alg =
    jwk?.kty === 'EC' && jwk.crv === 'P-256'
      ? 'ES256'
      : jwk?.kty === 'OKP' && jwk.crv === 'Ed25519'
        ? 'EdDSA'
        : jwk?.kty === 'RSA'
          ? 'RS256'
          : null
  return alg === null || jwk.alg === undefined || jwk.alg === alg ? alg : null
}
