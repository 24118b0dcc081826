/** @import { IncomingRequest } from './api.d.ts' */

/**
 * @typedef {{ ok: true, scheme: 'bearer' | 'dpop', token: string, dpop: string | undefined }} Credentials
 * @typedef {{ ok: false, scheme: 'bearer' | 'dpop' | null, reason: 'missing-token' | 'malformed-request' | 'proof-required' }} NoCredentials
 */

/** RFC 6750 §2.1, RFC 9449 §7.1; the name of a scheme in any case (RFC 9110 §11.1). */
const AUTHORIZATION = /^(bearer|dpop)(?: +([\w.~+/-]+=*))? *$/i

/**
 * The token as the header says it. Nowhere else is one looked for: URLs and bodies end up in logs.
 *
 * @param {IncomingRequest['headers']} headers
 * @returns {Credentials | NoCredentials}
 */
export function readCredentials(headers) {
  const { authorization, dpop } = headers
  if (typeof authorization !== 'string') return { ok: false, scheme: null, reason: 'missing-token' }
  const [, name, token] = AUTHORIZATION.exec(authorization) ?? []
  if (name === undefined) {
    const isOurs = /^(?:bearer|dpop)\b/i.test(authorization)
    return { ok: false, scheme: null, reason: isOurs ? 'malformed-request' : 'missing-token' }
  }
  const scheme = name.toLowerCase() === 'dpop' ? 'dpop' : 'bearer'
  if (token === undefined) return { ok: false, scheme, reason: 'malformed-request' }
  // With the scheme Bearer the header DPoP means nothing; a bound token is then refused for want of a proof.
  if (scheme === 'bearer') return { ok: true, scheme, token, dpop: undefined }
  if (typeof dpop !== 'string' || dpop === '') return { ok: false, scheme, reason: 'proof-required' }
  return { ok: true, scheme, token, dpop }
}
