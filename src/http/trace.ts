import type { Context, Middleware } from 'koa'
import type { Random } from '../lib/ids.ts'

/** One request's place in a trace (W3C Trace Context): 32 hex characters that a person can read out. */
export interface Trace {
  readonly traceId: string
  /** The caller's own trace, when the caller is nobody we trust: kept as a link, never as ours. */
  readonly linkedTraceId: string | null
}

/** W3C Trace Context §3.2.2: no version ff, no id of zeros only. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** Gives each request its trace id; a trusted proxy may bring one. */
export function trace(random: Random, isTrusted: (ctx: Context) => boolean): Middleware {
  return async (ctx, next) => {
    const known = TRACEPARENT.exec(ctx.get('traceparent'))?.[1] ?? null
    const trusted = known !== null && isTrusted(ctx)
    const traceId = trusted ? known : random.bytes(16).toString('hex')
    ctx.state['trace'] = { traceId, linkedTraceId: trusted ? null : known } satisfies Trace
    ctx.set('traceparent', `00-${traceId}-${random.bytes(8).toString('hex')}-01`)
    await next()
  }
}

export function traceOf(ctx: Context): Trace {
  return ctx.state['trace'] as Trace
}
