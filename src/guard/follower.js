import { errors } from 'jose'
import { createClockComparison } from './clock-comparison.js'
import { BadDocument, FromTheFuture, readFeedDocument } from './feed-document.js'
import { HttpFailure, TooLarge } from './http.js'
import { UnknownKey } from './keys.js'
import { jittered } from './pause.js'
import { createWakeUp } from './wake-up.js'

/**
 * @import { ProblemCode } from './api.d.ts'
 * @import { DeadList } from './dead-list.js'
 * @import { Discovery } from './discovery.js'
 * @import { Http } from './http.js'
 * @import { KeySet } from './keys.js'
 * @import { Settings } from './options.js'
 * @import { Report } from './problems.js'
 */

/**
 * @typedef {object} Follower
 * @property {() => boolean} isFresh
 * @property {() => number} ageSeconds Infinity before the first document.
 * @property {() => boolean} hasTried Was the feed asked once, however that went?
 * @property {Promise<void>} firstTry
 * @property {Promise<void>} ready
 * @property {() => boolean} isStreaming
 * @property {() => number | null} clockSkewSeconds
 * @property {() => void} close
 *
 * @typedef {object} FollowerParts
 * @property {Settings} settings
 * @property {Http} http
 * @property {Discovery} discovery
 * @property {KeySet} keys
 * @property {DeadList} deadList
 * @property {Report} report
 * @property {AbortController} closing
 */

/** Between two requests, however often the stream wakes. */
const LEAST_GAP_MS = 200
/** How much less often the feed is asked while the stream wakes, only for a newer signature, or while it fails. */
const STREAMING_FACTOR = 5
const LONGEST_BACKOFF_FACTOR = 5
/** The whole list of half a million handles has about 30 MB. */
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024

/**
 * Keeps the dead list as new as the feed lets it: asks, is woken by the stream, asks more often while that is cut.
 * What is known is fresh for `maxStalenessSeconds` after the issuer signed it; a 304, a refused document and an open
 * stream add nothing to that.
 *
 * @param {FollowerParts} parts
 * @returns {Follower}
 */
