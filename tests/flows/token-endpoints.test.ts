import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT } from 'jose'
import { auditOf } from '../support/audit-records.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { signUp, tokensOf } from '../support/people.ts'
import { freePort } from '../support/ports.ts'
import { inChunks, rawRequest } from '../support/raw-request.ts'
import { claimsOf, createRelyingParty, DEMO } from '../support/relying-party.ts'
import { shiftedClock } from '../support/shifted-clock.ts'

const ROBOT = { id: 'robot', secret: 'secret-of-the-robot', redirectUri: '' }
const ROBOT_REGISTRATION = {
  client_id: ROBOT.id,
  client_secret: ROBOT.secret,
  grant_types: ['client_credentials'],
}
const OTHER = { id: 'other', secret: 'secret-of-the-other-one', redirectUri: 'https://other.example/back' }
const PUBLIC = 'phone-app'
const ORDERS = 'https://orders.example/api'
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const INACTIVE = { status: 200, body: { active: false } }

type Credentials = Pick<typeof ROBOT, 'id' | 'secret'>

const clock = shiftedClock()
let node: FastNode

beforeAll(async () => {
  node = await startFastNode(
    { clock },
    {
      clients: [
        ROBOT_REGISTRATION,
        {
          client_id: OTHER.id,
          client_secret: OTHER.secret,
          redirect_uris: [OTHER.redirectUri],
          latchkey_first_party: true,
        },
        {
          client_id: PUBLIC,
          token_endpoint_auth_method: 'none',
          application_type: 'native',
          redirect_uris: ['com.example.phone:/back'],
          latchkey_first_party: true,
        },
      ],
      apis: [{ identifier: ORDERS, name: 'Orders', scopes: ['orders:read'] }],
    },
  )
})

afterAll(() => node.stop())

it('are found through discovery', async () => {
  const document = await (await fetch(`${node.url}/.well-known/openid-configuration`)).json()
  expect(document).toMatchObject({
    revocation_endpoint: `${node.url}/revocation`,
    introspection_endpoint: `${node.url}/introspection`,
    revocation_endpoint_auth_methods_supported: expect.arrayContaining(['client_secret_basic', 'none']),
    introspection_endpoint_auth_methods_supported: expect.arrayContaining(['client_secret_basic']),
  })
})

describe('introspection', () => {
  it("says of a person's token what it says itself, and that it is active", async () => {
    const { access_token: token } = await person('ask@example.org')
    const { iss, sub, aud, client_id, iat, exp, jti, scope, sid, ...ours } = claimsOf(token)
    expect(await introspect(token)).toEqual({
      status: 200,
      body: {
        active: true,
        iss,
        sub,
        aud,
        client_id,
        iat,
        exp,
        jti,
        scope,
        sid,
        ...ours,
        token_type: 'Bearer',
      },
    })
    expect(ours).toMatchObject({ roles: ['user'], user_type: 'user', latchkey_rv: expect.any(Array) })
  })

  it("says the same of a machine's token, also for another API, and of a refresh token", async () => {
    const { access_token: token = '' } = (await robotToken({ resource: ORDERS, scope: 'orders:read' })).body
    expect((await introspect(token, ROBOT)).body).toMatchObject({
      active: true,
      ...claimsOf(token),
      aud: ORDERS,
      sub: ROBOT.id,
    })
    const { refresh_token: refresh } = await person('refresh@example.org')
    const { body } = await introspect(refresh)
    expect(body).toMatchObject({ active: true, client_id: DEMO.id, sub: expect.stringMatching(/^acc_/) })
    expect(body).not.toHaveProperty('token_type')
  })

  it('answers the client whose token it is, and the machines behind which APIs stand', async () => {
    const { access_token: token, refresh_token: refresh } = await person('rule@example.org')
    expect((await introspect(token, ROBOT)).body).toMatchObject({ active: true })
    expect(await introspect(token, OTHER)).toEqual(INACTIVE)
    expect(await introspect(refresh, ROBOT)).toEqual(INACTIVE)
    // A client that cannot prove itself could try tokens out.
    expect(await post('/introspection', { token, client_id: PUBLIC })).toEqual(INACTIVE)
    expect(await introspect(token, { ...DEMO, secret: 'wrong' })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    })
  })

  it('says no more than "not active" of what is none, expired, or no access token', async () => {
    const {
      access_token: token,
      id_token: idToken,
      refresh_token: refresh,
    } = await person('dead@example.org')
    for (const [what, value] of Object.entries(await badTokens(token))) {
      expect([what, await introspect(value)]).toEqual([what, INACTIVE])
    }
    expect(await introspect(idToken)).toEqual(INACTIVE)
    await clock.later(901, async () => {
      expect(await introspect(token)).toEqual(INACTIVE)
      expect((await introspect(refresh)).body).toMatchObject({ active: true })
    })
    expect((await introspect(token)).body).toMatchObject({ active: true })
  })

  it('says of a token whose client has left clients.json that it is not active', async () => {
    const { visitor } = await signUp(node.url, 'left@example.org')
    const rp = createRelyingParty(node.url, OTHER)
    const { url, verifier } = rp.authorize({ prompt: 'none' })
    const code = new URL((await visitor.get(url)).url).searchParams.get('code') ?? ''
    const answer = await rp.token({
      grant_type: 'authorization_code',
      code,
      redirect_uri: OTHER.redirectUri,
      code_verifier: verifier,
    })
    const { access_token: token = '' } = answer.body
    expect((await introspect(token, ROBOT)).body).toMatchObject({ active: true, client_id: OTHER.id })

    const options = { clock, dataDir: node.dataDir, issuer: node.url }
    const next = await startFastNode(options, { clients: [ROBOT_REGISTRATION] })
    try {
      expect(await post('/introspection', { token }, ROBOT, next.url)).toEqual(INACTIVE)
      expect(await post('/revocation', { token }, ROBOT, next.url)).toMatchObject({ status: 200 })
      expect((await userinfo(token, next.url)).status).toBe(401)
    } finally {
      await next.stop()
    }
  })

  it('takes a wrong hint for what it is', async () => {
    const { access_token: token } = await person('ask-hint@example.org')
    for (const token_type_hint of ['access_token', 'refresh_token', 'nonsense']) {
      const { body } = await post('/introspection', { token, token_type_hint }, DEMO)
      expect([token_type_hint, body]).toMatchObject([token_type_hint, { active: true }])
    }
  })

  it('never goes anywhere that a token names', async () => {
    let calls = 0
    const port = await freePort()
    const server = createServer((_request, response) => {
      calls += 1
      response.end('{}')
    }).listen(port, '127.0.0.1')
    const { access_token: token } = await person('jku@example.org')
    const { privateKey } = await generateKeyPair('ES256')
    const url = `http://127.0.0.1:${port}/keys`
    for (const header of [{ jku: url }, { x5u: url }, { kid: url, jku: url }]) {
      const forged = await new SignJWT(claimsOf(token))
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', ...header })
        .sign(privateKey)
      expect(await introspect(forged)).toEqual(INACTIVE)
      expect((await userinfo(forged)).status).toBe(401)
    }
    server.close()
    expect(calls).toBe(0)
  })
})

