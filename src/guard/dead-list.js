/** @import { FeedDocument } from './feed-document.js' */

/**
 * @typedef {object} Misfit
 * @property {false} ok
 * @property {'rolled-back' | 'gap' | 'too-large'} code
 * @property {string} message
 * @property {boolean} startOver Would all there is help? An older signature alone is what a second node, a moment
 *   behind, may send.
 *
 * @typedef {object} DeadList
 * @property {(document: FeedDocument, now: number) => { ok: true } | Misfit} apply
 *   Takes a document whole or not at all.
 * @property {(handles: readonly string[]) => boolean} isDead
 * @property {() => string | null} cursor Where the next document shall go on from; `null` before the first.
 * @property {() => number} signedAt When the newest document was signed, in milliseconds; -Infinity before the first.
 * @property {() => number} size
 */

const PRUNE_SECONDS = 60
/** Cursors are numbers, or texts with a number in them. */
const { compare: compareCursors } = new Intl.Collator('en', { numeric: true })

/**
 * The handles that are dead, as the newest document leaves them. No clock of its own, no network.
 *
 * @param {number} maxHandles
 * @param {number} toleranceSeconds Kept that much longer: until then a token that it kills may pass as not expired.
 * @returns {DeadList}
 */
export function createDeadList(maxHandles, toleranceSeconds) {
  /** Handle → when nothing that it kills can still be valid. @type {Map<string, number>} */
  let dead = new Map()
  /** @type {string | null} */
  let issuer = null
  /** @type {string | null} */
  let cursor = null
  let newestIat = Number.NEGATIVE_INFINITY
  let signedAt = Number.NEGATIVE_INFINITY
  let prunedAt = Number.NEGATIVE_INFINITY

  /** @param {number} now */
  function prune(now) {
    prunedAt = now
    const before = now / 1000 - toleranceSeconds
    for (const [handle, until] of dead) if (until < before) dead.delete(handle)
  }

  /**
   * @param {FeedDocument} document
   * @returns {Misfit | null}
   */
  function findMisfit(document) {
    if (document.iat < newestIat)
      return misfit('rolled-back', 'It was signed before one that was seen.', false)
    // Of one second there may be several documents, and the first of them, played again, knows less. A store that was
    // restored may count from an earlier place on, and its issuer handle is another.
    const isOlder = cursor !== null && compareCursors(document.cursor, cursor) < 0
    const mayBeReplayed = document.iat === newestIat && document.issuer === issuer
    if (isOlder && (!document.reset || mayBeReplayed))
      return misfit('rolled-back', `Its cursor ${document.cursor} is older than ${cursor}.`, !document.reset)
    if (document.reset) return null
    if (cursor === null) return misfit('gap', 'It goes on from documents that were not seen.', true)
    if (document.since !== null && document.since !== cursor)
      return misfit('gap', `It goes on from ${document.since}, and not from ${cursor}.`, true)
    return null
  }

  return {
    apply(document, now) {
      const found = findMisfit(document)
      if (found !== null) return found
      if (Math.abs(now - prunedAt) > PRUNE_SECONDS * 1000) prune(now)
      if (dead.size + document.dead.length > maxHandles) prune(now)
      const kept = document.reset ? 0 : dead.size
      if (kept + document.dead.length > maxHandles)
        return misfit('too-large', `More than ${maxHandles} handles are dead.`, true)
      if (document.reset) dead = new Map()
      for (const { h, until } of document.dead) dead.set(h, Math.max(until, dead.get(h) ?? until))
      issuer = document.issuer
      cursor = document.cursor
      newestIat = document.iat
      // Where this clock is a little behind, a document is no fresher than the moment it came.
      signedAt = Math.min(document.iat * 1000, now)
      return { ok: true }
    },
    isDead(handles) {
      let isOfThisIssuer = false
      for (const handle of handles) {
        if (dead.has(handle)) return true
        if (handle === issuer) isOfThisIssuer = true
      }
      return !isOfThisIssuer
    },
    cursor: () => cursor,
    signedAt: () => signedAt,
    size: () => dead.size,
  }
}

/**
 * @param {Misfit['code']} code
 * @param {string} message
 * @param {boolean} startOver
 * @returns {Misfit}
 */
function misfit(code, message, startOver) {
  return { ok: false, code, message, startOver }
}
