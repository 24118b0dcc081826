import { type Client, errors, type KoaContextWithOIDC } from 'oidc-provider'
import { isFirstParty, isMachine } from './clients.ts'

/** An API that tokens may be for, beside the built-in audiences (`config/apis.json`). */
export interface Api {
  readonly identifier: string
  /** What people call it. */
  readonly name: string
  readonly scopes: readonly string[]
}

export const OIDC_SCOPES = ['openid', 'profile', 'email', 'phone', 'roles', 'offline_access'] as const
const ACCOUNT_SCOPES = ['account'] as const
const ADMIN_SCOPES = ['admin:read', 'admin:write'] as const
export const ALL_SCOPES = [...OIDC_SCOPES, ...ACCOUNT_SCOPES, ...ADMIN_SCOPES]

export const ADMIN_AUDIENCE = 'urn:latchkey:admin'

export interface ResourcesParts {
  readonly issuer: string
  readonly audience: string
  readonly apis: readonly Api[]
  /** Scopes that open fields of user types. */
  readonly fieldScopes: readonly string[]
}

export type Resources = ReturnType<typeof createResources>

/** Resource indicators (RFC 8707): which audiences there are, and what a token for one may say. */
export function createResources({ issuer, audience, apis, fieldScopes }: ResourcesParts) {
  const ownScopes = new Map<string, readonly string[]>([
    [issuer, []],
    [audience, ACCOUNT_SCOPES],
    [ADMIN_AUDIENCE, ADMIN_SCOPES],
  ])
  const apiByIdentifier = new Map(apis.map((api) => [api.identifier, api]))

  return {
    /** Scopes of an audience of Latchkey's own; none for any other. */
    ownScopesOf: (resource: string): readonly string[] => ownScopes.get(resource) ?? [],

    isAudience: (resource: string): boolean => ownScopes.has(resource) || apiByIdentifier.has(resource),

    /** The audience of the organisation's own APIs, which needs no `resource` at its own clients. */
    audience,

    /** Null for Latchkey's own audiences and for unknown ones. */
    apiOf: (resource: string): Api | null => apiByIdentifier.get(resource) ?? null,

    /** The audience of a token for which none was asked; a third party's is good for userinfo only. */
    defaultResource(_ctx: KoaContextWithOIDC, client: Client, oneOf?: readonly string[]): string | string[] {
      if (oneOf) return [...oneOf]
      return isFirstParty(client) || isMachine(client) ? audience : issuer
    },

    resourceServerInfo(ctx: KoaContextWithOIDC, resource: string) {
      const scopes = apiByIdentifier.get(resource)?.scopes ?? ownScopes.get(resource)
      if (!scopes) throw new errors.InvalidTarget('resource indicator is not one of ours')
      // A token's scope is cut to what both name: without the OIDC scopes here it would not work at userinfo.
      const ofPerson =
        ctx.oidc.params?.['grant_type'] === 'client_credentials' ? [] : [...OIDC_SCOPES, ...fieldScopes]
      return {
        scope: [...new Set([...ofPerson, ...scopes])].join(' '),
        audience: resource,
        accessTokenFormat: 'jwt' as const,
        jwt: { sign: { alg: 'ES256' as const } },
      }
    },
  }
}
