import type { webcrypto } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import {
  createRemoteJWKSet,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
} from 'jose'
import { auditOf } from '../support/audit-records.ts'
import { createBalancedVisitor } from '../support/balanced-visitor.ts'
import { createDpopClient } from '../support/dpop-client.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, codeOf, GOOD_PASSWORD, signUp, tokensOf } from '../support/people.ts'
import {
  claimsOf,
  createRelyingParty,
  DEMO,
  type RelyingParty,
  type TokenAnswer,
} from '../support/relying-party.ts'
import { shiftedClock } from '../support/shifted-clock.ts'

const SIBLING = {
  id: 'sibling',
  secret: 'secret-of-the-sibling',
  redirectUri: 'https://sibling.example/back',
}
const MACHINE = { id: 'robot', secret: 'secret-of-the-robot', redirectUri: '' }
const OTHER = { id: 'other', secret: 'secret-of-the-other-one', redirectUri: 'https://other.example/back' }
const SPA = 'https://spa.example'
const DAY = 86_400
const ORDERS = 'https://orders.example/api'

const clock = shiftedClock()
/** A machine that proves itself with a key. */
const SIGNING = {
  client_id: 'signing-robot',
  grant_types: ['client_credentials'],
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: 'ES256',
}

let node: FastNode
let demo: RelyingParty
let signingKey: webcrypto.CryptoKey

beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  signingKey = privateKey
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] }
  node = await startFastNode(
    { clock },
    {
      clients: [
        {
          client_id: SIBLING.id,
          client_secret: SIBLING.secret,
          redirect_uris: [SIBLING.redirectUri],
          grant_types: ['authorization_code', 'refresh_token'],
          latchkey_first_party: true,
          latchkey_allowed_origins: [SPA],
        },
        {
          client_id: MACHINE.id,
          client_secret: MACHINE.secret,
          grant_types: ['client_credentials'],
          latchkey_roles: ['robot', 'cleaner'],
        },
        {
          client_id: OTHER.id,
          client_secret: OTHER.secret,
          redirect_uris: [OTHER.redirectUri],
          grant_types: ['authorization_code', 'client_credentials'],
        },
        { ...SIGNING, jwks },
      ],
      apis: [{ identifier: ORDERS, name: 'Orders', scopes: ['orders:read', 'orders:write'] }],
    },
  )
  demo = createRelyingParty(node.url)
})

afterAll(() => node.stop())

describe('the access token of a person', () => {
  it('has exactly the claims of the contract, under the header of RFC 9068, and verifies by discovery', async () => {
    const tokens = await tokensOf(await signUp(node.url, 'claims@example.org'))
    const jwks = createRemoteJWKSet(new URL(`${node.url}/jwks`))
    const options = { issuer: node.url, audience: `${node.url}/api`, typ: 'at+jwt' }
    const { payload, protectedHeader } = await jwtVerify(tokens.access_token, jwks, options)
    expect(Object.keys(protectedHeader).sort()).toEqual(['alg', 'kid', 'typ'])
    expect(Object.keys(payload).sort()).toEqual(
      [
        ...['iss', 'sub', 'aud', 'client_id', 'iat', 'exp', 'jti', 'scope', 'latchkey_rv', 'latchkey_grant'],
        ...['auth_time', 'acr', 'amr', 'sid', 'roles', 'user_type'],
      ].sort(),
    )
    expect(payload.exp).toBe(Number(payload.iat) + 900)
    expect(payload['latchkey_grant']).toMatch(/^gra_/)
    expect(payload['latchkey_rv']).toHaveLength(7)
    const id = claimsOf(tokens.id_token)
    expect([id['sid'], id['sub'], id['acr'], id['amr'], id['auth_time']]).toEqual([
      payload['sid'],
      payload.sub,
      payload['acr'],
      payload['amr'],
      payload['auth_time'],
    ])
  })

  it('is a JWT for plain openid too, and works at userinfo', async () => {
    const { visitor } = await signUp(node.url, 'plain@example.org')
    const tokens = await silently(visitor, { scope: 'openid' })
    expect(claimsOf(tokens.access_token)).toMatchObject({ aud: `${node.url}/api`, scope: 'openid' })
    const info = await userinfo(tokens.access_token)
    expect(info.status).toBe(200)
    const { sub } = claimsOf(tokens.access_token)
    expect(info.body).toEqual({ sub, roles: ['user'], user_type: 'user' })
    expect(claimsOf(tokens.id_token)['email']).toBeUndefined()
  })

  it('is for the API that was asked for, with its scopes, and no good at userinfo', async () => {
    const { visitor } = await signUp(node.url, 'orders@example.org')
    const tokens = await silently(visitor, { scope: 'openid orders:read', resource: ORDERS })
    expect(claimsOf(tokens.access_token)).toMatchObject({ aud: ORDERS, scope: 'openid orders:read' })
    expect((await userinfo(tokens.access_token)).status).toBe(401)
  })

  it('has no scope of an API that it is not for', async () => {
    const { visitor } = await signUp(node.url, 'scopes@example.org')
    const tokens = await silently(visitor, { scope: 'openid orders:read account admin:write nonsense' })
    expect(claimsOf(tokens.access_token)).toMatchObject({ aud: `${node.url}/api`, scope: 'openid account' })
  })

  it('is of one account and one session: another browser has another sid and grant', async () => {
    const first = await tokensOf(await signUp(node.url, 'sid@example.org'))
    const second = claimsOf((await tokensOf(await signUp(node.url, 'sid2@example.org'))).access_token)
    expect(second['sid']).not.toBe(claimsOf(first.access_token)['sid'])
    expect(second['latchkey_grant']).not.toBe(claimsOf(first.access_token)['latchkey_grant'])
  })
})

