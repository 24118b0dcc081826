import Router from '@koa/router'
import { NotFound } from '../lib/errors.ts'
import type { Assets } from './assets.ts'

const ONE_YEAR_SECONDS = 31_536_000

/** Stylesheets and images. Their addresses name their content, so a browser keeps them for good. */
export function serveAssets(assets: Assets): Router {
  return new Router().get('/assets/:name', async (ctx) => {
    const asset = assets.find(String(ctx.params['name']))
    if (!asset) throw new NotFound()
    ctx.set('Cache-Control', `public, max-age=${ONE_YEAR_SECONDS}, immutable`)
    ctx.type = asset.type
    ctx.body = asset.body
  })
}