export function createFollower({ settings, http, discovery, keys, deadList, report, closing }) {
  const { now, maxStalenessSeconds, pollSeconds, clockToleranceSeconds } = settings
  const closed = closing.signal
  const clocks = createClockComparison(settings, report)
  /** @type {PromiseWithResolvers<void>} */
  const first = Promise.withResolvers()
  /** @type {PromiseWithResolvers<void>} */
  const known = Promise.withResolvers()
  // Whoever asks for it hears of it; nobody has to ask.
  known.promise.catch(() => {})

  let tried = false
  let asking = false
  let wokenMeanwhile = false
  let failures = 0
  let askedAt = 0
  let retryAfterSeconds = 0
  /** After a document that does not fit, the next one shall be all there is. */
  let fromTheStart = false
  /** Of the newest answer, when the next question is the same. @type {{ url: string, etag: string } | null} */
  let unchanged = null
  /** @type {NodeJS.Timeout | undefined} */
  let timer

  const wakeUp = createWakeUp({ http, discovery, report, closed, now, wake })
  void ask()

  function ageSeconds() {
    return (now() - deadList.signedAt()) / 1000
  }

  /** A clock that was set back since the newest document makes its age negative, and that proves nothing. */
  function isFresh() {
    const age = ageSeconds()
    return !closed.aborted && age <= maxStalenessSeconds && age >= -clockToleranceSeconds
  }

  async function ask() {
    asking = true
    wokenMeanwhile = false
    askedAt = now()
    try {
      await askOnce()
      failures = 0
    } catch (error) {
      failures++
      retryAfterSeconds = error instanceof HttpFailure ? error.retryAfterSeconds : 0
      if (!closed.aborted) reportFailure(error)
    }
    asking = false
    tried = true
    first.resolve()
    if (isFresh()) known.resolve()
    else if (!closed.aborted) reportStale()
    schedule(wokenMeanwhile && failures === 0 ? LEAST_GAP_MS : pauseMs())
  }

  async function askOnce() {
    const { feed } = await discovery.find()
    await keys.keepFresh()
    const url = questionOf(feed, fromTheStart ? null : deadList.cursor())
    // Half the time is gone without a new signature: something on the way may hold on to an old answer.
    const mayBeUnchanged = unchanged?.url === url && ageSeconds() < maxStalenessSeconds / 2
    const answer = await http.get(url, {
      accept: 'application/jwt, */*;q=0.1',
      maxBytes: MAX_DOCUMENT_BYTES,
      etag: mayBeUnchanged ? (unchanged?.etag ?? null) : null,
    })
    clocks.compare(answer.headers, askedAt)
    if (answer.status === 304) return
    const document = await readFeedDocument(answer.text, keys, settings)
    const applied = deadList.apply(document, now())
    if (!applied.ok) {
      if (applied.startOver) fromTheStart = true
      unchanged = null
      throw new Refused(applied.code, applied.message)
    }
    fromTheStart = false
    const etag = answer.headers.get('etag')
    unchanged = etag !== null && url === questionOf(feed, document.cursor) ? { url, etag } : null
  }

  /** @param {unknown} error */
  function reportFailure(error) {
    const { code, message } = describeFailure(error)
    if (code === 'unreachable' || code === 'unknown-audience') discovery.forget()
    report(code, message, error)
  }

  function reportStale() {
    const since = Number.isFinite(ageSeconds()) ? `for ${Math.round(ageSeconds())} s` : 'yet'
    report('stale', `Nothing is known of revocations ${since}: every token is refused.`)
  }

  function pauseMs() {
    const usual = pollSeconds * (wakeUp.isOpen() ? STREAMING_FACTOR : 1)
    if (failures === 0) return jittered(Math.min(usual, maxStalenessSeconds / 6)) * 1000
    const backoff = pollSeconds * Math.min(2 ** (failures - 1), LONGEST_BACKOFF_FACTOR)
    const asTold = Math.min(retryAfterSeconds, maxStalenessSeconds / 3)
    return jittered(Math.max(backoff, asTold)) * 1000
  }

  /** @param {number} ms */
  function schedule(ms) {
    clearTimeout(timer)
    if (closed.aborted) return
    timer = setTimeout(ask, ms)
    // A program that has nothing else to do may end.
    timer.unref()
  }

  function wake() {
    if (asking) {
      wokenMeanwhile = true
      return
    }
    const elapsed = now() - askedAt
    // A feed that fails is asked again by its own timetable.
    if (failures === 0) schedule(elapsed >= 0 && elapsed < LEAST_GAP_MS ? LEAST_GAP_MS - elapsed : 0)
  }

  return {
    isFresh,
    ageSeconds,
    hasTried: () => tried,
    firstTry: first.promise,
    ready: known.promise,
    isStreaming: wakeUp.isOpen,
    clockSkewSeconds: clocks.skewSeconds,
    close() {
      closing.abort()
      clearTimeout(timer)
      first.resolve()
      known.reject(new Error('The guard was closed.'))
    },
  }
}

/**
 * @param {string} feed
 * @param {string | null} cursor
 */
function questionOf(feed, cursor) {
  const url = new URL(feed)
  if (cursor !== null) url.searchParams.set('since', cursor)
  return url.href
}

/** A document that is genuine and does not fit what is known. */
class Refused extends Error {
  /**
   * @param {'rolled-back' | 'gap' | 'too-large'} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message)
    this.code = code
  }
}

/**
 * @param {unknown} error
 * @returns {{ code: ProblemCode, message: string }}
 */
function describeFailure(error) {
  const why = error instanceof Error ? error.message : String(error)
  const refused = `A document of the feed is refused. ${why}`
  if (error instanceof Refused) return { code: error.code, message: refused }
  if (error instanceof FromTheFuture) return { code: 'clock-skew', message: refused }
  if (error instanceof TooLarge) return { code: 'too-large', message: why }
  if (error instanceof HttpFailure)
    return { code: error.status === 404 ? 'unknown-audience' : 'unreachable', message: why }
  if (error instanceof BadDocument || error instanceof UnknownKey || error instanceof errors.JOSEError)
    return { code: 'bad-document', message: refused }
  return { code: 'unreachable', message: `The feed cannot be followed. ${why}` }
}
