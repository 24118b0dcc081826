import type Router from '@koa/router'
import Koa, { type Context } from 'koa'
import type { Audit } from '../domain/audit/index.ts'
import { createSieve } from '../domain/limits/index.ts'
import { errorHandler } from '../http/error-handler.ts'
import { requestLog } from '../http/request-log.ts'
import { requestMetrics, routeOf } from '../http/request-metrics.ts'
import { SELF_POSTING_POLICY, securityHeaders } from '../http/security-headers.ts'
import { sieve } from '../http/sieve.ts'
import { sizeLimit } from '../http/size-limit.ts'
import { trace } from '../http/trace.ts'
import { FEED_PATH } from '../journeys/feed/index.ts'
import type { AppError } from '../lib/errors.ts'
import { type Oidc, ROUTES, useConfiguredOrigin } from '../oidc/index.ts'
import type { Look } from './look.ts'
import type { RoomsParts } from './rooms.ts'

/** What programs call: they have one address with many people behind it, and prove who they are by themselves. */
const PROGRAM_PATHS: ReadonlySet<string> = new Set([
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  ROUTES.jwks,
  ROUTES.token,
  ROUTES.userinfo,
  ROUTES.pushed_authorization_request,
  ROUTES.revocation,
  ROUTES.introspection,
])
const isOidcForPrograms = (path: string) => PROGRAM_PATHS.has(path)
/** Followers ask it many times a minute, and most answers come from memory. */
const isFeed = (path: string) => path === FEED_PATH
const exempt = (path: string) =>
  isOidcForPrograms(path) ||
  isFeed(path) ||
  path.startsWith('/health/') ||
  path.startsWith('/assets/') ||
  path.startsWith('/callbacks/')

/** What every request passes, from the outside in. */
export function createStack(parts: RoomsParts, look: Look, routers: readonly Router[], oidc: Oidc): Koa {
  const { settings, audit, clock, random, log } = parts
  const { secureCookies, cookieKeys, clientIp, show } = look
  const { pass } = createSieve(settings.limits.requests.perIpPerMinute)

  const koa = new Koa()
  koa.keys = cookieKeys
  useConfiguredOrigin(koa.request, settings.issuer)
  koa.on('error', (error) => log.error({ err: error }, 'koa'))
  koa.use(trace(random, (ctx) => clientIp.isThroughProxy(ctx)))
  koa.use(requestLog(log, clock, isFeed))
  koa.use(requestMetrics(parts.metrics, clock))
  koa.use(securityHeaders(secureCookies))
  koa.use((ctx, next) => {
    ctx.state['isForPrograms'] = isOidcForPrograms(ctx.path) || ctx.path.startsWith(FEED_PATH)
    return next()
  })
  koa.use(errorHandler({ show, log, clock, onRefused: recordRefusal(look, audit) }))
  koa.use(sieve({ pass, ipOf: clientIp.of, exempt }))
  koa.use(sizeLimit())
  // What programs call, many times a second, passes no journey's timetable.
  koa.use((ctx, next) => (isOidcForPrograms(ctx.path) ? oidc.middleware(ctx, next) : next()))
  for (const router of routers) koa.use(router.routes())
  koa.use((ctx, next) => {
    ctx.set('Content-Security-Policy', SELF_POSTING_POLICY)
    return oidc.middleware(ctx, next)
  })
  return koa
}

/** A page that is not there says nothing; everything else that is refused has its reason in a record. */
function recordRefusal({ askerOf }: Look, audit: Audit) {
  return async (ctx: Context, { code, status }: AppError): Promise<void> => {
    if (status === 404) return
    await audit.record({
      ...askerOf(ctx),
      api: 'http',
      // Never the path itself: of another path each time, each refusal would be of a kind of its own.
      step: isOidcForPrograms(ctx.path) ? ctx.path : routeOf(ctx),
      clientId: null,
      actor: { kind: 'stranger', id: null },
      event: 'request.refused',
      outcome: 'failure',
      reason: code,
    })
  }
}
