import type { Context } from 'koa'
import { traceOf } from './trace.ts'

export interface Problem {
  readonly status: number
  /** Stable name for programs. */
  readonly code: string
  readonly title: string
  readonly detail?: string
}

/** Does whoever asks want JSON rather than a page? A program that says nothing does, a browser does not. */
export function wantsProblem(ctx: Context): boolean {
  const first =
    ctx.state['isForPrograms'] === true ? ctx.accepts('json', 'html') : ctx.accepts('html', 'json')
  return first === 'json'
}

/** An error as JSON (RFC 9457), with the id that a log and a record have it under. */
export function answerProblem(ctx: Context, problem: Problem): void {
  ctx.status = problem.status
  ctx.set('Cache-Control', 'no-store')
  ctx.type = 'application/problem+json'
  ctx.body = JSON.stringify({ ...problem, traceId: traceOf(ctx).traceId })
}
