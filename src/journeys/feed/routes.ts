import Router from '@koa/router'
import type { Context } from 'koa'
import type { AskerOf } from '../../http/asker.ts'
import { AppError, Malformed, Unavailable } from '../../lib/errors.ts'
import { networkOf } from '../../lib/ip.ts'
import { createFeedDocuments, type FeedDocumentsParts } from './documents.ts'
import { createListeners, type ListenersParts } from './listeners.ts'

export interface FeedParts extends FeedDocumentsParts, Pick<ListenersParts, 'log'> {
  /** Is it an audience of tokens that are issued here? */
  readonly isAudience: (audience: string) => boolean
  readonly askerOf: AskerOf
}

export interface Feed {
  readonly router: Router
  /** Ends the streams of those who listen, who else would keep the server from stopping. */
  close(): void
}

/** Announced in discovery as `latchkey_revocation_feed`. */
export const FEED_PATH = '/revocation-feed'

/** interface.md, Revocation feed: `GET /revocation-feed` and the stream that wakes its followers. */
export function feedRoutes(parts: FeedParts): Feed {
  const { isAudience, askerOf, deadFeed, clock, log } = parts
  const documentFor = createFeedDocuments(parts)
  const listeners = createListeners({ newest: () => deadFeed.follow(), clock, log })
  const router = new Router({ prefix: FEED_PATH }).get('/', answer).get('/stream', listen)
  return { router, close: listeners.close }

  async function answer(ctx: Context) {
    const audience = audienceOf(ctx)
    const { since } = ctx.query
    const { body, etag } = await documentFor(audience, typeof since === 'string' ? since : null)
    ctx.type = 'application/jwt'
    ctx.set('Cache-Control', 'max-age=1')
    ctx.set('ETag', etag)
    // Not `ctx.fresh`: what a program asks under `Cache-Control: no-cache`, as fetch does by itself, is asked of us.
    if (isNamed(etag, ctx.get('If-None-Match'))) ctx.status = 304
    else ctx.body = body
  }

  async function listen(ctx: Context) {
    // It is the same for all: an audience need not be named, but may not be a wrong one.
    if (ctx.query['aud'] !== undefined) audienceOf(ctx)
    const stream = listeners.open(networkOf(askerOf(ctx).ip))
    if (!stream) throw new Unavailable('as many listen as this node bears; poll the feed')
    ctx.type = 'text/event-stream'
    ctx.set('Cache-Control', 'no-store')
    // Proxies that hold answers back until they are whole would hold this one back for ever.
    ctx.set('X-Accel-Buffering', 'no')
    ctx.body = stream
  }

  function audienceOf(ctx: Context): string {
    const { aud } = ctx.query
    if (typeof aud !== 'string' || aud === '') throw new Malformed('aud names the audience whose feed it is')
    if (!isAudience(aud)) throw new UnknownAudience()
    return aud
  }
}

/** RFC 9110 §13.1.2 compares weakly: a proxy that packs answers on the way makes `W/"…"` of ours. */
function isNamed(etag: string, ifNoneMatch: string): boolean {
  return ifNoneMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
}

class UnknownAudience extends AppError {
  constructor() {
    super('unknown_audience', 404, 'No tokens are issued for this audience.')
  }
}
