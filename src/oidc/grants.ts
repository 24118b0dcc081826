import type { KoaContextWithOIDC } from 'oidc-provider'
import { isFirstParty } from './clients.ts'

/**
 * The grant that this session gave this client. A first-party client is given what it asks for; any other has
 * only what a person agreed to.
 */
export async function loadExistingGrant(ctx: KoaContextWithOIDC) {
  const { client, account, session, provider, result } = ctx.oidc
  if (!client || !account || !session) return undefined
  const known = result?.consent?.grantId ?? session.grantIdFor(client.clientId)
  const found = known ? await provider.Grant.find(known) : undefined
  const existing = found?.accountId === account.accountId ? found : undefined
  if (!isFirstParty(client)) return existing

  const grant = existing ?? new provider.Grant({ accountId: account.accountId, clientId: client.clientId })
  const before = JSON.stringify([grant.openid, grant.resources])
  grant.addOIDCScope([...ctx.oidc.requestParamOIDCScopes].join(' '))
  for (const [resource, server] of Object.entries(ctx.oidc.resourceServers ?? {})) {
    const asked = [...ctx.oidc.requestParamScopes].filter((scope) => server.scopes.has(scope))
    grant.addResourceScope(resource, asked.join(' '))
  }
  if (existing === undefined || before !== JSON.stringify([grant.openid, grant.resources])) await grant.save()
  return grant
}
