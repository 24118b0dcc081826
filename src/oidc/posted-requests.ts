import type { Middleware } from 'koa'
import { ROUTES } from './routes.ts'

/** Hands in how a form is read; http/ is not ours to import. */
export type ReadForm = (ctx: Parameters<Middleware>[0]) => Promise<Readonly<Record<string, string>>>

const POSTABLE: ReadonlySet<string> = new Set([ROUTES.authorization, ROUTES.end_session])

/**
 * Authorization and sign-out requests may be posted (OIDC Core §3.1.2.1, RP-Initiated Logout §2). The library takes
 * a POST only with session cookies of SameSite=None, which any site could make a browser send; so a posted request
 * goes on as the GET that it stands for.
 */
export function postedRequests(readForm: ReadForm): Middleware {
  return async (ctx, next) => {
    if (ctx.method !== 'POST' || !POSTABLE.has(ctx.path)) return next()
    const form = await readForm(ctx)
    ctx.status = 303
    ctx.set('Cache-Control', 'no-store')
    ctx.set('Location', `${ctx.path}?${new URLSearchParams({ ...form })}`)
    ctx.body = ''
  }
}
