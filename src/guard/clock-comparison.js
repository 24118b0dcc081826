/**
 * @import { Settings } from './options.js'
 * @import { Report } from './problems.js'
 */

/**
 * Reports a clock that is wrong, here or at the issuer, by the `Date` of its answers: with a wrong clock what is
 * fresh looks stale, and nobody would know why.
 *
 * @param {Pick<Settings, 'now' | 'clockToleranceSeconds'>} settings
 * @param {Report} report
 */
export function createClockComparison({ now, clockToleranceSeconds }, report) {
  /** @type {number | null} */
  let skewSeconds = null
  return {
    skewSeconds: () => skewSeconds,
    /**
     * @param {Headers} headers
     * @param {number} askedAt
     */
    compare(headers, askedAt) {
      const date = Date.parse(headers.get('date') ?? '')
      // A cache hands on the time at which its answer was made.
      if (Number.isNaN(date) || headers.has('age')) return
      // Whole seconds, cut off, of any moment between question and answer: the rest is certain.
      const behind = Math.max(0, date - now())
      const ahead = Math.max(0, askedAt - (date + 1000))
      skewSeconds = (behind - ahead) / 1000
      if (Math.abs(skewSeconds) <= clockToleranceSeconds) return
      const seconds = Math.round(Math.abs(skewSeconds))
      const direction = behind > 0 ? 'behind' : 'ahead of'
      report('clock-skew', `The clock of this machine is ${seconds} s ${direction} the clock of the issuer.`)
    },
  }
}
