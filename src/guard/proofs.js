import { createHash } from 'node:crypto'
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'

/**
 * @import { Reason } from './api.d.ts'
 * @import { Settings } from './options.js'
 *
 * @typedef {object} PresentedProof
 * @property {string} proof
 * @property {string | undefined} method
 * @property {string | undefined} url
 * @property {string} token
 * @property {string} jkt The thumbprint that the token is bound to.
 *
 * @typedef {object} Proofs
 * @property {(presented: PresentedProof) => Promise<{ claim: () => Reason | null } | null>} check
 *   Null for a bad proof; otherwise `claim` takes it: each proof is taken once.
 */

/** What Latchkey itself takes at its token endpoint. */
export const PROOF_ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519']

/** A proof is made for one request, just before it is sent. */
const LIFETIME_SECONDS = 60
const MAX_PROOF = 8192
const MAX_JTI = 256

/**
 * Proofs of possession (RFC 9449 §4.3), and which of them were taken: for as long as one would still be young enough,
 * and never more than `maxProofs`. When that many are remembered no further one is taken: forgetting one instead
 * would let it be replayed.
 *
 * @param {Pick<Settings, 'now' | 'clockToleranceSeconds' | 'maxProofs'>} settings
 * @returns {Proofs}
 */
export function createProofs({ now, clockToleranceSeconds, maxProofs }) {
  /** Proof → when it is too old anyway; the oldest first, since each is kept equally long. @type {Map<string, number>} */
  const taken = new Map()
  const keptMs = (LIFETIME_SECONDS + 2 * clockToleranceSeconds) * 1000

  /** @param {number} at */
  function forgetOld(at) {
    for (const [id, until] of taken) {
      if (until > at) break
      taken.delete(id)
    }
  }

  /**
   * @param {string} id
   * @returns {Reason | null}
   */
  function claim(id) {
    const at = now()
    forgetOld(at)
    if (taken.has(id)) return 'proof-replayed'
    if (taken.size >= maxProofs) return 'overloaded'
    taken.set(id, at + keptMs)
    return null
  }

  /** @param {unknown} iat */
  function isYoung(iat) {
    const age = typeof iat === 'number' ? now() / 1000 - iat : Number.NaN
    return age <= LIFETIME_SECONDS + clockToleranceSeconds && age >= -clockToleranceSeconds
  }

  return {
    async check({ proof, method, url, token, jkt }) {
      const verified = await verifySignature(proof, { now, clockToleranceSeconds })
      if (verified === null || verified.thumbprint !== jkt) return null
      const { htm, htu, iat, jti, ath } = verified.payload
      if (method === undefined || htm !== method) return null
      if (typeof htu !== 'string' || url === undefined || !isSameTarget(htu, url)) return null
      if (!isYoung(iat)) return null
      if (ath !== createHash('sha256').update(token).digest('base64url')) return null
      if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI) return null
      return { claim: () => claim(`${jkt} ${jti}`) }
    },
  }
}

/**
 * The key is the one that the proof brings along: it vouches for nothing until the token names its thumbprint.
 *
 * @param {string} proof
 * @param {Pick<Settings, 'now' | 'clockToleranceSeconds'>} settings
 */
async function verifySignature(proof, { now, clockToleranceSeconds }) {
  if (proof.length > MAX_PROOF) return null
  try {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: PROOF_ALGORITHMS,
      currentDate: new Date(now()),
      clockTolerance: clockToleranceSeconds,
    })
    const { jwk } = protectedHeader
    return jwk === undefined ? null : { payload, thumbprint: await calculateJwkThumbprint(jwk, 'sha256') }
  } catch {
    return null
  }
}

/**
 * Without query and fragment, after the usual normalisation of URLs (RFC 9449 §4.3, 9).
 *
 * @param {string} htu
 * @param {string} url
 */
function isSameTarget(htu, url) {
  const [named, called] = [URL.parse(htu), URL.parse(url)]
  if (named === null || called === null) return false
  return named.origin === called.origin && named.pathname === called.pathname
}
