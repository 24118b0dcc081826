import Router from '@koa/router'
import type { Context } from 'koa'
import type { Metrics } from '../../lib/metrics.ts'

export function metricsRoutes(metrics: Pick<Metrics, 'read'>): Router {
  return new Router().get('/metrics', showFigures)

  async function showFigures(ctx: Context) {
    const { contentType, text } = await metrics.read()
    ctx.set('Cache-Control', 'no-store')
    ctx.set('Content-Type', contentType)
    ctx.body = text
  }
}
