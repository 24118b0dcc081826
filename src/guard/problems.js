/** @import { Problem, ProblemCode } from './api.d.ts' */

/** @typedef {(code: ProblemCode, message: string, cause?: unknown) => void} Report */

const PAUSE_SECONDS = 60

/**
 * Hands problems on, each code at most once a minute: what goes wrong goes wrong again every second.
 *
 * @param {(problem: Problem) => void} onProblem
 * @param {() => number} now
 * @returns {Report}
 */
export function createReport(onProblem, now) {
  /** @type {Map<ProblemCode, number>} */
  const toldAt = new Map()
  return (code, message, cause) => {
    const elapsed = now() - (toldAt.get(code) ?? Number.NEGATIVE_INFINITY)
    if (elapsed >= 0 && elapsed < PAUSE_SECONDS * 1000) return
    toldAt.set(code, now())
    onProblem({ code, message, cause })
  }
}