describe('revocation', () => {
  it("of a person's access token ends it, its grant's refresh token and nothing else", async () => {
    const signedUp = await signUp(node.url, 'end@example.org')
    const { access_token: token, refresh_token: refresh = '' } = await tokensOf(signedUp)
    expect(await revoke(token)).toMatchObject({ status: 200 })
    expect((await userinfo(token)).status).toBe(401)
    expect(await introspect(token)).toEqual(INACTIVE)
    expect(await introspect(refresh)).toEqual(INACTIVE)
    const again = await createRelyingParty(node.url).token({
      grant_type: 'refresh_token',
      refresh_token: refresh,
    })
    expect(again.body.error).toBe('invalid_grant')
    const { url } = await signedUp.visitor.get(createRelyingParty(node.url).authorize({ prompt: 'none' }).url)
    expect(url).toContain('code=')
    const records = await auditOf(node)
    expect(
      records.filter(({ event, reason }) => event === 'grant.ended' && reason === 'token_revoked'),
    ).toEqual([
      expect.objectContaining({
        subjectId: claimsOf(token)['sub'],
        clientId: DEMO.id,
      }),
    ])
  })

  it('of a refresh token ends the access tokens of its grant', async () => {
    const { access_token: token, refresh_token: refresh } = await person('end-refresh@example.org')
    expect(await revoke(refresh)).toMatchObject({ status: 200 })
    expect((await userinfo(token)).status).toBe(401)
    expect(await introspect(refresh)).toEqual(INACTIVE)
  })

  it("of a machine's token ends that one alone", async () => {
    const [one, two] = [(await robotToken()).body, (await robotToken()).body]
    expect(await revoke(one.access_token ?? '', ROBOT)).toMatchObject({ status: 200 })
    expect(await introspect(one.access_token ?? '', ROBOT)).toEqual(INACTIVE)
    expect((await introspect(two.access_token ?? '', ROBOT)).body).toMatchObject({ active: true })
    // What is dead already is no news: the answer is the same, and nothing is recorded.
    expect(await revoke(one.access_token ?? '', ROBOT)).toMatchObject({ status: 200 })
    const ended = (await auditOf(node)).filter(({ event }) => event === 'token.revoked')
    expect(ended).toEqual([expect.objectContaining({ clientId: ROBOT.id, reason: 'token_revoked' })])
  })

  it("leaves another client's token alone, and answers 200 as for one that nobody knows", async () => {
    const { access_token: token, refresh_token: refresh } = await person('mine@example.org')
    for (const value of [token, refresh, 'nobody-knows-it', ...Object.values(await badTokens(token))]) {
      expect(await revoke(value, OTHER)).toMatchObject({ status: 200 })
      expect(await revoke(value, ROBOT)).toMatchObject({ status: 200 })
    }
    for (const value of Object.values(await badTokens(token))) await revoke(value)
    expect((await introspect(token)).body).toMatchObject({ active: true })
    expect((await introspect(refresh)).body).toMatchObject({ active: true })
  })

  it('takes a wrong hint for what it is', async () => {
    const { access_token: token } = await person('hint@example.org')
    expect(await post('/revocation', { token, token_type_hint: 'refresh_token' }, DEMO)).toMatchObject({
      status: 200,
    })
    expect(await introspect(token)).toEqual(INACTIVE)
  })
})

