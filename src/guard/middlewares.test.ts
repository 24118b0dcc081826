import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import Koa from 'koa'
import { createDpopClient } from '../../tests/support/dpop-client.ts'
import { guardedByFeed } from '../../tests/support/guarded.ts'
import type { AccessTokenClaims, Guard, GuardOptions, Requirements } from './api.d.ts'

const opened = guardedByFeed()
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

async function listen(server: Server): Promise<string> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

type Serve = (guard: Guard, required?: Requirements) => Promise<string>

const overKoa: Serve = (guard, required) => {
  const app = new Koa()
  app.use(guard.koa(required))
  app.use((ctx) => {
    const claims: AccessTokenClaims = ctx.state['auth']
    ctx.body = { sub: claims.sub }
  })
  return listen(createServer(app.callback()))
}

/** Express calls it with these three, on Node's own request and response. */
const overExpress: Serve = (guard, required) => {
  const check = guard.express(required)
  return listen(
    createServer((request, response) => {
      const req: typeof request & { auth?: AccessTokenClaims } = request
      void check(req, response, () => response.end(JSON.stringify({ sub: req.auth?.sub })))
    }),
  )
}

describe.each([
  ['Koa', overKoa],
  ['Express', overExpress],
])('over %s', (_name, serve) => {
  async function start(required?: Requirements, options?: Partial<GuardOptions>) {
    const guard = await opened().readyGuard(options)
    return { guard, api: await serve(guard, required) }
  }

  async function call(api: string, headers: Record<string, string> = {}) {
    const response = await fetch(`${api}/orders?page=2`, { headers })
    return {
      status: response.status,
      challenge: response.headers.get('www-authenticate'),
      headers: response.headers,
      body: await response.json(),
    }
  }

  it('lets a good token pass, whatever the case of the scheme, and says whose it is', async () => {
    const { api } = await start({ roles: ['police'], scopes: ['orders:read'] })
    const token = await opened().issuer.makeToken()
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const answer = await call(api, { authorization: `${scheme} ${token}` })
      expect(answer).toMatchObject({ status: 200, body: { sub: 'acc_ann' }, challenge: null })
    }
  })

  it('asks for a token without naming an error, in both ways it may come', async () => {
    const { api } = await start({ scopes: ['orders:read', 'orders:write'] })
    for (const headers of [{}, { authorization: 'Basic YTpi' }] as Record<string, string>[]) {
      const answer = await call(api, headers)
      expect(answer.status).toBe(401)
      expect(answer.challenge).toBe(
        'Bearer realm="https://orders.example/api", scope="orders:read orders:write", ' +
          'DPoP realm="https://orders.example/api", scope="orders:read orders:write", ' +
          'algs="ES256 EdDSA Ed25519"',
      )
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(answer.body).toEqual({
        type: 'about:blank',
        title: 'Unauthorized',
        status: 401,
        detail: 'An access token is needed.',
        code: 'missing_token',
      })
    }
  })

  it('answers 401 invalid_token to a token that is dead, expired or no token', async () => {
    const { issuer, becomes } = opened()
    const { guard, api } = await start()
    const dead = await issuer.makeToken()
    issuer.kill('token-1')
    await becomes(guard, dead, 'revoked')
    const refused = await call(api, { authorization: `Bearer ${dead}` })
    expect(refused).toMatchObject({ status: 401, body: { code: 'revoked' } })
    expect(refused.challenge).toBe(
      'Bearer realm="https://orders.example/api", error="invalid_token", error_description="The token was revoked."',
    )
    const expired = await call(api, { authorization: `Bearer ${await issuer.makeToken({ exp: 1 })}` })
    expect(expired).toMatchObject({ status: 401, body: { code: 'expired' } })
    const idToken = await issuer.makeToken({}, { typ: 'JWT' })
    const other = await call(api, { authorization: `Bearer ${idToken}` })
    expect(other).toMatchObject({ status: 401, body: { code: 'wrong_type' } })
  })

  it.each(['Bearer', 'Bearer ', 'Bearer a b', 'Bearer "a"', 'DPoP', 'bearer a,b'])(
    'answers 400 invalid_request to %j',
    async (authorization) => {
      const { api } = await start()
      const answer = await call(api, { authorization })
      expect(answer).toMatchObject({ status: 400, body: { code: 'malformed_request' } })
      expect(answer.challenge).toContain('error="invalid_request"')
    },
  )

  it('answers 403 insufficient_scope, with the scopes, to a token that lacks one', async () => {
    const { api } = await start({ scopes: ['orders:write'] })
    const answer = await call(api, { authorization: `Bearer ${await opened().issuer.makeToken()}` })
    expect(answer).toMatchObject({ status: 403, body: { code: 'insufficient_scope' } })
    expect(answer.challenge).toContain('scope="orders:write", error="insufficient_scope"')
  })

  it('answers 403 to a token that lacks the role', async () => {
    for (const required of [{ roles: ['judge'] }, { allRoles: ['police', 'judge'] }]) {
      const { api } = await start(required)
      const answer = await call(api, { authorization: `Bearer ${await opened().issuer.makeToken()}` })
      expect(answer).toMatchObject({ status: 403, body: { code: 'insufficient_roles' } })
      expect(answer.challenge).toContain('error="insufficient_scope"')
      expect(answer.challenge).not.toContain('scope="')
    }
  })

  it('answers 503 with Retry-After while revocations are not known', async () => {
    const { issuer, becomes, advance } = opened()
    const { guard, api } = await start()
    const token = await issuer.makeToken()
    issuer.wrong.feedStatus = 503
    advance(40)
    await becomes(guard, token, 'stale')
    const answer = await call(api, { authorization: `Bearer ${token}` })
    expect(answer).toMatchObject({ status: 503, challenge: null, body: { code: 'stale' } })
    expect(answer.headers.get('retry-after')).toBe('2')
  })

  it('takes a bound token with its proof for the URL that was called, once', async () => {
    const { api } = await start()
    const client = await createDpopClient()
    const token = await opened().issuer.makeToken({ cnf: { jkt: client.jkt } })
    const dpop = await client.prove({ method: 'GET', url: `${api}/orders`, token, at: Date.now() })
    expect(await call(api, { authorization: `DPoP ${token}`, dpop })).toMatchObject({ status: 200 })
    const again = await call(api, { authorization: `DPoP ${token}`, dpop })
    expect(again).toMatchObject({ status: 401, body: { code: 'proof_replayed' } })
    expect(again.challenge).toBe(
      'DPoP realm="https://orders.example/api", error="invalid_dpop_proof", ' +
        'error_description="The proof was used before.", algs="ES256 EdDSA Ed25519"',
    )
  })

  it('takes a proof for the URL by which others know the API', async () => {
    const { api } = await start(undefined, { publicOrigin: 'https://orders.example' })
    const client = await createDpopClient()
    const token = await opened().issuer.makeToken({ cnf: { jkt: client.jkt } })
    const prove = (url: string) => client.prove({ method: 'GET', url, token, at: Date.now() })
    const authorization = `DPoP ${token}`
    const good = { authorization, dpop: await prove('https://orders.example/orders') }
    expect(await call(api, good)).toMatchObject({ status: 200 })
    const bad = { authorization, dpop: await prove(`${api}/orders`) }
    expect(await call(api, bad)).toMatchObject({ status: 401, body: { code: 'bad_proof' } })
  })

  it('refuses a bound token as a bearer, with a proof beside it or not, and says how it may come', async () => {
    const { api } = await start()
    const client = await createDpopClient()
    const token = await opened().issuer.makeToken({ cnf: { jkt: client.jkt } })
    const dpop = await client.prove({ method: 'GET', url: `${api}/orders`, token, at: Date.now() })
    for (const more of [{}, { dpop }] as Record<string, string>[]) {
      const answer = await call(api, { authorization: `Bearer ${token}`, ...more })
      expect(answer).toMatchObject({ status: 401, body: { code: 'proof_required' } })
      expect(answer.challenge).toMatch(/^Bearer .*error="invalid_token".*, DPoP realm="[^"]+", algs="ES256/)
    }
  })

  it('refuses the scheme DPoP without a proof, and with a token that is not bound', async () => {
    const { api } = await start()
    const client = await createDpopClient()
    const token = await opened().issuer.makeToken()
    const dpop = await client.prove({ method: 'GET', url: `${api}/orders`, token, at: Date.now() })
    const authorization = `DPoP ${token}`
    expect(await call(api, { authorization })).toMatchObject({
      status: 401,
      body: { code: 'proof_required' },
    })
    expect(await call(api, { authorization, dpop })).toMatchObject({
      status: 401,
      body: { code: 'not_bound' },
    })
    // As a bearer it is what it is; the header says nothing then.
    expect(await call(api, { authorization: `Bearer ${token}`, dpop })).toMatchObject({ status: 200 })
  })
})

