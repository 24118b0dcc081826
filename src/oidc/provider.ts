import { type Configuration, type KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { SigningKey } from '../domain/keys/index.ts'
import { type Clock, toEpochSeconds } from '../lib/clock.ts'
import { ACR_VALUES } from './acr.ts'
import { type AdapterParts, createAdapter } from './adapter.ts'
import {
  CLAIMS_BY_SCOPE,
  type ClaimsParts,
  createExtraTokenClaims,
  createFindAccount,
  type Person,
} from './claims.ts'
import { assertClaimsRequest } from './claims-request.ts'
import { refuseLongAssertion } from './client-assertion.ts'
import { allowsOrigin, OUR_CLIENT_METADATA, requiresPkce } from './clients.ts'
import { LONGEST_LIFE_SECONDS } from './endings.ts'
import { createLoadExistingGrant, type GrantsParts } from './grants.ts'
import { privateJwks } from './keys.ts'
import { createPolicy } from './policy.ts'
import { ALL_SCOPES, type Resources } from './resources.ts'
import { ROUTES } from './routes.ts'
import { type AskedToken, mayIntrospect, mayRevoke } from './token-policy.ts'
import { preferLocales } from './ui-locales.ts'

/** How the library's own ends are shown; handed in, since pages live elsewhere. */
export interface OidcPages {
  error(
    ctx: KoaContextWithOIDC,
    out: { error: string; error_description?: string | undefined },
    cause: Error,
  ): Promise<void>
  signOut(ctx: KoaContextWithOIDC): Promise<void>
}

export interface ProviderParts extends AdapterParts, ClaimsParts, GrantsParts {
  readonly issuer: string
  readonly resources: Resources
  readonly claimsByFieldScope: ReadonlyMap<string, readonly string[]>
  readonly cookieKeys: readonly string[]
  readonly secureCookies: boolean
  readonly signingKeys: readonly SigningKey[]
  readonly pages: OidcPages
}

const INTERACTION_SECONDS = 1800
const AUTHORIZATION_CODE_SECONDS = 60
const PUSHED_REQUEST_SECONDS = 60
const ID_TOKEN_SECONDS = 3600
/** An anonymous session holds nothing but the state of a sign-out in progress. */
const ANONYMOUS_SESSION_SECONDS = 3600
const CLIENT_AUTH_METHODS = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const
const CLIENT_AUTH_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const
const MACHINE_TOKEN_SECONDS = 900

export function createProvider(parts: ProviderParts): Provider {
  const { ids } = parts
  const provider = new Provider(parts.issuer, configurationOf(parts))

  // One `sid` for every client (interface.md, Tokens), not only for those with back-channel logout.
  provider.Client.prototype.includeSid = () => true

  // No random one either: of several tabs that a browser opens at once each would be told another, and the session
  // would know the last of them.
  provider.Session.prototype.ensureClientContainer = function keepSid(clientId) {
    if (!this.sidFor(clientId)) this.sidFor(clientId, ids.sidOf(this.uid, clientId))
  }

  // A rotation draws no random successor: every retry with the same token makes the same one, also when the
  // process that first rotated it died before it could answer.
  const refreshTokens = provider.RefreshToken.prototype as unknown as { generateTokenId(): string }
  const { generateTokenId } = refreshTokens
  refreshTokens.generateTokenId = function successorOrRandom() {
    const rotated = Provider.ctx?.oidc.entities.RotatedRefreshToken
    return rotated ? ids.successorOf(rotated.jti) : generateTokenId.call(this)
  }
  return provider
}

function configurationOf(parts: ProviderParts): Configuration {
  const { resources, claimsByFieldScope } = parts
  const prefix = parts.secureCookies ? '__Secure-' : ''
  return {
    adapter: createAdapter(parts),
    jwks: privateJwks(parts.signingKeys) as NonNullable<Configuration['jwks']>,
    cookies: {
      keys: [...parts.cookieKeys],
      names: {
        session: `${parts.secureCookies ? '__Host-' : ''}latchkey_session`,
        interaction: `${prefix}latchkey_interaction`,
        resume: `${prefix}latchkey_resume`,
      },
      long: { signed: true, httpOnly: true, sameSite: 'lax', path: '/', secure: parts.secureCookies },
      short: { signed: true, httpOnly: true, sameSite: 'lax', secure: parts.secureCookies },
    },
    routes: ROUTES,
    scopes: [...new Set([...ALL_SCOPES, ...claimsByFieldScope.keys()])],
    claims: { ...claimsByScope(claimsByFieldScope), sid: null, iss: null },
    acrValues: ACR_VALUES,
    discovery: {
      prompt_values_supported: ['none', 'login', 'consent', 'create'],
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
      // RFC 8414 §2; left out they would mean client_secret_basic alone.
      revocation_endpoint_auth_methods_supported: CLIENT_AUTH_METHODS,
      introspection_endpoint_auth_methods_supported: CLIENT_AUTH_METHODS.filter((name) => name !== 'none'),
      // §2 as well: none is implied where a method signs.
      revocation_endpoint_auth_signing_alg_values_supported: CLIENT_AUTH_ALGORITHMS,
      introspection_endpoint_auth_signing_alg_values_supported: CLIENT_AUTH_ALGORITHMS,
      latchkey_revocation_feed: `${parts.issuer}/revocation-feed`,
    },
    subjectTypes: ['public'],
    responseTypes: ['code'],
    clientAuthMethods: [...CLIENT_AUTH_METHODS],
    clientDefaults: {
      grant_types: ['authorization_code'],
      response_types: ['code'],
      id_token_signed_response_alg: 'RS256',
    },
    enabledJWA: {
      idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA'],
      clientAuthSigningAlgValues: [...CLIENT_AUTH_ALGORITHMS],
    },
    assertJwtClientAuthClaimsAndHeader: async (_ctx, claims) => refuseLongAssertion(parts.clock, claims),
    extraClientMetadata: { properties: [...OUR_CLIENT_METADATA] },
    allowOmittingSingleRegisteredRedirectUri: true,
    clientBasedCORS: (_ctx, origin, client) => allowsOrigin(client, origin),
    pkce: { required: (_ctx, client) => requiresPkce(client) },
    findAccount: createFindAccount(parts),
    extraTokenClaims: createExtraTokenClaims(parts),
    loadExistingGrant: createLoadExistingGrant(parts),
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}`, policy: createPolicy() },
    // A refresh token is the client's by its registration; offline_access is accepted and changes nothing.
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    // It outlives the session's natural expiry; a sign-out ends the grants of the session.
    expiresWithSession: () => false,
    ttl: lifetimes(parts.clock),
    renderError: (ctx, out, cause) => {
      preferLocales(ctx, ctx.oidc.params?.['ui_locales'])
      return parts.pages.error(ctx, out, cause)
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      claimsParameter: {
        enabled: true,
        assertClaimsParameter: (ctx, claims) => assertClaimsRequest(ctx.oidc.params?.['claims'], claims),
      },
      // It would post once, inline, and only where a person signs out here: a queue of ours does it (workers).
      backchannelLogout: { enabled: false },
      introspection: {
        enabled: true,
        allowedPolicy: async (ctx, client, token) =>
          mayIntrospect(client, token) && (await isOfKnownClient(ctx, token)),
      },
      revocation: { enabled: true, allowedPolicy: async (_ctx, client, token) => mayRevoke(client, token) },
      userinfo: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      dPoP: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx) => {
          preferLocales(ctx, ctx.oidc.params?.['ui_locales'])
          return parts.pages.signOut(ctx)
        },
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: resources.defaultResource,
        useGrantedResource: () => true,
        getResourceServerInfo: resources.resourceServerInfo,
      },
    },
  }
}

/** The library takes for granted that the client of a token is still there; one may have left clients.json. */
async function isOfKnownClient({ oidc }: KoaContextWithOIDC, { clientId }: AskedToken): Promise<boolean> {
  return clientId !== undefined && (await oidc.provider.Client.find(clientId)) !== undefined
}

/** Fields add to our own scopes, or bring theirs. */
function claimsByScope(ofFields: ProviderParts['claimsByFieldScope']): Record<string, string[]> {
  const claims = new Map<string, string[]>(
    Object.entries(CLAIMS_BY_SCOPE).map(([scope, names]) => [scope, [...names]]),
  )
  for (const [scope, names] of ofFields) claims.set(scope, [...(claims.get(scope) ?? []), ...names])
  return Object.fromEntries(claims)
}

/** Seconds that each thing lives; a person's by their user type. */
function lifetimes(clock: Clock): NonNullable<Configuration['ttl']> {
  return {
    AccessToken: (ctx) => personOf(ctx)?.userType.lifetimes.accessTokenSeconds ?? MACHINE_TOKEN_SECONDS,
    AuthorizationCode: AUTHORIZATION_CODE_SECONDS,
    ClientCredentials: MACHINE_TOKEN_SECONDS,
    Grant: LONGEST_LIFE_SECONDS,
    IdToken: ID_TOKEN_SECONDS,
    Interaction: INTERACTION_SECONDS,
    PushedAuthorizationRequest: PUSHED_REQUEST_SECONDS,
    // Absolute, counted from the first of the family: a rotation inherits what is left, or less where the type of
    // the person allows less by now.
    RefreshToken: (ctx) => {
      const seconds = personOf(ctx)?.userType.lifetimes.refreshTokenSeconds ?? 1
      const rotated = ctx.oidc.entities.RotatedRefreshToken
      if (!rotated) return seconds
      const { iiat: firstAt = 0 } = rotated
      const left = firstAt + seconds - toEpochSeconds(clock.now())
      return Math.max(1, Math.min(rotated.remainingTTL, left))
    },
    Session: (ctx, session) => {
      if (!session.accountId || session.loginTs === undefined) return ANONYMOUS_SESSION_SECONDS
      const type = personOf(ctx)?.userType.lifetimes
      if (!type) return Math.max(1, session.remainingTTL)
      const left = session.loginTs + type.sessionSeconds - toEpochSeconds(clock.now())
      return Math.max(1, Math.min(type.sessionIdleSeconds, left))
    },
  }
}

function personOf(ctx: KoaContextWithOIDC): Person | undefined {
  return ctx.oidc.account as Person | undefined
}
