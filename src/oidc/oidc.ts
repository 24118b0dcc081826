import Koa, { type Middleware } from 'koa'
import mount from 'koa-mount'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { Audit, Origin } from '../domain/audit/index.ts'
import type { SigningKey } from '../domain/keys/index.ts'
import type { RevocationStore } from '../domain/revocations/index.ts'
import { AppError } from '../lib/errors.ts'
import type { Log } from '../lib/log.ts'
import { open } from '../lib/seal.ts'
import { createAccessTokens } from './access-token.ts'
import type { ArtifactStore } from './artifact-store.ts'
import type { ClaimsParts } from './claims.ts'
import { type ClientRegistration, createClients } from './clients.ts'
import { createDocuments, type Documents } from './documents.ts'
import { createEndings } from './endings.ts'
import { createStamps } from './generations.ts'
import { userinfoClaimsOf } from './grants.ts'
import { createInteractions, type Interactions } from './interactions.ts'
import { publicJwks } from './keys.ts'
import { postedRequests, type ReadForm } from './posted-requests.ts'
import { createProvider, type OidcPages, type ProviderParts } from './provider.ts'
import { keepRecords } from './records.ts'
import { createResources, type ResourcesParts } from './resources.ts'
import { createSignOut, type SignOut } from './sign-out.ts'
import { createStoredIds } from './stored-ids.ts'

export interface OidcParts
  extends Pick<ClaimsParts, 'accounts' | 'userTypes' | 'revocations' | 'roles'>,
    Pick<ProviderParts, 'issuer' | 'cookieKeys' | 'secureCookies' | 'signingKeys' | 'clock' | 'random'>,
    ResourcesParts {
  readonly artifacts: ArtifactStore
  readonly revocationStore: RevocationStore
  readonly audit: Audit
  readonly log: Log
  readonly artifactKey: Uint8Array
  readonly clients: readonly ClientRegistration[]
  readonly signingKeys: readonly SigningKey[]
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
}

export function createOidc(parts: OidcParts): Oidc {
  const { artifacts, revocationStore, audit, clock, log, artifactKey, originOf } = parts
  const ids = createStoredIds(artifactKey)
  const endings = createEndings({ store: artifacts, audit, clock })
  const accessTokens = createAccessTokens({
    issuer: parts.issuer,
    audiences: [parts.issuer, parts.audience],
    publicKeys: () => publicJwks(parts.signingKeys),
    revocations: parts.revocations,
    findGrant,
    userTypeOf: async (accountId) => (await parts.accounts.find(accountId))?.userType ?? null,
    clock,
  })
  const resources = createResources(parts)
  const provider = createProvider({
    ...parts,
    ids,
    resources,
    endings,
    accessTokens,
    store: artifacts,
    sealingKey: artifactKey,
    stamps: createStamps(revocationStore),
    clients: createClients(parts.clients),
  })

  provider.on('server_error', (ctx: KoaContextWithOIDC, error: Error) => {
    if (error instanceof AppError && error.retryAfterSeconds !== undefined) {
      ctx.set('Retry-After', String(error.retryAfterSeconds))
    }
    log.error({ err: error, traceId: originOf(ctx).traceId }, 'oidc endpoint failed')
  })

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

  useConfiguredOrigin(provider.request, parts.issuer)
  const documents = createDocuments(parts.random)
  const endpoints = new Koa()
  endpoints.use(documents.middleware)
  endpoints.use(postedRequests(parts.readForm))
  endpoints.use(keepRecords(provider, { audit, originOf }))
  endpoints.use(mount(provider))
  return {
    middleware: mount(endpoints),
    answerDocument: documents.answer,
    interactions: createInteractions({ ...parts, provider, resources }),
    signOut: createSignOut({ provider, endings, ids, secureCookies: parts.secureCookies }),
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
