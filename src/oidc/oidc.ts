import Koa, { type Middleware } from 'koa'
import mount from 'koa-mount'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { Audit, Origin } from '../domain/audit/index.ts'
import type { SigningKey } from '../domain/keys/index.ts'
import type { DeadSince, RevocationStore } from '../domain/revocations/index.ts'
import type { StoredUserType } from '../domain/user-types/index.ts'
import { AppError } from '../lib/errors.ts'
import type { Log } from '../lib/log.ts'
import { open } from '../lib/seal.ts'
import { createAccessTokens } from './access-token.ts'
import { type AccountSignIn, accountClient, accountSignInUrl } from './account-client.ts'
import type { ArtifactStore } from './artifact-store.ts'
import type { ClaimsParts } from './claims.ts'
import type { ClientStateStore } from './client-state-store.ts'
import { type ClientRegistration, createClients } from './clients.ts'
import { keepCurrent } from './current-endpoints.ts'
import { createDocuments, type Documents } from './documents.ts'
import { createEndings } from './endings.ts'
import { createFeedTokens } from './feed-token.ts'
import { claimsByFieldScope } from './field-claims.ts'
import { createStamps } from './generations.ts'
import { userinfoClaimsOf } from './grants.ts'
import { createInteractions, type Interactions } from './interactions.ts'
import { publicJwks } from './keys.ts'
import { postedRequests, type ReadForm } from './posted-requests.ts'
import { createProvider, type OidcPages, type ProviderParts } from './provider.ts'
import { keepRecords } from './records.ts'
import { ALL_SCOPES, createResources, type ResourcesParts } from './resources.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { createSignOut, type SignOut } from './sign-out.ts'
import { createStoredIds } from './stored-ids.ts'
import { createTokenReferences } from './token-references.ts'

export interface OidcParts
  extends Pick<ClaimsParts, 'accounts' | 'accountFields' | 'userTypes' | 'revocations' | 'roles'>,
    Pick<ProviderParts, 'issuer' | 'cookieKeys' | 'secureCookies' | 'clock' | 'random'>,
    Omit<ResourcesParts, 'fieldScopes'> {
  readonly artifacts: ArtifactStore
  readonly revocationStore: RevocationStore
  readonly clientStates: ClientStateStore
  readonly issuerGeneration: string
  readonly audit: Audit
  readonly log: Log
  readonly artifactKey: Uint8Array
  readonly clients: readonly ClientRegistration[]
  /** What the sign-in page calls the account pages. */
  readonly accountClientName: string
  /** Those of the JWKS now, from memory; they come and go while the process runs. */
  readonly signingKeys: () => readonly SigningKey[]
  readonly pages: OidcPages
  readonly readForm: ReadForm
  /** Who asks, for the audit; undefined outside of a request. */
  readonly originOf: (ctx: KoaContextWithOIDC | undefined) => Origin
}

export interface Oidc {
  /** All of the library's endpoints, and what we put around them. */
  readonly middleware: Middleware
  /** Discovery and key set from memory; false for any other request. */
  readonly answerDocument: Documents['answer']
  readonly interactions: Interactions
  readonly signOut: SignOut
  readonly sessions: Sessions
  /** Signs what has died for one audience (interface.md, Revocation feed). */
  readonly signFeedDocument: (audience: string, dead: DeadSince) => Promise<string>
  /** Is it an audience of tokens that are issued here? */
  readonly isAudience: (audience: string) => boolean
  /** Where a browser goes to sign in for the account pages, on our own origin. */
  readonly accountSignInUrl: (signIn: AccountSignIn) => string
}

