import type { Middleware } from 'koa'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { traceOf } from './trace.ts'

/**
 * One line for each request: what was asked, what came of it, how long it took. Never a query: it may hold codes.
 * `isRoutine`: what programs ask every few seconds, and is of interest only when it fails.
 */
export function requestLog(log: Log, clock: Clock, isRoutine: (path: string) => boolean): Middleware {
  return async (ctx, next) => {
    const began = clock.now().getTime()
    try {
      await next()
    } finally {
      const { traceId, linkedTraceId } = traceOf(ctx)
      const level = isRoutine(ctx.path) && ctx.status < 400 ? 'debug' : 'info'
      log[level](
        {
          traceId,
          ...(linkedTraceId === null ? {} : { linkedTraceId }),
          method: ctx.method,
          path: ctx.path,
          status: ctx.status,
          ms: clock.now().getTime() - began,
        },
        'request',
      )
    }
  }
}
