import type { Middleware } from 'koa'

const DOCUMENTS = new Set([
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  '/jwks',
])

/**
 * Discovery and key set, whose bytes are made once: every relying party and every API asks for them, and they
 * stay the same until a key does. A request with an Origin goes the long way, where CORS is answered.
 */
export function documents(): { middleware: Middleware; forget(): void } {
  const kept = new Map<string, { type: string; body: Buffer }>()

  const middleware: Middleware = async (ctx, next) => {
    if (ctx.method !== 'GET' || !DOCUMENTS.has(ctx.path) || ctx.headers.origin !== undefined) return next()
    const known = kept.get(ctx.path)
    if (!known) {
      await next()
      if (ctx.status !== 200) return
      kept.set(ctx.path, {
        type: ctx.response.get('content-type'),
        body: Buffer.from(JSON.stringify(ctx.body)),
      })
    }
    const { type, body } = kept.get(ctx.path) ?? { type: '', body: Buffer.alloc(0) }
    ctx.set('Content-Type', type)
    ctx.set('Cache-Control', 'public, max-age=300')
    ctx.body = body
  }
  return { middleware, forget: () => kept.clear() }
}