describe('a person with a phone', () => {
  it('signs in with any spelling of the number, and the tokens say that a text message was the second step', async () => {
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(demo.authorize({ prompt: 'create' }).url)
    await visitor.submit('choose-type', { userType: 'user' })
    await visitor.submit('sign-up', { phone: '+91 98765-43210', password: GOOD_PASSWORD })
    await visitor.submit('code', { code: await codeFor(node.url, '+919876543210') })

    const browser = createBalancedVisitor(node.url)
    const request = demo.authorize({ scope: 'openid phone' })
    await browser.open(request.url)
    await browser.submit('sign-in', { identifier: '0091 (98765) 43 210', password: GOOD_PASSWORD })
    const { location, ...reply } = await browser.submit('code', {
      code: await codeFor(node.url, '+919876543210', 2),
    })
    const tokens = await tokensOf({ rp: demo, request, end: { ...reply, url: location ?? '' } })
    const assurance = { acr: 'urn:latchkey:acr:password-sms', amr: ['pwd', 'otp', 'sms', 'mfa'] }
    expect(claimsOf(tokens.access_token)).toMatchObject(assurance)
    expect(claimsOf(tokens.id_token)).toMatchObject({
      ...assurance,
      phone_number: '+919876543210',
      phone_number_verified: true,
    })
  })
})

describe('the access token of a machine', () => {
  it('names the client twice, and only the roles of its registration', async () => {
    const { status, body } = await robot().token({ grant_type: 'client_credentials' })
    expect(status).toBe(200)
    const claims = claimsOf(body.access_token ?? '')
    expect(claims).toMatchObject({
      iss: node.url,
      sub: MACHINE.id,
      client_id: MACHINE.id,
      aud: `${node.url}/api`,
      roles: ['robot', 'cleaner'],
    })
    expect(claims['latchkey_rv']).toHaveLength(3)
    for (const name of ['sid', 'acr', 'amr', 'auth_time', 'user_type', 'latchkey_grant']) {
      expect(claims).not.toHaveProperty(name)
    }
    expect(body.refresh_token).toBeUndefined()
    expect(body.id_token).toBeUndefined()
  })

  it('is for the API that was asked for; any other is invalid_target', async () => {
    const grant = { grant_type: 'client_credentials' }
    const { body } = await robot().token({ ...grant, resource: ORDERS, scope: 'orders:read openid' })
    expect(claimsOf(body.access_token ?? '')).toMatchObject({ aud: ORDERS, scope: 'orders:read' })
    for (const resource of ['https://nobody.example', 'urn:x', `${ORDERS}/`, ORDERS.toUpperCase()]) {
      expect(await robot().token({ ...grant, resource })).toMatchObject({
        status: 400,
        body: { error: 'invalid_target' },
      })
    }
  })

  it('of somebody else’s client is for userinfo only, where a machine has nothing to read', async () => {
    const { body } = await createRelyingParty(node.url, OTHER).token({ grant_type: 'client_credentials' })
    expect(claimsOf(body.access_token ?? '')).toMatchObject({ aud: node.url, roles: [] })
    expect((await userinfo(body.access_token ?? '')).status).toBe(401)
  })
})

