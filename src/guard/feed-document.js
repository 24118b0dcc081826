import { jwtVerify } from 'jose'
import { ALGORITHMS } from './keys.js'

/**
 * @import { Settings } from './options.js'
 * @import { KeySet } from './keys.js'
 */

/**
 * One signed document of the feed (interface.md, Revocation feed).
 *
 * @typedef {object} FeedDocument
 * @property {number} iat
 * @property {string} cursor
 * @property {string | null} since The cursor it goes on from, where the feed says so.
 * @property {string} issuer The one issuer handle that is alive.
 * @property {boolean} reset This is all there is.
 * @property {readonly { readonly h: string, readonly until: number }[]} dead
 */

const MAX_HANDLE = 64
const CURSOR = /^[\w.~-]{1,200}$/

/** It is signed by the issuer and still no document of this feed. */
export class BadDocument extends Error {}

/** The document is good, and made later than this machine says it is. */
export class FromTheFuture extends Error {}

/**
 * Who signed it and for whom, what it says, and no more: whether it may still be taken is the dead list's to say.
 * Throws when it is anything else than a document of this feed.
 *
 * @param {string} text
 * @param {KeySet} keys
 * @param {Settings} settings
 * @returns {Promise<FeedDocument>}
 */
export async function readFeedDocument(text, keys, { issuer, audience, clockToleranceSeconds, now }) {
  const at = now()
  const { payload } = await jwtVerify(text.trim(), keys.find, {
    issuer,
    typ: 'revocation-feed+jwt',
    algorithms: ALGORITHMS,
    requiredClaims: ['iat', 'exp'],
    currentDate: new Date(at),
    clockTolerance: clockToleranceSeconds,
  })
  const { aud, iat, cursor, since, issuer: issuerHandle, reset, dead } = payload
  if (aud !== audience) throw new BadDocument('It is for another audience')
  if (typeof iat !== 'number' || !isHandle(issuerHandle) || typeof reset !== 'boolean')
    throw new BadDocument('iat, issuer or reset is missing')
  if (!Array.isArray(dead) || !dead.every(isDeadEntry)) throw new BadDocument('dead is not a list of handles')
  if (iat * 1000 > at + clockToleranceSeconds * 1000)
    throw new FromTheFuture(`It was signed ${Math.round(iat - at / 1000)} seconds from now`)
  return {
    iat,
    cursor: cursorOf(cursor),
    since: since === undefined ? null : cursorOf(since),
    issuer: issuerHandle,
    reset,
    dead,
  }
}

/** @param {unknown} value */
function cursorOf(value) {
  const cursor = Number.isSafeInteger(value) ? String(value) : value
  if (typeof cursor !== 'string' || !CURSOR.test(cursor)) throw new BadDocument('cursor is missing')
  return cursor
}

/**
 * @param {unknown} value
 * @returns {value is string}
 */
function isHandle(value) {
  return typeof value === 'string' && value !== '' && value.length <= MAX_HANDLE
}

/** @param {{ h?: unknown, until?: unknown } | null} entry */
function isDeadEntry(entry) {
  return isHandle(entry?.h) && typeof entry?.until === 'number'
}
