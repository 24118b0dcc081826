import type { Context, Middleware } from 'koa'

/** Everything our pages load is ours, and nobody may frame them. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"

/**
 * Pages that the library answers with by itself are forms that post themselves to a validated address; the
 * library adds the hash of its script to an empty `script-src`.
 */
export const SELF_POSTING_POLICY = "default-src 'none'; script-src ; base-uri 'none'; frame-ancestors 'none'"

export function securityHeaders(isHttps: boolean): Middleware {
  return async (ctx, next) => {
    ctx.set('X-Content-Type-Options', 'nosniff')
    ctx.set('Referrer-Policy', 'no-referrer')
    ctx.set('X-Frame-Options', 'DENY')
    ctx.set('Permissions-Policy', 'camera=(), microphone=(), geolocation=()')
    if (isHttps) ctx.set('Strict-Transport-Security', 'max-age=63072000; includeSubDomains')
    await next()
  }
}

/**
 * The policy of one page. Chromium holds every redirect after a POST against form-action, so pages inside an
 * interaction and at sign-out name the validated address that the person goes back to.
 */
export function setPagePolicy(ctx: Context, formAction: readonly string[] = [], frames = false): void {
  const targets = ["'self'", ...formAction].join(' ')
  const frameSource = frames ? "; frame-src 'self'" : ''
  ctx.set('Content-Security-Policy', `${PAGE_POLICY}; form-action ${targets}${frameSource}`)
  ctx.set('Cache-Control', 'no-store')
}