describe('the token endpoint', () => {
  it('refuses a client that does not prove itself', async () => {
    for (const secret of ['wrong', `${DEMO.secret}x`, DEMO.secret.toUpperCase()]) {
      const answer = await createRelyingParty(node.url, { ...MACHINE, secret }).token({
        grant_type: 'client_credentials',
      })
      expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
      expect(answer.headers.get('www-authenticate')).toContain('Basic')
    }
  })

  it('refuses a grant that the client is not registered for', async () => {
    const answers = [await demo.token({ grant_type: 'client_credentials' })]
    for (const grant_type of ['password', 'implicit', 'urn:ietf:params:oauth:grant-type:device_code', '']) {
      answers.push(await robot().token({ grant_type, username: 'a', password: 'b' }))
    }
    for (const { status, body } of answers) {
      expect(status).toBe(400)
      expect(['unsupported_grant_type', 'unauthorized_client', 'invalid_request']).toContain(body.error)
    }
  })

  it('takes a code for its own client, verifier and address only, and for 60 seconds', async () => {
    const { visitor } = await signUp(node.url, 'bound@example.org')
    const request = demo.authorize()
    const end = await visitor.get(request.url)
    const right = {
      grant_type: 'authorization_code',
      code: codeOf(end),
      redirect_uri: DEMO.redirectUri,
      code_verifier: request.verifier,
    }
    const { code_verifier: _, ...withoutVerifier } = right
    for (const wrong of [
      withoutVerifier,
      { ...right, code_verifier: 'x'.repeat(43) },
      { ...right, redirect_uri: 'http://localhost:3001/elsewhere' },
      { ...right, code: `${right.code}x` },
    ]) {
      expect(await demo.token(wrong)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    }
    const sibling = createRelyingParty(node.url, SIBLING)
    expect((await sibling.token(right)).body.error).toBe('invalid_grant')
    // None of those tries used it up.
    expect((await demo.token(right)).status).toBe(200)

    const late = demo.authorize()
    const code = codeOf(await visitor.get(late.url))
    await clock.later(61, async () => {
      const answer = await demo.token({ ...right, code, code_verifier: late.verifier })
      expect(answer.body.error).toBe('invalid_grant')
    })
  })

  it('can be read by a page of an origin that the client registered, and by no other', async () => {
    for (const origin of [SPA, 'https://evil.example', 'null']) {
      const response = await fetch(`${node.url}/token`, {
        method: 'POST',
        headers: { origin, authorization: `Basic ${btoa(`${SIBLING.id}:${SIBLING.secret}`)}` },
        body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x' }),
      })
      expect(response.status).toBe(400)
      expect(response.headers.get('access-control-allow-origin')).toBe(origin === SPA ? SPA : null)
      expect(response.headers.get('access-control-allow-credentials')).toBeNull()
    }
  })

  it('never lets its answers be kept', async () => {
    const { headers } = await robot().token({ grant_type: 'client_credentials' })
    expect(headers.get('cache-control')).toContain('no-store')
  })
})

describe('a proof of a key', () => {
  it('is used once for as long as it counts as fresh, also by a client whose clock is ahead', async () => {
    const { prove } = await createDpopClient()
    const ask = async (dpop: string) => {
      const response = await fetch(`${node.url}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${MACHINE.id}:${MACHINE.secret}`)}`, dpop },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      })
      return response.status
    }
    // The library takes what is 300 seconds old, or ahead.
    for (const [ahead, later] of [
      [0, 300],
      [290, 300],
      [290, 589],
    ] as const) {
      const at = Date.now() + ahead * 1000
      const proof = await prove({ method: 'POST', url: `${node.url}/token`, token: '', at })
      expect([ahead, await ask(proof)]).toEqual([ahead, 200])
      await clock.later(later, async () =>
        expect([ahead, later, await ask(proof)]).toEqual([ahead, later, 400]),
      )
    }
  })
})

describe('a client assertion', () => {
  const ask = async (claims: object) => {
    const assertion = await new SignJWT({
      iss: SIGNING.client_id,
      sub: SIGNING.client_id,
      aud: node.url,
      jti: crypto.randomUUID(),
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .sign(signingKey)
    const response = await fetch(`${node.url}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
      }),
    })
    return [response.status, ((await response.json()) as TokenAnswer).error]
  }

  it('that would be good for longer than anybody needs is refused', async () => {
    const now = Math.floor(Date.now() / 1000)
    expect(await ask({ exp: now + 3600 })).toEqual([200, undefined])
    for (const exp of [now + 2 * DAY, 8.7e12, 9e15, 1e17, 1e300]) {
      expect([exp, ...(await ask({ exp }))]).toEqual([exp, 401, 'invalid_client'])
    }
  })
})

