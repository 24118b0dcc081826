import type { Context } from 'koa'
import type { Origin } from '../domain/audit/index.ts'
import { errorPage } from '../http/error-pages.ts'
import { answerProblem, wantsProblem } from '../http/problem.ts'
import { traceOf } from '../http/trace.ts'
import { showSignOut } from '../journeys/sign-out/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { OidcContext, OidcPages } from '../oidc/index.ts'
import type { Look } from './look.ts'

/** Who asks, as the audit wants it; undefined outside of a request. */
export function createOriginOf({ askerOf }: Look, random: Random): (ctx: OidcContext | undefined) => Origin {
  return (ctx) => {
    const accountId = ctx?.oidc.session?.accountId
    return {
      ...(ctx
        ? askerOf(ctx as unknown as Context)
        : { traceId: random.bytes(16).toString('hex'), ip: null, userAgent: null }),
      api: 'oidc',
      step: ctx?.oidc.route ?? null,
      clientId: ctx?.oidc.client?.clientId ?? null,
      actor: accountId ? { kind: 'account', id: accountId } : { kind: 'stranger', id: null },
    }
  }
}

/** The library's own ends, shown as pages of ours. */
export function createOidcPages({ show }: Look, clock: Clock, log: Log): OidcPages {
  return {
    async error(ctx, { error, error_description: description }, cause) {
      const koaContext = ctx as unknown as Context
      const { status } = ctx
      const isFault = status >= 500
      if (isFault) log.error({ err: cause }, 'authorization failed')
      if (wantsProblem(koaContext)) {
        const detail = !isFault && description !== undefined ? { detail: description } : {}
        const title = 'The request cannot be answered.'
        answerProblem(koaContext, { status, code: error, title, ...detail })
        return
      }
      const page = errorPage({
        kind: isFault ? 'fault' : 'protocol',
        detail: isFault ? null : { error, description: description ?? null },
        traceId: traceOf(koaContext).traceId,
        at: clock.now(),
        backUrl: null,
        clientName: null,
        startUrl: null,
        retryAt: null,
      })
      show(koaContext, page, { status })
    },

    async signOut(ctx) {
      const { session, client } = ctx.oidc
      const state = session?.state as { secret: string; postLogoutRedirectUri?: string }
      showSignOut(ctx as unknown as Context, show, {
        secret: state.secret,
        clientId: client?.clientId ?? null,
        clientName: client ? (client.clientName ?? client.clientId) : null,
        accountId: session?.accountId ?? null,
        returnTo: state.postLogoutRedirectUri ?? null,
      })
    },
  }
}
