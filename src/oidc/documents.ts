import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Middleware } from 'koa'
import type { Random } from '../lib/ids.ts'

const DOCUMENTS = new Set([
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  '/jwks',
])
const LIFETIME_SECONDS = 300

/**
 * Discovery and key set, whose bytes are made once: every relying party and every API asks for them, and they stay
 * the same until a key does.
 */
export interface Documents {
  /** Keeps what the library answers. */
  readonly middleware: Middleware
  /** Answers from what was kept, before anything else is done; false when it cannot. */
  answer(request: IncomingMessage, response: ServerResponse): boolean
}

export function createDocuments(random: Random): Documents {
  const kept = new Map<string, { headers: Record<string, string | number>; body: Buffer }>()

  return {
    async middleware(ctx, next) {
      await next()
      if (ctx.method !== 'GET' || ctx.status !== 200 || !DOCUMENTS.has(ctx.path)) return
      const body = Buffer.from(JSON.stringify(ctx.body))
      const headers = {
        'Content-Type': ctx.response.get('content-type'),
        'Content-Length': body.byteLength,
        'Cache-Control': `public, max-age=${LIFETIME_SECONDS}`,
        'X-Content-Type-Options': 'nosniff',
      }
      kept.set(ctx.path, { headers, body })
      ctx.set('Cache-Control', headers['Cache-Control'])
    },

    // A request with an Origin goes the long way, where CORS is answered.
    answer({ method, url = '', headers }, response) {
      if (method !== 'GET' || headers.origin !== undefined) return false
      const document = kept.get(url)
      if (!document) return false
      const traceparent = `00-${random.bytes(16).toString('hex')}-${random.bytes(8).toString('hex')}-01`
      response.writeHead(200, { ...document.headers, traceparent }).end(document.body)
      return true
    },
  }
}
