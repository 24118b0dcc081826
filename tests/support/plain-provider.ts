import { once } from 'node:events'
import { createServer } from 'node:http'
import { exportJWK, generateKeyPair } from 'jose'
import { type AdapterConstructor, type Configuration, Provider, type ResourceServer } from 'oidc-provider'

/** What the next interaction does with the person who came to sign in. */
export type NextAnswer =
  | { readonly kind: 'allow' }
  | { readonly kind: 'refuse'; readonly error: string; readonly description: string }

export interface PlainProvider {
  /** How often somebody had to sign in. */
  countSignIns(): number
  answerNext(answer: NextAnswer): void
  /** Ends the grants of an account, and so its access and refresh tokens. */
  endGrants(): Promise<void>
  close(): Promise<void>
}

export interface PlainProviderOptions {
  readonly port: number
  readonly clientId: string
  readonly clientSecret: string
  readonly clientUrl: URL
  readonly claims: Readonly<Record<string, unknown>> & { readonly sub: string }
  /** `jwt` as RFC 9068 has it, for an API; `opaque` for userinfo. */
  readonly accessTokens: 'jwt' | 'opaque'
}

const LIFETIME_SECONDS = 600

/**
 * The OIDC library alone, with its own storage in memory and an interaction that says yes: to prove that an
 * application works with any OpenID provider, not with ours only.
 */
export async function startPlainProvider(options: PlainProviderOptions): Promise<PlainProvider> {
  const provider = new Provider(`http://localhost:${options.port}`, configure(options))
  const grants: string[] = []
  let next: NextAnswer = { kind: 'allow' }
  let signIns = 0

  provider.use(async (ctx, proceed) => {
    if (!ctx.path.startsWith('/interaction/')) return proceed()
    const { prompt, params, grantId } = await provider.interactionDetails(ctx.req, ctx.res)
    if (prompt.name === 'login') signIns += 1
    if (next.kind === 'refuse') {
      const result = { error: next.error, error_description: next.description }
      return provider.interactionFinished(ctx.req, ctx.res, result)
    }
    const accountId = options.claims.sub
    const known = grantId === undefined ? undefined : await provider.Grant.find(grantId)
    const grant = known ?? new provider.Grant({ accountId, clientId: String(params['client_id']) })
    grant.addOIDCScope(String(params['scope']))
    grant.addResourceScope(API, 'openid')
    const consent = { grantId: await grant.save() }
    grants.push(consent.grantId)
    return provider.interactionFinished(ctx.req, ctx.res, { login: { accountId }, consent })
  })

  const server = createServer(provider.callback()).listen(options.port, '127.0.0.1')
  await once(server, 'listening')
  return {
    countSignIns: () => signIns,
    answerNext: (answer) => {
      next = answer
    },
    async endGrants() {
      for (const id of grants) await (await provider.Grant.find(id))?.destroy()
    },
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

const API = 'https://api.example'

// The library's own defaults, handed in: left to itself it takes them too, and prints a warning each time.
const MEMORY_ADAPTER: string = 'oidc-provider/lib/adapters/memory_adapter.js'
const { default: MemoryAdapter } = (await import(MEMORY_ADAPTER)) as { default: AdapterConstructor }
const { privateKey } = await generateKeyPair('RS256', { extractable: true })
const jwks = { keys: [await exportJWK(privateKey)] }

function configure({
  claims,
  clientId,
  clientSecret,
  clientUrl,
  accessTokens,
}: PlainProviderOptions): Configuration {
  const resource: ResourceServer = {
    scope: 'openid',
    audience: API,
    accessTokenFormat: 'jwt',
    accessTokenTTL: LIFETIME_SECONDS,
    jwt: { sign: { alg: 'RS256' } },
  }
  const lifetime = () => LIFETIME_SECONDS
  return {
    adapter: (name) => new MemoryAdapter(name),
    jwks,
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [new URL('/callback', clientUrl).href],
        post_logout_redirect_uris: [new URL('/', clientUrl).href],
        grant_types: ['authorization_code', 'refresh_token'],
        require_auth_time: true,
      },
    ],
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['for tests alone'] },
    extraTokenClaims: () => ({ roles: claims['roles'], user_type: claims['user_type'] }),
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: accessTokens === 'jwt',
        defaultResource: () => API,
        useGrantedResource: () => true,
        getResourceServerInfo: () => resource,
      },
      rpInitiatedLogout: {
        logoutSource: (ctx, form) => {
          ctx.body = form
        },
      },
    },
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => claims }),
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    ttl: {
      AccessToken: lifetime,
      AuthorizationCode: lifetime,
      Grant: lifetime,
      IdToken: lifetime,
      Interaction: lifetime,
      RefreshToken: lifetime,
      Session: lifetime,
    },
  }
}