describe('a refresh token', () => {
  it('is rotated; within 10 seconds the old one answers with the same successor, afterwards it ends the family', async () => {
    const tokens = await tokensOf(await signUp(node.url, 'grace@example.org'))
    const first = await refresh(tokens.refresh_token)
    await clock.later(9, async () => {
      const again = await refresh(tokens.refresh_token)
      expect([first.status, again.status]).toEqual([200, 200])
      expect(again.body.refresh_token).toBe(first.body.refresh_token)
    })
    await clock.later(11, async () => {
      expect((await refresh(tokens.refresh_token)).body.error).toBe('invalid_grant')
    })
    expect((await refresh(first.body.refresh_token)).body.error).toBe('invalid_grant')
    expect((await userinfo(first.body.access_token ?? '')).status).toBe(401)
    expect((await userinfo(tokens.access_token)).status).toBe(401)
    const ended = await auditOf(node, 'grant.ended')
    const grant = claimsOf(tokens.access_token)['latchkey_grant']
    expect(ended.filter(({ details }) => details['id'] === grant)).toHaveLength(1)
  })

  it('ends the family when it comes back after its successor was used, also within 10 seconds', async () => {
    const tokens = await tokensOf(await signUp(node.url, 'stolen@example.org'))
    const first = await refresh(tokens.refresh_token)
    const second = await refresh(first.body.refresh_token)
    expect(second.status).toBe(200)
    expect((await refresh(tokens.refresh_token)).body.error).toBe('invalid_grant')
    expect((await refresh(second.body.refresh_token)).body.error).toBe('invalid_grant')
  })

  it('is refused to another client, which cannot end the family with it', async () => {
    const tokens = await tokensOf(await signUp(node.url, 'sibling@example.org'))
    const sibling = createRelyingParty(node.url, SIBLING)
    const next = await refresh(tokens.refresh_token)
    await clock.later(11, async () => {
      for (const stolen of [tokens.refresh_token, next.body.refresh_token]) {
        const grant = { grant_type: 'refresh_token', refresh_token: stolen ?? '' }
        expect((await sibling.token(grant)).body.error).toBe('invalid_grant')
      }
    })
    expect((await refresh(next.body.refresh_token)).status).toBe(200)
  })

  it('gives no more than was given before', async () => {
    const { visitor } = await signUp(node.url, 'narrow@example.org')
    const tokens = await silently(visitor, { scope: 'openid' })
    const more = await demo.token({
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token ?? '',
      scope: 'openid email admin:write',
    })
    expect(more).toMatchObject({ status: 400, body: { error: 'invalid_scope' } })
    const elsewhere = await demo.token({
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token ?? '',
      resource: 'urn:latchkey:admin',
    })
    expect(elsewhere).toMatchObject({ status: 400, body: { error: 'invalid_target' } })
  })

  it('is not to be had for a made-up or altered value, however it looks', async () => {
    const { refresh_token: real = '' } = await tokensOf(await signUp(node.url, 'altered@example.org'))
    for (const value of ['x', `${real}x`, real.slice(1), real.toUpperCase(), '\0', 'a.b.c', '__proto__']) {
      expect((await refresh(value)).body.error).toBe('invalid_grant')
    }
    expect((await refresh(real)).status).toBe(200)
  })

  it('outlives the session that it came from, but not its own 30 days', async () => {
    const tokens = await tokensOf(await signUp(node.url, 'long@example.org'))
    await clock.later(20 * DAY, async () => {
      expect((await refresh(tokens.refresh_token)).status).toBe(200)
    })
    await clock.later(31 * DAY, async () => {
      expect((await refresh(tokens.refresh_token)).body.error).toBe('invalid_grant')
    })
  })
})

