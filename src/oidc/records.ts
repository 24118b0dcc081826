import type { Middleware } from 'koa'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { Audit, AuditEvent, Origin } from '../domain/audit/index.ts'
import { ROUTES } from './routes.ts'

export interface RecordsParts {
  readonly audit: Audit
  readonly originOf: (ctx: KoaContextWithOIDC | undefined) => Origin
}

/**
 * Records of what the library answers, written before it is given; never a token in one. Of an authorization request
 * that needs a page, of one that is refused, and of every answer of the token endpoint.
 */
export function keepRecords(provider: Provider, { audit, originOf }: RecordsParts): Middleware {
  const noted = new WeakMap<object, Noted>()
  provider.on('interaction.started', (ctx, prompt) => {
    noted.set(ctx.req, { event: 'sign-in.started', outcome: 'success', reason: prompt.name })
  })
  provider.on('authorization.error', (ctx, error) => {
    noted.set(ctx.req, {
      event: 'authorization.refused',
      outcome: 'failure',
      reason: error.error ?? error.message,
    })
  })

  return async (ctx, next) => {
    await next()
    const oidcContext = ctx as unknown as KoaContextWithOIDC
    const note = noted.get(ctx.req)
    if (note) await audit.record({ ...originOf(oidcContext), ...note })
    if (ctx.method === 'POST' && ctx.path === ROUTES.token) {
      await audit.record({ ...originOf(oidcContext), ...tokenAnswer(oidcContext) })
    }
  }
}

type Noted = Pick<AuditEvent, 'event' | 'outcome' | 'reason'>

function tokenAnswer(ctx: KoaContextWithOIDC) {
  const { oidc } = ctx
  const issued = ctx.status === 200
  const answer = ctx.body as { error?: string; error_description?: string; scope?: string } | undefined
  const { error, error_description: description } = answer ?? {}
  const refreshed = oidc.params?.['grant_type'] === 'refresh_token'
  const account = oidc.account?.accountId ?? oidc.entities.RefreshToken?.accountId
  return {
    step: 'token',
    event: issued ? (refreshed ? 'token.refreshed' : 'token.issued') : 'token.refused',
    outcome: issued ? 'success' : 'failure',
    reason: issued ? null : (error ?? `status ${ctx.status}`),
    ...(issued || description === undefined ? {} : { message: description }),
    ...(isMachine(oidc) && { actor: { kind: 'client', id: oidc.client?.clientId ?? null } as const }),
    subject: account ? ({ kind: 'account', id: account } as const) : null,
    clientId: oidc.client?.clientId ?? null,
    details: {
      grantType: String(oidc.params?.['grant_type'] ?? ''),
      ...(answer?.scope === undefined ? {} : { scope: answer.scope }),
      ...(isRepeatedRotation(oidc) ? { repeated: true } : {}),
    },
  } as const
}

/** A client that proved itself and acts for nobody. */
function isMachine({ entities }: KoaContextWithOIDC['oidc']): boolean {
  return entities.ClientCredentials !== undefined
}

/** A retry within the grace got the successor that an earlier request made. */
function isRepeatedRotation(oidc: KoaContextWithOIDC['oidc']): boolean {
  return oidc.entities['RepeatedRotation'] === true
}