export async function createOidc(parts: OidcParts): Promise<Oidc> {
  const { artifacts, revocationStore, audit, clock, log, artifactKey, originOf } = parts
  const ids = createStoredIds(artifactKey)
  const endings = createEndings({ store: artifacts, revocations: revocationStore, audit, clock })
  const accessTokens = createAccessTokens({
    issuer: parts.issuer,
    userinfoAudiences: [parts.issuer, parts.audience],
    isAudience: (audience) => current.latest().resources.isAudience(audience),
    publicKeys: () => publicJwks(parts.signingKeys()),
    revocations: parts.revocations,
    findGrant,
    userTypeOf: async (accountId) => (await parts.accounts.find(accountId))?.userType ?? null,
    clock,
  })
  const references = createTokenReferences(parts.readForm, parts.random)
  const stamps = createStamps(revocationStore, parts.issuerGeneration)
  const registrations = [...parts.clients, accountClient(parts.issuer, parts.accountClientName)]
  const current = await keepCurrent({ ...parts, make: makeEndpoints })
  const provider = () => current.latest().provider

  /** The library takes scopes, claims and keys once, when it is made; so it is made anew when one of them changes. */
  function makeEndpoints(types: readonly StoredUserType[], signingKeys: readonly SigningKey[]) {
    const byFieldScope = claimsByFieldScope(types)
    const fieldScopes = [...byFieldScope.keys()]
    const apiScopes = parts.apis.flatMap(({ scopes }) => scopes)
    // A scope of one API is of no other, also when a field is shown under its name.
    const forEveryApi = fieldScopes.filter((scope) => !apiScopes.includes(scope))
    const resources = createResources({ ...parts, fieldScopes: forEveryApi })
    const provider = createProvider({
      ...parts,
      signingKeys,
      pages: { ...parts.pages, signOut: signOutOrAsk },
      ids,
      resources,
      claimsByFieldScope: byFieldScope,
      endings,
      accessTokens,
      isGrantAlive: async (storedId) => (await artifacts.find('Grant', storedId, clock.now())) !== null,
      references,
      store: artifacts,
      sealingKey: artifactKey,
      stamps,
      clients: createClients(
        registrations,
        new Set([...ALL_SCOPES, ...fieldScopes, ...apiScopes]),
        parts.clientStates,
      ),
    })
    provider.on('server_error', noteFault)
    useConfiguredOrigin(provider.request, parts.issuer)
    const documents = createDocuments(parts.random)
    const endpoints = new Koa()
    endpoints.use(documents.middleware)
    endpoints.use(postedRequests(parts.readForm))
    endpoints.use(references.middleware)
    endpoints.use(keepRecords(provider, { audit, originOf }))
    endpoints.use(mount(provider))
    return { provider, resources, middleware: mount(endpoints), answerDocument: documents.answer }
  }

  function noteFault(ctx: KoaContextWithOIDC, error: Error): void {
    if (error instanceof AppError && error.retryAfterSeconds !== undefined) {
      ctx.set('Retry-After', String(error.retryAfterSeconds))
    }
    log.error({ err: error, traceId: originOf(ctx).traceId }, 'oidc endpoint failed')
  }

  const signOut = createSignOut({ provider, endings, ids, secureCookies: parts.secureCookies })

  async function signOutOrAsk(ctx: KoaContextWithOIDC): Promise<void> {
    if (!(await signOut.endProven(ctx, originOf(ctx)))) await parts.pages.signOut(ctx)
  }

  async function findGrant(storedId: string) {
    const grant = await artifacts.find('Grant', storedId, clock.now())
    if (!grant) return null
    const payload = JSON.parse(
      open(artifactKey, grant.payload, `artifact/Grant/${storedId}`).toString('utf8'),
    )
    return {
      value: String(payload.jti),
      sessionId: grant.sessionUid,
      userinfoClaims: userinfoClaimsOf(payload.openid),
    }
  }

  return {
    middleware: async (ctx, next) => (await current.now()).middleware(ctx, next),
    answerDocument: (request, response) =>
      current.isRecent() && current.latest().answerDocument(request, response),
    interactions: createInteractions({ ...parts, provider, resources: () => current.latest().resources }),
    signOut,
    signFeedDocument: createFeedTokens(parts),
    isAudience: (audience) => current.latest().resources.isAudience(audience),
    sessions: createSessions({ ...parts, provider, store: artifacts, ids, sealingKey: artifactKey, endings }),
    accountSignInUrl: (signIn) => accountSignInUrl(parts.issuer, parts.random, signIn),
  }
}

/**
 * Issuer and links come from configuration, never from a request (security.md rule 13): whatever Host or
 * X-Forwarded-* header arrives, Koa sees the configured origin.
 */
export function useConfiguredOrigin(request: object, issuer: string): void {
  const { protocol, host, origin } = new URL(issuer)
  Object.defineProperties(request, {
    protocol: { get: () => protocol.slice(0, -1) },
    host: { get: () => host },
    href: {
      get(this: { path: string; search: string }) {
        return origin + this.path + this.search
      },
    },
  })
}
