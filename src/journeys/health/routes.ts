import Router from '@koa/router'
import type { Context } from 'koa'

/** A part that must answer before this node may serve; throws when it does not. */
export interface ReadyCheck {
  readonly name: string
  check(): Promise<void>
}

/**
 * What a load balancer asks: is the process alive, may it get requests. `degraded` names what is down and does not
 * keep this node from serving.
 */
export function healthRoutes(checks: readonly ReadyCheck[], degraded: () => readonly string[]): Router {
  return new Router({ prefix: '/health' }).get('/live', live).get('/ready', ready)

  async function live(ctx: Context) {
    ctx.set('Cache-Control', 'no-store')
    ctx.body = { status: 'live' }
  }

  async function ready(ctx: Context) {
    const outcomes = await Promise.allSettled(checks.map(({ check }) => check()))
    const notReady = checks
      .filter((_, index) => outcomes[index]?.status === 'rejected')
      .map(({ name }) => name)
    ctx.set('Cache-Control', 'no-store')
    ctx.status = notReady.length === 0 ? 200 : 503
    if (notReady.length > 0) ctx.set('Retry-After', '5')
    const isDegraded = degraded().length > 0 ? { degraded: degraded() } : {}
    ctx.body =
      notReady.length === 0
        ? { status: 'ready', ...isDegraded }
        : { status: 'not-ready', notReady, ...isDegraded }
  }
}
