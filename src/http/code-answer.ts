import type { Context } from 'koa'
import { secondsUntil } from '../lib/clock.ts'
import type { CodeFailure, CodePage } from './code-page.ts'

/** Why a code was not taken, as the step that checks it says. */
type Refusal =
  | { readonly reason: 'wrong'; readonly attemptsLeft: number }
  | { readonly reason: 'dead' }
  | { readonly reason: 'blocked'; readonly until: Date | null }

/** What the page says of it. */
export function codeFailure(refusal: Refusal): CodeFailure {
  switch (refusal.reason) {
    case 'wrong':
      return { kind: 'wrong', attemptsLeft: refusal.attemptsLeft }
    case 'dead':
      return { kind: 'expired' }
    case 'blocked':
      return { kind: 'blocked', until: refusal.until }
  }
}

/** What the page says of a new code that was not sent. */
export function resendFailure(reason: 'too-soon' | 'over-budget' | 'blocked'): CodeFailure {
  return reason === 'blocked' ? { kind: 'blocked', until: null } : { kind: 'too-soon' }
}

/** The status of a code page, and when to come again (interface.md, Pages). */
export function answerCode(ctx: Context, page: Pick<CodePage, 'failure' | 'resendAt' | 'now'>): number {
  const { failure, resendAt, now } = page
  const status = statusOf(failure)
  if (status !== 429) return status
  const until = failure?.kind === 'blocked' ? failure.until : resendAt
  ctx.set('Retry-After', String(Math.max(1, until === null ? 0 : secondsUntil(until, now))))
  return status
}

function statusOf(failure: CodeFailure | null): number {
  switch (failure?.kind) {
    case undefined:
      return 200
    case 'missing':
    case 'wrong':
    case 'expired':
      return 422
    case 'too-soon':
    case 'blocked':
      return 429
  }
}