describe('both endpoints', () => {
  it.each(['/revocation', '/introspection'])(
    '%s refuses malformed requests as RFC 6749 says',
    async (path) => {
      const authorization = `Basic ${btoa(`${DEMO.id}:${DEMO.secret}`)}`
      const send = (body: string, headers: Record<string, string> = FORM, method = 'POST') =>
        fetch(node.url + path, { method, headers: { authorization, ...headers }, ...(body && { body }) })
      for (const [body, headers] of [
        ['', FORM],
        ['token=a&token=b', FORM],
        ['token[]=a', FORM],
        ['token[$ne]=a', FORM],
        ['{"token":"a"}', { 'content-type': 'application/json' }],
        ['token=%ff%fe&x='.repeat(300), FORM],
      ] as const) {
        const answer = await send(body, headers)
        expect([body, answer.status]).toEqual([body, 400])
        expect(await answer.json()).toMatchObject({ error: 'invalid_request' })
      }
      expect((await send(`token=${'a.'.repeat(524_288)}`)).status).toBe(413)
      // Nor one that does not say how long it is.
      const headers = { authorization, 'Content-Type': FORM['content-type'], 'Transfer-Encoding': 'chunked' }
      const body = inChunks(`token=${'a'.repeat(1024 * 1024)}`)
      const answer = await rawRequest(node.url, { method: 'POST', target: path, headers, body })
      expect(answer.status).toBe(413)
      expect((await send('', {}, 'GET')).status).toBe(404)
      expect((await fetch(node.url + path, { method: 'POST', headers: FORM, body: 'token=a' })).status).toBe(
        400,
      )
    },
  )
})

it('one of a megabyte in a header is answered by Node, before us', async () => {
  const headers = { Authorization: `Bearer ${'a'.repeat(1024 * 1024)}` }
  expect((await rawRequest(node.url, { target: '/userinfo', headers })).status).toBe(431)
})

async function badTokens(token: string): Promise<Record<string, string>> {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const head = JSON.parse(Buffer.from(header, 'base64url').toString())
  const claims = claimsOf(token)
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const { keys } = (await (await fetch(`${node.url}/jwks`)).json()) as { keys: { alg: string }[] }
  const rsa = await importJWK(keys.find(({ alg }) => alg === 'RS256') ?? {}, 'RS256', { extractable: true })
  if (rsa instanceof Uint8Array) throw new Error('An RSA key is no bytes.')
  return {
    'a flipped byte in the header': [flipped(header), payload, signature].join('.'),
    'a flipped byte in the claims': [header, flipped(payload), signature].join('.'),
    'a flipped byte in the signature': [header, payload, flipped(signature)].join('.'),
    'alg none': `${encode({ ...head, alg: 'none' })}.${payload}.`,
    'no signature': `${header}.${payload}.`,
    'HS256 with the public key': await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: head.kid })
      .sign(new TextEncoder().encode(await exportSPKI(rsa))),
    'a key of the sender': await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: head.kid, jwk: await exportJWK(publicKey) })
      .sign(privateKey),
    'another issuer': await new SignJWT({ ...claims, iss: 'https://elsewhere.example' })
      .setProtectedHeader(head)
      .sign(privateKey),
    'another audience': await new SignJWT({ ...claims, aud: 'https://nobody.example' })
      .setProtectedHeader(head)
      .sign(privateKey),
    'half of it': token.slice(0, token.length / 2),
    'no token at all': 'x',
    'dots alone': '..',
    'a name that every object has': '__proto__',
    'a NUL': '\0',
  }
}

/** Another text that is base64url as well. */
function flipped(part: string): string {
  const at = Math.floor(part.length / 2)
  return part.slice(0, at) + (part[at] === 'A' ? 'B' : 'A') + part.slice(at + 1)
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

async function person(email: string) {
  const { access_token, id_token, refresh_token = '' } = await tokensOf(await signUp(node.url, email))
  return { access_token, id_token, refresh_token }
}

function robotToken(more: Record<string, string> = {}) {
  return createRelyingParty(node.url, ROBOT).token({ grant_type: 'client_credentials', ...more })
}

const introspect = (token: string, client: Credentials = DEMO) => post('/introspection', { token }, client)
const revoke = (token: string, client: Credentials = DEMO) => post('/revocation', { token }, client)

async function post(path: string, form: Record<string, string>, client?: Credentials, at = node.url) {
  const authorization = client && `Basic ${btoa(`${client.id}:${client.secret}`)}`
  const response = await fetch(at + path, {
    method: 'POST',
    headers: { ...FORM, ...(authorization && { authorization }) },
    body: new URLSearchParams(form).toString(),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? null : (JSON.parse(text) as Record<string, unknown>) }
}

function userinfo(token: string, at = node.url) {
  return fetch(`${at}/userinfo`, { headers: { authorization: `Bearer ${token}` } })
}
