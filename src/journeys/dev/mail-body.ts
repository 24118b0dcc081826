import type { Context } from 'koa'
import { NotFound } from '../../lib/errors.ts'

/** Mail in a frame of its own: its inline styles are allowed there and nowhere else. */
export function answerMail(ctx: Context, html: string | null | undefined): void {
  if (html == null) throw new NotFound()
  ctx.set(
    'Content-Security-Policy',
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
  )
  ctx.set('X-Frame-Options', 'SAMEORIGIN')
  ctx.set('Cache-Control', 'no-store')
  ctx.type = 'html'
  ctx.body = html
}
