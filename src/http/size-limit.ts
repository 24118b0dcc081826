import type { Middleware } from 'koa'
import { TooLarge } from '../lib/errors.ts'
import { BODY_LIMIT_BYTES } from './form.ts'

/** Refuses a body that says it is too large before a byte of it is read; one that does not say is counted. */
export function sizeLimit(): Middleware {
  return async (ctx, next) => {
    if ((ctx.request.length ?? 0) > BODY_LIMIT_BYTES) {
      // The rest would have to be read first to keep the connection.
      ctx.set('Connection', 'close')
      throw new TooLarge()
    }
    await next()
  }
}
