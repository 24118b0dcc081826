import type { Context, Middleware } from 'koa'
import { addSeconds, type Clock } from '../lib/clock.ts'
import { AppError, NotFound } from '../lib/errors.ts'
import type { Log } from '../lib/log.ts'
import { busyPage, type ErrorKind, errorPage } from './error-pages.ts'
import { answerProblem, wantsProblem } from './problem.ts'
import type { Show } from './show.ts'
import { traceOf } from './trace.ts'

export interface ErrorHandlerParts {
  readonly show: Show
  readonly log: Log
  readonly clock: Clock
  /** Told of every request that is refused for what was asked, before it is answered. */
  readonly onRefused: (ctx: Context, error: AppError) => Promise<void>
}

/** The one place where an error becomes an answer: a page or problem+json (RFC 9457), by Accept. */
export function errorHandler({ show, log, clock, onRefused }: ErrorHandlerParts): Middleware {
  return async (ctx, next) => {
    try {
      await next()
      if (ctx.status === 404 && !ctx.body) throw new NotFound()
    } catch (thrown) {
      const error = asAppError(thrown)
      // A record that cannot be written must not turn a clear answer into a fault.
      if (error.status < 500)
        await onRefused(ctx, error).catch((err: unknown) => log.error({ err }, 'no record'))
      answer(ctx, error)
    }
  }

  function answer(ctx: Context, error: AppError): void {
    const { traceId } = traceOf(ctx)
    if (error.status >= 500) log.error({ err: error, traceId, path: ctx.path }, 'request failed')
    ctx.status = error.status
    ctx.set('Cache-Control', 'no-store')
    if (error.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(error.retryAfterSeconds))
    const { code, status, expose, message } = error
    if (!wantsProblem(ctx)) answerPage(ctx, error, traceId)
    else answerProblem(ctx, { status, code, title: expose ? message : 'Something went wrong.' })
  }

  function answerPage(ctx: Context, error: AppError, traceId: string): void {
    const { status, retryAfterSeconds } = error
    if (status === 503) {
      // Every form of ours stands at the address that it posts to.
      const againUrl = ctx.method === 'GET' ? ctx.url : ctx.path
      show(ctx, busyPage({ retryAfterSeconds: retryAfterSeconds ?? 5, againUrl, traceId }), { status })
      return
    }
    const at = clock.now()
    const page = errorPage({
      kind: kindOf(error),
      detail: null,
      traceId,
      at,
      backUrl: null,
      clientName: null,
      startUrl: null,
      retryAt: retryAfterSeconds === undefined ? null : addSeconds(at, retryAfterSeconds),
    })
    show(ctx, page, { status })
  }
}

/** Errors that Koa and its middleware throw say their status; anything else is a fault of ours. */
function asAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  const status = thrown instanceof Error && 'status' in thrown ? Number(thrown.status) : 500
  if (status >= 400 && status < 500)
    return new AppError('bad_request', status, 'The request cannot be answered.', { cause: thrown })
  return new AppError('fault', 500, 'Something went wrong.', { cause: thrown })
}

function kindOf({ code, status }: AppError): ErrorKind {
  const known: Partial<Record<string, ErrorKind>> = {
    not_found: 'not-found',
    foreign_form: 'foreign-form',
    cookies_refused: 'cookies',
    unknown_interaction: 'unknown-interaction',
  }
  const kind = known[code]
  if (kind) return kind
  if (status === 404) return 'not-found'
  if (status === 413) return 'too-large'
  if (status === 429) return 'too-many'
  return status < 500 ? 'malformed' : 'fault'
}
