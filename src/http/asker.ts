import type { Context } from 'koa'
import type { ClientIp } from './client-ip.ts'
import { traceOf } from './trace.ts'

/** Who sends a request, as far as HTTP knows. */
export interface Asker {
  readonly traceId: string
  readonly ip: string
  readonly userAgent: string | null
}

export type AskerOf = (ctx: Context) => Asker

export function createAskerOf(clientIp: ClientIp): AskerOf {
  return (ctx) => ({
    traceId: traceOf(ctx).traceId,
    ip: clientIp.of(ctx),
    userAgent: ctx.get('user-agent') || null,
  })
}
