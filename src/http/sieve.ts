import type { Context, Middleware } from 'koa'
import { TooManyRequests } from '../lib/errors.ts'

export interface SieveParts {
  /** Null, or after how many seconds to come again. */
  readonly pass: (ip: string) => Promise<number | null>
  readonly ipOf: (ctx: Context) => string
  /**
   * Paths that programs call: a back end has one address and many people behind it, and proves who it is by itself.
   */
  readonly exempt: (path: string) => boolean
}

/** Holds off floods of one network before anything else is done for them. */
export function sieve({ pass, ipOf, exempt }: SieveParts): Middleware {
  return async (ctx, next) => {
    const retryAfterSeconds = exempt(ctx.path) ? null : await pass(ipOf(ctx))
    if (retryAfterSeconds !== null) throw new TooManyRequests(retryAfterSeconds)
    await next()
  }
}
