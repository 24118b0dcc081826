import { PROOF_ALGORITHMS } from './proofs.js'

/**
 * @import { Reason, Requirements } from './api.d.ts'
 *
 * @typedef {object} Refusal
 * @property {number} status
 * @property {string | null} error Its name in `WWW-Authenticate`; null where that says nothing more (RFC 6750 §3.1).
 * @property {string} text For whoever wrote the client. In a quoted string: no quotes, no backslashes.
 */

/** @type {Readonly<Record<Reason, Refusal>>} */
const REFUSALS = {
  'missing-token': refusal(401, null, 'An access token is needed.'),
  'malformed-request': refusal(400, 'invalid_request', 'The request does not carry one token in one way.'),
  'malformed-token': refusal(401, 'invalid_token', 'This is no access token of the issuer.'),
  'wrong-algorithm': refusal(
    401,
    'invalid_token',
    'The token is signed by another algorithm than the issuer uses.',
  ),
  'unknown-key': refusal(401, 'invalid_token', 'The token is signed by a key that the issuer does not have.'),
  'bad-signature': refusal(401, 'invalid_token', 'The signature of the token is wrong.'),
  'wrong-type': refusal(401, 'invalid_token', 'This is a token of another kind than an access token.'),
  'wrong-issuer': refusal(401, 'invalid_token', 'The token is of another issuer.'),
  'wrong-audience': refusal(401, 'invalid_token', 'The token is for another API.'),
  expired: refusal(401, 'invalid_token', 'The token has expired.'),
  'not-yet-valid': refusal(401, 'invalid_token', 'The token is not valid yet.'),
  'bad-claims': refusal(401, 'invalid_token', 'The token lacks what an access token says.'),
  revoked: refusal(401, 'invalid_token', 'The token was revoked.'),
  'proof-required': refusal(401, 'invalid_token', 'The token is bound to a key: a proof is needed.'),
  'bad-proof': refusal(
    401,
    'invalid_dpop_proof',
    'The proof is not for this request, this token or its key.',
  ),
  'proof-replayed': refusal(401, 'invalid_dpop_proof', 'The proof was used before.'),
  overloaded: refusal(503, null, 'Too many proofs at once.'),
  'not-bound': refusal(401, 'invalid_token', 'The token is not bound to a key.'),
  'insufficient-scope': refusal(403, 'insufficient_scope', 'The token lacks a scope.'),
  'insufficient-roles': refusal(403, 'insufficient_scope', 'The token lacks a role.'),
  stale: refusal(503, null, 'What was revoked is not known at present.'),
}

const TITLES = new Map([
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [503, 'Service Unavailable'],
])
const RETRY_AFTER_SECONDS = 2

/**
 * @param {number} status
 * @param {string | null} error
 * @param {string} text
 * @returns {Refusal}
 */
function refusal(status, error, text) {
  return { status, error, text }
}

/**
 * What a refused request is answered: problem+json (RFC 9457), and how to do better (RFC 6750 §3, RFC 9449 §7.1).
 *
 * @param {Reason} reason
 * @param {'bearer' | 'dpop' | null} scheme The one that the token came with.
 * @param {string} realm
 * @param {Requirements} required
 */
export function describeRefusal(reason, scheme, realm, required) {
  const { status, error, text } = REFUSALS[reason]
  /** @type {Record<string, string | string[]>} */
  const headers = { 'Cache-Control': 'no-store' }
  if (status === 503) headers['Retry-After'] = String(RETRY_AFTER_SECONDS)
  else headers['WWW-Authenticate'] = challengesOf(reason, scheme, realm, required)
  const code = reason.replaceAll('-', '_')
  const body = JSON.stringify({ type: 'about:blank', title: TITLES.get(status), status, detail: text, code })
  return { status, headers, type: 'application/problem+json', body, error }
}

/**
 * @param {Reason} reason
 * @param {'bearer' | 'dpop' | null} scheme
 * @param {string} realm
 * @param {Requirements} required
 */
function challengesOf(reason, scheme, realm, { scopes }) {
  const { error, text } = REFUSALS[reason]
  const algorithms = `algs="${PROOF_ALGORITHMS.join(' ')}"`
  const shared = [`realm="${realm}"`]
  if (scopes !== undefined && (error === null || reason === 'insufficient-scope'))
    shared.push(`scope="${scopes.join(' ')}"`)
  const said = [...shared]
  if (error !== null) said.push(`error="${error}"`, `error_description="${text}"`)
  // A token bound to a key may come with the other scheme; nothing else is helped by it (RFC 9449 §7.2).
  const offersBoth = scheme === null || reason === 'proof-required'
  const bearer = `Bearer ${(scheme === 'dpop' ? shared : said).join(', ')}`
  const dpop = `DPoP ${[...(scheme === 'bearer' ? shared : said), algorithms].join(', ')}`
  if (scheme === 'dpop') return [dpop]
  return offersBoth ? [bearer, dpop] : [bearer]
}
