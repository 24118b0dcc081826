import { afterEach, beforeEach } from '@jest/globals'
import type { Guard, GuardOptions, Problem, ProblemCode, VerifyResult } from '../../src/guard/api.d.ts'
import { createGuard } from '../../src/guard/index.js'
import { eventually } from './eventually.ts'
import { type FeedDouble, startFeedDouble } from './feed-double.ts'

/** An issuer that can go wrong, and guards that follow it quickly. Both have one clock, which a test moves. */
export interface Guarded {
  readonly issuer: FeedDouble
  readonly problems: readonly Problem[]
  /** Of the machine the guard is on; the issuer's goes along. */
  advance(seconds: number): void
  /** Sets the guard's clock alone. */
  setBack(seconds: number): void
  now(): number
  createGuard(options?: Partial<GuardOptions>): Guard
  /** One that knows the feed already. */
  readyGuard(options?: Partial<GuardOptions>): Promise<Guard>
  told(code: ProblemCode): Promise<void>
  becomes(
    guard: Guard,
    token: string,
    wanted: 'ok' | Extract<VerifyResult, { ok: false }>['reason'],
  ): Promise<void>
}

export function guardedByFeed(): () => Guarded {
  let current: Guarded
  let end: () => Promise<void>
  beforeEach(async () => {
    let offsetMs = 0
    let guardBehindMs = 0
    const guards: Guard[] = []
    const problems: Problem[] = []
    const issuer = await startFeedDouble({ now: () => Date.now() + offsetMs })
    const create = (options: Partial<GuardOptions> = {}) => {
      const guard = createGuard({
        issuer: issuer.issuer,
        audience: issuer.audience,
        pollSeconds: 0.02,
        now: () => Date.now() + offsetMs - guardBehindMs,
        onProblem: (problem) => problems.push(problem),
        ...options,
      })
      guards.push(guard)
      return guard
    }
    current = {
      issuer,
      problems,
      advance(seconds) {
        offsetMs += seconds * 1000
      },
      setBack(seconds) {
        guardBehindMs += seconds * 1000
      },
      now: () => Date.now() + offsetMs,
      createGuard: create,
      async readyGuard(options) {
        const guard = create(options)
        await guard.ready()
        return guard
      },
      told: (code) => eventually(`${code} is reported`, () => problems.some((one) => one.code === code)),
      becomes: (guard, token, wanted) =>
        eventually(`a token is ${wanted}`, async () => {
          const result = await guard.verify({ token })
          return (result.ok ? 'ok' : result.reason) === wanted
        }),
    }
    end = async () => {
      for (const guard of guards) guard.close()
      await issuer.close()
    }
  })
  afterEach(() => end())
  return () => current
}
