import type { Context, Middleware } from 'koa'
import type { Clock } from '../lib/clock.ts'
import type { Metrics } from '../lib/metrics.ts'

/** How long each request took, by route: as it was mounted, so a stranger's path makes no series of its own. */
export function requestMetrics(metrics: Pick<Metrics, 'requestAnswered'>, clock: Clock): Middleware {
  return async (ctx, next) => {
    const began = clock.now().getTime()
    try {
      await next()
    } finally {
      const seconds = (clock.now().getTime() - began) / 1000
      metrics.requestAnswered(routeOf(ctx), ctx.method, ctx.status, seconds)
    }
  }
}

/** As it was mounted, whatever a stranger wrote in its place; `none` where nothing is mounted, or not yet looked for. */
export function routeOf(ctx: Context): string {
  const mounted: unknown = Reflect.get(ctx, '_matchedRoute')
  const oidc: { route?: unknown } | undefined = Reflect.get(ctx, 'oidc')
  if (typeof mounted === 'string') return mounted
  return typeof oidc?.route === 'string' ? oidc.route : 'none'
}
