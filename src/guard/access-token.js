import { errors, jwtVerify } from 'jose'
import { ALGORITHMS } from './keys.js'

/**
 * @import { JWTPayload, JWTVerifyOptions } from 'jose'
 * @import { AccessTokenClaims, Reason } from './api.d.ts'
 * @import { KeySet } from './keys.js'
 * @import { Settings } from './options.js'
 */

/** A header of Node's has 16 KB at most, all of them together. */
const MAX_TOKEN = 16_384
const MAX_HANDLES = 32

/** @type {Readonly<Record<string, Reason>>} */
const REASON_OF_CLAIM = {
  typ: 'wrong-type',
  iss: 'wrong-issuer',
  aud: 'wrong-audience',
  nbf: 'not-yet-valid',
}

/**
 * Signature and claims of an access token (RFC 9068 §4): everything that stands in the token itself.
 *
 * @param {KeySet} keys
 * @param {Settings} settings
 * @returns {(token: string) => Promise<{ ok: true, claims: AccessTokenClaims } | { ok: false, reason: Reason }>}
 */
export function createReadAccessToken(keys, { issuer, audience, clockToleranceSeconds, now }) {
  /** @type {JWTVerifyOptions} */
  const expected = {
    issuer,
    audience,
    typ: 'at+jwt',
    algorithms: ALGORITHMS,
    requiredClaims: ['exp'],
    clockTolerance: clockToleranceSeconds,
  }
  return async (token) => {
    if (token.length > MAX_TOKEN) return { ok: false, reason: 'malformed-token' }
    try {
      const { payload } = await jwtVerify(token, keys.find, { ...expected, currentDate: new Date(now()) })
      return isAccessToken(payload) ? { ok: true, claims: payload } : { ok: false, reason: 'bad-claims' }
    } catch (error) {
      return { ok: false, reason: reasonOf(error) }
    }
  }
}

/**
 * What of a token the rest of the guard relies on.
 *
 * @param {JWTPayload} payload
 * @returns {payload is AccessTokenClaims & JWTPayload}
 */
function isAccessToken(payload) {
  const { sub, aud, jti, iat, client_id, scope, roles, latchkey_rv, cnf } = payload
  if (typeof sub !== 'string' || typeof aud !== 'string' || typeof jti !== 'string') return false
  if (typeof iat !== 'number' || typeof client_id !== 'string') return false
  if (scope !== undefined && typeof scope !== 'string') return false
  if (roles !== undefined && !isListOfTexts(roles)) return false
  if (!isListOfTexts(latchkey_rv) || latchkey_rv.length === 0 || latchkey_rv.length > MAX_HANDLES)
    return false
  // Bound to something that cannot be checked here is not the same as not bound.
  return cnf === undefined || (typeof cnf === 'object' && cnf !== null && 'jkt' in cnf && isText(cnf.jkt))
}

/**
 * @param {unknown} value
 * @returns {value is string[]}
 */
function isListOfTexts(value) {
  return Array.isArray(value) && value.every(isText)
}

/** @param {unknown} value */
function isText(value) {
  return typeof value === 'string'
}

/**
 * @param {unknown} error
 * @returns {Reason}
 */
function reasonOf(error) {
  if (error instanceof errors.JWTExpired) return 'expired'
  if (error instanceof errors.JWTClaimValidationFailed) return REASON_OF_CLAIM[error.claim] ?? 'bad-claims'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'bad-signature'
  if (error instanceof errors.JOSEAlgNotAllowed) return 'wrong-algorithm'
  if (error instanceof errors.JOSEError) return 'malformed-token'
  // `UnknownKey`, or no answer to the question which keys there are.
  return 'unknown-key'
}