describe('a replayed code', () => {
  it('ends what came of it, and the record says so', async () => {
    const signedUp = await signUp(node.url, 'replay@example.org')
    const tokens = await tokensOf(signedUp)
    const again = await demo.token({
      grant_type: 'authorization_code',
      code: codeOf(signedUp.end),
      redirect_uri: DEMO.redirectUri,
      code_verifier: signedUp.request.verifier,
    })
    expect(again.body.error).toBe('invalid_grant')
    expect((await refresh(tokens.refresh_token)).body.error).toBe('invalid_grant')
    expect((await userinfo(tokens.access_token)).status).toBe(401)
    // The person is still signed in: the next code of this session is of a new grant, and works.
    const next = await silently(signedUp.visitor, {})
    expect((await userinfo(next.access_token)).status).toBe(200)
  })
})

describe('userinfo', () => {
  it('takes nothing but a live access token of ours', async () => {
    const tokens = await tokensOf(await signUp(node.url, 'bearer@example.org'))
    const [header = '', payload = '', signature = ''] = tokens.access_token.split('.')
    const head = JSON.parse(Buffer.from(header, 'base64url').toString())
    const claims = claimsOf(tokens.access_token)
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    const { keys } = (await (await fetch(`${node.url}/jwks`)).json()) as {
      keys: { kid: string; alg: string }[]
    }
    const rsa = await importJWK(keys.find(({ alg }) => alg === 'RS256') ?? {}, 'RS256', { extractable: true })
    if (rsa instanceof Uint8Array) throw new Error('An RSA key is no bytes.')
    const forged = {
      'an ID token': tokens.id_token,
      'a refresh token': tokens.refresh_token ?? '',
      'alg none': `${encode({ ...head, alg: 'none' })}.${payload}.`,
      'alg None with the signature': `${encode({ ...head, alg: 'None' })}.${payload}.${signature}`,
      'no signature': `${header}.${payload}.`,
      'other claims': `${header}.${encode({ ...claims, sub: 'acc_x', scope: 'openid email' })}.${signature}`,
      'another type': `${encode({ ...head, typ: 'JWT' })}.${payload}.${signature}`,
      'a key of the sender': await new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: head.kid, jwk: await exportJWK(publicKey) })
        .sign(privateKey),
      'our public key as a secret': await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: head.kid })
        .sign(new TextEncoder().encode(await exportSPKI(rsa))),
      nothing: '',
      NUL: '\0',
      'an object': '[object Object]',
      'a very long one': 'a.'.repeat(3000),
    }
    for (const [what, token] of Object.entries(forged)) {
      const response = await fetch(`${node.url}/userinfo`, {
        headers: { authorization: `Bearer ${encodeURI(token)}` },
      })
      expect([what, [400, 401].includes(response.status)]).toEqual([what, true])
    }
    expect((await userinfo(tokens.access_token)).status).toBe(200)
  })

  it('refuses a token after its 15 minutes', async () => {
    const tokens = await tokensOf(await signUp(node.url, 'old@example.org'))
    await clock.later(901, async () => {
      expect((await userinfo(tokens.access_token)).status).toBe(401)
    })
  })

  it('refuses a token that is bound to a key when it comes without the proof', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    const jwk = await exportJWK(publicKey)
    const signedUp = await signUp(node.url, 'dpop@example.org')
    const proof = (htm: string, path: string, extra = {}) =>
      new SignJWT({
        jti: crypto.randomUUID(),
        htm,
        htu: node.url + path,
        iat: Math.floor(Date.now() / 1000),
        ...extra,
      })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
        .sign(privateKey)
    const response = await fetch(`${node.url}/token`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa(`${DEMO.id}:${DEMO.secret}`)}`,
        dpop: await proof('POST', '/token'),
      },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: codeOf(signedUp.end),
        redirect_uri: DEMO.redirectUri,
        code_verifier: signedUp.request.verifier,
      }),
    })
    const { access_token: token, token_type: type } = (await response.json()) as Record<string, string>
    expect(type).toBe('DPoP')
    expect(claimsOf(token ?? '')['cnf']).toEqual({ jkt: expect.any(String) })
    expect((await userinfo(token ?? '')).status).toBe(401)
    const ath = Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))).toString(
      'base64url',
    )
    const withProof = await fetch(`${node.url}/userinfo`, {
      headers: { authorization: `DPoP ${token}`, dpop: await proof('GET', '/userinfo', { ath }) },
    })
    expect(withProof.status).toBe(200)
  })
})

describe('discovery', () => {
  it('announces what there is, and nothing that is refused', async () => {
    const response = await fetch(`${node.url}/.well-known/openid-configuration`)
    const document = (await response.json()) as Record<string, unknown>
    expect(document).toMatchObject({
      issuer: node.url,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      subject_types_supported: ['public'],
      request_uri_parameter_supported: false,
      claims_parameter_supported: true,
    })
    expect(new Set(document['grant_types_supported'] as string[])).toEqual(
      new Set(['authorization_code', 'refresh_token', 'client_credentials']),
    )
    // RFC 8414 §2: without them nobody knows with what a client may sign there.
    for (const endpoint of ['revocation', 'introspection']) {
      expect(document[`${endpoint}_endpoint_auth_signing_alg_values_supported`]).toEqual(
        document['token_endpoint_auth_signing_alg_values_supported'],
      )
    }
    for (const [name, value] of Object.entries(document)) {
      if (!name.endsWith('_endpoint') && name !== 'jwks_uri') continue
      expect([name, (await fetch(String(value), { method: 'OPTIONS' })).status < 500]).toEqual([name, true])
      expect([name, String(value).startsWith(`${node.url}/`)]).toEqual([name, true])
    }
  })

  it('publishes keys without a private part', async () => {
    const { keys } = (await (await fetch(`${node.url}/jwks`)).json()) as { keys: Record<string, unknown>[] }
    expect(keys.map(({ alg }) => alg).sort()).toEqual(['ES256', 'EdDSA', 'RS256'])
    for (const key of keys) {
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(key).not.toHaveProperty(secret)
    }
  })
})

describe('a pushed authorization request', () => {
  it('needs the client to prove itself, and works only for that client', async () => {
    const { searchParams } = new URL(demo.authorize().url)
    const push = (secret: string) =>
      fetch(`${node.url}/request`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${DEMO.id}:${secret}`)}` },
        body: searchParams,
      })
    expect((await push('wrong')).status).toBe(401)
    const pushed = await push(DEMO.secret)
    expect(pushed.status).toBe(201)
    const { request_uri: uri } = (await pushed.json()) as { request_uri: string }
    const open = (client: string) =>
      fetch(`${node.url}/auth?${new URLSearchParams({ client_id: client, request_uri: uri })}`, {
        redirect: 'manual',
      })
    expect((await open(SIBLING.id)).headers.get('location') ?? '').not.toContain('/interaction/')
    expect((await open(DEMO.id)).headers.get('location')).toContain('/interaction/')
  })
})

function robot(): RelyingParty {
  return createRelyingParty(node.url, MACHINE)
}

function refresh(token: string | undefined) {
  return demo.token({ grant_type: 'refresh_token', refresh_token: token ?? '' })
}

/** Tokens of a browser that is signed in already. */
async function silently(
  visitor: Awaited<ReturnType<typeof signUp>>['visitor'],
  parameters: Readonly<Record<string, string>>,
) {
  const request = demo.authorize({ prompt: 'none', ...parameters })
  return tokensOf({ rp: demo, request, end: await visitor.get(request.url) })
}

async function userinfo(token: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${node.url}/userinfo`, { headers: { authorization: `Bearer ${token}` } })
  return { status: response.status, body: await response.json() }
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
