import type { InteractionResults, KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { Audit, Origin } from '../domain/audit/index.ts'
import { readClaims } from './claims-request.ts'
import { isFirstParty } from './clients.ts'
import type { StoredIds } from './stored-ids.ts'

type Grant = InstanceType<Provider['Grant']>

/**
 * The library keeps which claims were granted, and not where they were asked for: that stands in an opaque access
 * token, and ours is a JWT. So the names of those for userinfo are kept here as well.
 */
type OpenidPart = NonNullable<Grant['openid']> & { userinfo?: string[] }

export interface GrantsParts {
  readonly audit: Audit
  readonly ids: StoredIds
  readonly originOf: (ctx: KoaContextWithOIDC | undefined) => Origin
}

/**
 * That this person agreed to the whole of the request; bound to them, since another may sign in on the way.
 *
 * @param addsTo the grant whose content the page left out; null where it showed all that is asked for
 */
export function consentOf(
  accountId: string,
  addsTo: string | null,
): NonNullable<InteractionResults['consent']> {
  return { accountId, ...(addsTo !== null && { addsTo }) }
}

/** A yes to something more says nothing of what was allowed before, once that is taken back. */
function isAgreed(
  consent: InteractionResults['consent'],
  accountId: string,
  existing: Grant | undefined,
): boolean {
  if (consent?.['accountId'] !== accountId) return false
  return consent['addsTo'] === undefined || consent['addsTo'] === existing?.jti
}

/**
 * The grant that this session gave this client. A first-party client is given what it asks for, unless it would have
 * the person asked; any other what a person agreed to in this interaction or earlier in the session.
 */
export function createLoadExistingGrant({ audit, ids, originOf }: GrantsParts) {
  return async (ctx: KoaContextWithOIDC): Promise<Grant | undefined> => {
    const { client, account, session, provider, result } = ctx.oidc
    if (!client || !account || !session) return undefined
    const known = session.grantIdFor(client.clientId)
    const found = known ? await provider.Grant.find(known) : undefined
    const existing = found?.accountId === account.accountId ? found : undefined
    const agreed = isAgreed(result?.consent, account.accountId, existing)
    // Where it would have the person asked, what they say counts, as anywhere.
    const isAsked = !isFirstParty(client) || ctx.oidc.promptPending('consent')
    if (isAsked && !agreed) return existing

    const grant = existing ?? new provider.Grant({ accountId: account.accountId, clientId: client.clientId })
    const before = contentOf(grant)
    widen(grant, ctx)
    if (existing !== undefined && before === contentOf(grant)) return grant
    // The code comes after the record: nobody holds anything of a grant that has none.
    await grant.save()
    await audit.record({
      ...originOf(ctx),
      event: 'grant.given',
      outcome: 'success',
      reason: agreed ? 'consent' : 'first-party',
      subject: { kind: 'account', id: account.accountId },
      details: {
        id: ids.of('Grant', grant.jti),
        scope: grant.getOIDCScope(),
        claims: grant.getOIDCClaims(),
        resources: Object.keys(grant.resources ?? {}),
      },
    })
    return grant
  }
}

/** Everything that the request asks for. */
function widen(grant: Grant, { oidc }: KoaContextWithOIDC): void {
  grant.addOIDCScope([...oidc.requestParamOIDCScopes].join(' '))
  for (const [resource, server] of Object.entries(oidc.resourceServers ?? {})) {
    const asked = [...oidc.requestParamScopes].filter((scope) => server.scopes.has(scope))
    grant.addResourceScope(resource, asked.join(' '))
  }
  if (oidc.requestParamClaims.size === 0) return
  grant.addOIDCClaims([...oidc.requestParamClaims])
  const { userinfo = {} } = readClaims(oidc.params?.['claims'])
  const supported = Object.keys(userinfo).filter((name) => oidc.requestParamClaims.has(name))
  const openid: OpenidPart = { ...grant.openid }
  openid.userinfo = [...new Set([...userinfoClaimsOf(openid), ...supported])]
  grant.openid = openid
}

/** The names of the claims that were asked for at userinfo, in the `openid` part of a grant's payload. */
export function userinfoClaimsOf(openid: OpenidPart | undefined): readonly string[] {
  return openid?.userinfo ?? []
}

function contentOf({ openid, resources }: Grant): string {
  return JSON.stringify([openid, resources])
}
