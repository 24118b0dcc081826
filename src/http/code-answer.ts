import type { Context } from 'koa'
import { secondsUntil } from '../lib/clock.ts'
import type { CodeFailure, CodePage } from './code-page.ts'

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
