/**
 * The baseline: oidc-provider alone, with its own storage in memory and the least interaction that signs a person
 * in (one page, one form, no consent). The same features, clients, token formats and algorithms as Latchkey has;
 * no audit, no disk, no log, no codes, no revocation of access tokens, no protection of its form.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { exportJWK, generateKeyPair } from 'jose'
import { type AdapterConstructor, type Configuration, errors, Provider } from 'oidc-provider'
import { freePort } from './free-port.ts'
import { emailOf, PASSWORD } from './people.ts'
import { APPLICATION, MACHINE, OPAQUE_API } from './relying-party.ts'
import { readOptions, serveParent } from './served.ts'

export interface BareOptions {
  readonly people: number
}

const PAGE = '<form method="post"><input name="identifier"><input name="password" type="password"></form>'
const SCOPES = 'openid email'
const LIFETIMES = {
  AccessToken: 900,
  AuthorizationCode: 60,
  ClientCredentials: 900,
  Grant: 2_592_000,
  IdToken: 3600,
  Interaction: 1800,
  RefreshToken: 2_592_000,
  Session: 604_800,
}

// The library's own default, handed in: left to itself it takes it too, and prints a warning.
const MEMORY_ADAPTER: string = 'oidc-provider/lib/adapters/memory_adapter.js'
const { default: MemoryAdapter } = (await import(MEMORY_ADAPTER)) as { default: AdapterConstructor }

const { people } = readOptions<BareOptions>()
const accounts = new Map(Array.from({ length: people }, (_, person) => [emailOf(person), `acc_${person}`]))
const url = `http://localhost:${await freePort()}`
const provider = new Provider(url, await configure())
const library = provider.callback()

const server = createServer((request, response) => {
  const answered = request.url?.startsWith('/interaction/')
    ? interact(request, response)
    : library(request, response)
  answered.catch((cause: unknown) => response.writeHead(500).end(String(cause)))
})
server.listen(Number(new URL(url).port), '127.0.0.1')
await once(server, 'listening')
serveParent({}, async () => {
  server.close()
  server.closeAllConnections()
})
process.send?.({ url })

async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { params } = await provider.interactionDetails(request, response)
  if (request.method === 'GET') {
    response.setHeader('content-type', 'text/html')
    response.end(PAGE)
    return
  }
  const form = new URLSearchParams(await text(request))
  const accountId = accounts.get(form.get('identifier') ?? '')
  if (accountId === undefined || form.get('password') !== PASSWORD) {
    response.writeHead(422).end()
    return
  }
  const grant = new provider.Grant({ accountId, clientId: String(params['client_id']) })
  grant.addOIDCScope(String(params['scope']))
  grant.addResourceScope(audience(), SCOPES)
  const result = { login: { accountId }, consent: { grantId: await grant.save() } }
  await provider.interactionFinished(request, response, result)
}

async function configure(): Promise<Configuration> {
  return {
    adapter: (name) => new MemoryAdapter(name),
    jwks: { keys: await Promise.all([newKey('ES256'), newKey('RS256'), newKey('EdDSA')]) },
    clients: [
      {
        client_id: APPLICATION.id,
        client_secret: APPLICATION.secret,
        redirect_uris: [APPLICATION.redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        id_token_signed_response_alg: 'RS256',
      },
      {
        client_id: MACHINE.id,
        client_secret: MACHINE.secret,
        redirect_uris: [],
        grant_types: ['client_credentials'],
        response_types: [],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    cookies: { keys: ['for the bench alone'] },
    findAccount: (_ctx, accountId) => ({
      accountId,
      claims: () => ({ sub: accountId, email_verified: true }),
    }),
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    expiresWithSession: () => false,
    routes: { introspection: '/introspection', revocation: '/revocation' },
    ttl: LIFETIMES,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      dPoP: { enabled: true },
      rpInitiatedLogout: { enabled: true, logoutSource: fail },
      resourceIndicators: {
        enabled: true,
        defaultResource: audience,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) =>
          resource === `${url}${OPAQUE_API}`
            ? { scope: SCOPES, audience: resource, accessTokenFormat: 'opaque' }
            : {
                scope: SCOPES,
                audience: audience(),
                accessTokenFormat: 'jwt',
                jwt: { sign: { alg: 'ES256' } },
              },
      },
    },
  }
}

function audience(): string {
  return `${url}/api`
}

async function newKey(alg: 'ES256' | 'RS256' | 'EdDSA') {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  return { ...(await exportJWK(privateKey)), alg, use: 'sig' }
}

function fail(): never {
  throw new errors.InvalidRequest('nobody signs out here')
}
