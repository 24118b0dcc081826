import { readEvents } from './event-stream.js'
import { jittered, pause } from './pause.js'

/**
 * @import { Discovery } from './discovery.js'
 * @import { Http } from './http.js'
 * @import { Report } from './problems.js'
 *
 * @typedef {object} WakeUpParts
 * @property {Http} http
 * @property {Discovery} discovery
 * @property {Report} report
 * @property {AbortSignal} closed
 * @property {() => number} now
 * @property {() => void} wake
 */

const LONGEST_BACKOFF_SECONDS = 30
/** A stream that says nothing for this long, not even a comment, is taken for dead. */
const SILENCE_SECONDS = 60
/** A stream that was open this long was a good one: it is opened again without waiting longer each time. */
const GOOD_SECONDS = 10

/**
 * Keeps the wake-up stream open. It only ever makes the feed be asked sooner: without it nothing is lost but time.
 *
 * @param {WakeUpParts} parts
 */
export function createWakeUp({ http, discovery, report, closed, now, wake }) {
  let isOpen = false
  void keepOpen()
  return { isOpen: () => isOpen }

  async function keepOpen() {
    let cuts = 0
    while (!closed.aborted) {
      const openedAt = now()
      try {
        await openOnce()
        report('unreachable', 'The wake-up stream has ended; polling until it is open again.')
      } catch (error) {
        if (!closed.aborted)
          report('unreachable', 'The wake-up stream is cut; polling until it is open again.', error)
      }
      const wasOpen = isOpen
      isOpen = false
      // What happened while it was being cut woke nobody.
      if (wasOpen) wake()
      cuts = wasOpen && now() - openedAt >= GOOD_SECONDS * 1000 ? 0 : cuts + 1
      await pause(jittered(Math.min(2 ** cuts / 2, LONGEST_BACKOFF_SECONDS)) * 1000, closed)
    }
  }

  async function openOnce() {
    const { stream } = await discovery.find()
    await http.follow(stream, 'text/event-stream', async (body, giveUp) => {
      const timer = setTimeout(() => giveUp(new Error('The stream is silent')), SILENCE_SECONDS * 1000)
      timer.unref()
      isOpen = true
      wake()
      try {
        await readEvents(body, { onBytes: () => timer.refresh(), onEvent: wake })
      } finally {
        clearTimeout(timer)
      }
    })
  }
}