describe('requirements that cannot be meant', () => {
  it.each([
    { roles: [] },
    { allRoles: [] },
    { scopes: [] },
    { roles: 'police' as unknown as string[] },
    { scopes: ['a b'] },
    { roles: ['say "hi"'] },
  ])('%j are refused when the middleware is made', async (required) => {
    const guard = opened().createGuard()
    expect(() => guard.koa(required)).toThrow(TypeError)
    expect(() => guard.express(required)).toThrow(TypeError)
  })
})

describe('options that cannot be meant', () => {
  it.each<Partial<GuardOptions>>([
    { issuer: '' },
    { issuer: 'id.example' },
    { issuer: 'ftp://id.example' },
    { issuer: 'http://id.example' },
    { issuer: 'http://localhost.evil.example' },
    { issuer: 'https://id.example?a=b' },
    { audience: '' },
    { audience: 'say "hi"' },
    { maxStalenessSeconds: 0 },
    { maxStalenessSeconds: Number.POSITIVE_INFINITY },
    { maxStalenessSeconds: Number.NaN },
    { pollSeconds: -1 },
    { maxDeadHandles: 0 },
    { publicOrigin: 'orders.example' },
    { publicOrigin: 'https://orders.example/api' },
  ])('%j are refused when the guard is made', (options) => {
    expect(() => opened().createGuard(options)).toThrow(TypeError)
  })
})
