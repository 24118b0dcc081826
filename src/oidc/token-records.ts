import type { Middleware } from 'koa'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { Audit, Origin } from '../domain/audit/index.ts'
import { ROUTES } from './provider.ts'

export interface TokenRecordsParts {
  readonly audit: Audit
  readonly originOf: (ctx: KoaContextWithOIDC | undefined) => Origin
}

/** Every answer of the token endpoint makes a record, before it is given. Never a token in it. */
export function tokenRecords({ audit, originOf }: TokenRecordsParts): Middleware {
  return async (ctx, next) => {
    await next()
    if (ctx.method !== 'POST' || ctx.path !== ROUTES.token) return
    const { oidc } = ctx as unknown as KoaContextWithOIDC
    const issued = ctx.status === 200
    const answer = ctx.body as { error?: string; error_description?: string; scope?: string } | undefined
    const { error, error_description: description } = answer ?? {}
    const refreshed = oidc.params?.['grant_type'] === 'refresh_token'
    const account = oidc.account?.accountId ?? oidc.entities.RefreshToken?.accountId
    await audit.record({
      ...originOf(ctx as unknown as KoaContextWithOIDC),
      step: 'token',
      event: issued ? (refreshed ? 'token.refreshed' : 'token.issued') : 'token.refused',
      outcome: issued ? 'success' : 'failure',
      reason: issued ? null : (error ?? `status ${ctx.status}`),
      ...(issued || description === undefined ? {} : { message: description }),
      ...(isMachine(oidc) && { actor: { kind: 'client', id: oidc.client?.clientId ?? null } }),
      subject: account ? { kind: 'account', id: account } : null,
      clientId: oidc.client?.clientId ?? null,
      details: {
        grantType: String(oidc.params?.['grant_type'] ?? ''),
        ...(answer?.scope === undefined ? {} : { scope: answer.scope }),
        ...(isRepeatedRotation(oidc) ? { repeated: true } : {}),
      },
    })
  }
}

/** A client that proved itself and acts for nobody. */
function isMachine({ entities }: KoaContextWithOIDC['oidc']): boolean {
  return entities.ClientCredentials !== undefined
}

/** A retry within the grace got the successor that an earlier request made. */
function isRepeatedRotation(oidc: KoaContextWithOIDC['oidc']): boolean {
  return oidc.entities['RepeatedRotation'] === true
}
