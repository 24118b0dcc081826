/**
 * @import { GuardOptions, Problem } from './api.d.ts'
 *
 * @typedef {Required<Omit<GuardOptions, 'publicOrigin' | 'allowPlainHttp'>> & { readonly publicOrigin: string | null }} Settings
 */

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/**
 * Every option with its default. A mistake is thrown at once: a guard that starts is one that can work.
 *
 * @param {GuardOptions} options
 * @returns {Settings}
 */
export function readOptions(options) {
  return {
    issuer: issuerOf(options),
    audience: text('audience', options.audience),
    maxStalenessSeconds: positive('maxStalenessSeconds', options.maxStalenessSeconds ?? 30),
    clockToleranceSeconds: positive('clockToleranceSeconds', options.clockToleranceSeconds ?? 5),
    pollSeconds: positive('pollSeconds', options.pollSeconds ?? 1),
    requestTimeoutSeconds: positive('requestTimeoutSeconds', options.requestTimeoutSeconds ?? 5),
    maxDeadHandles: positive('maxDeadHandles', options.maxDeadHandles ?? 500_000),
    maxProofs: positive('maxProofs', options.maxProofs ?? 100_000),
    publicOrigin: options.publicOrigin === undefined ? null : originOf(options.publicOrigin),
    onProblem: options.onProblem ?? warn,
    fetch: options.fetch ?? globalThis.fetch,
    now: options.now ?? Date.now,
  }
}

/**
 * Over plain HTTP anybody on the way could hand out keys of their own.
 *
 * @param {GuardOptions} options
 */
function issuerOf({ issuer, allowPlainHttp = false }) {
  const url = URL.parse(text('issuer', issuer))
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '')
    throw new TypeError('issuer: must be a URL that begins with https://, without query and fragment')
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname) && !allowPlainHttp)
    throw new TypeError('issuer: must begin with https:// unless it is on this machine (or allowPlainHttp)')
  return issuer
}

/** @param {string} value */
function originOf(value) {
  const url = URL.parse(value)
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== '/')
    throw new TypeError('publicOrigin: must be scheme, host and port, such as https://orders.example')
  return url.origin
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function text(name, value) {
  // Both travel in headers and URLs.
  if (typeof value !== 'string' || !/^[\x21\x23-\x5b\x5d-\x7e]{1,2000}$/.test(value))
    throw new TypeError(`${name}: must be a text without spaces and quotes`)
  return value
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function positive(name, value) {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0)
    throw new TypeError(`${name}: must be a number above 0`)
  return value
}

/** @param {Problem} problem */
function warn({ code, message }) {
  process.emitWarning(message, { type: 'LatchkeyGuardWarning', code })
}
