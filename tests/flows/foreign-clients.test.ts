import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type CryptoKey, exportJWK, generateKeyPair } from 'jose'
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildAuthorizationUrlWithPAR,
  buildEndSessionUrl,
  type ClientAuth,
  ClientSecretBasic,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  fetchUserInfo,
  getDPoPHandle,
  None,
  PrivateKeyJwt,
  randomDPoPKeyPair,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  refreshTokenGrant,
  tokenIntrospection,
  tokenRevocation,
} from 'openid-client'
import {
  APPLICATIONS,
  type Application,
  answerAt,
  application,
  CASE_NOTES,
  formsAt,
  KIOSK,
  open,
  typeCredentials,
  VAULT,
} from '../support/applications.ts'
import { type AuthlibApplication, startAuthlib } from '../support/authlib/start.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { createVisitor, type Visitor } from '../support/form-visitor.ts'
import { type LogoutReceiver, startLogoutReceiver, verifyLogoutToken } from '../support/logout-receiver.ts'
import { signUp } from '../support/people.ts'
import { freePort } from '../support/ports.ts'
import { claimsOf } from '../support/relying-party.ts'

/** A registry that is asked for packages takes its time. */
const INSTALL_MS = 180_000
const EMAIL = 'urn:latchkey:acr:password-email'

let node: FastNode
let authlib: AuthlibApplication
let receiver: LogoutReceiver
let keyed: Application
/** Public, with tokens that are bound to a key of its own (RFC 9449 §5.2). */
let bound: Application
let privateKey: CryptoKey

beforeAll(async () => {
  const keys = await generateKeyPair('ES256')
  privateKey = keys.privateKey
  keyed = application('keyed', 'Keyed', 'https://keyed.example/callback', {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [await exportJWK(keys.publicKey)] },
    latchkey_first_party: true,
  })
  receiver = await startLogoutReceiver()
  bound = application('bound', 'Bound', 'https://bound.example/callback', {
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    dpop_bound_access_tokens: true,
    backchannel_logout_uri: receiver.urlOf('bound'),
    post_logout_redirect_uris: ['https://bound.example/'],
    latchkey_first_party: true,
  })
  const port = await freePort()
  const snake = application('snake', 'Snake', `http://localhost:${port}/callback`, {
    grant_types: ['authorization_code', 'refresh_token'],
  })
  const clients = [...APPLICATIONS.clients, keyed.registration, bound.registration, snake.registration]
  node = await startFastNode({}, { ...APPLICATIONS, clients })
  const parts = { issuer: node.url, clientId: snake.id, clientSecret: snake.secret, port }
  authlib = await startAuthlib(parts)
}, INSTALL_MS)

afterAll(async () => {
  await authlib?.stop()
  await node?.stop()
  await receiver?.stop()
})

type Parameters = Readonly<Record<string, string>>

function configure(app: Application, authentication: ClientAuth): Promise<Configuration> {
  return discovery(new URL(node.url), app.id, {}, authentication, { execute: [allowInsecureRequests] })
}

/** What openid-client asks for, and what it must find in the answer. */
async function prepare(app: Application, parameters: Parameters) {
  const checks = {
    pkceCodeVerifier: randomPKCECodeVerifier(),
    expectedState: randomState(),
    expectedNonce: randomNonce(),
    idTokenExpected: true,
    ...(parameters['max_age'] === undefined ? {} : { maxAge: Number(parameters['max_age']) }),
  }
  const request = {
    redirect_uri: app.redirectUri,
    scope: 'openid email',
    code_challenge: await calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...parameters,
  }
  return { checks, request }
}

/** Pushes the request, and leads a visitor to its first page or back. */
async function pushAndOpen(
  config: Configuration,
  app: Application,
  visitor: Visitor,
  parameters: Parameters,
) {
  const { checks, request } = await prepare(app, parameters)
  const url = await buildAuthorizationUrlWithPAR(config, request)
  expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri'])
  await open(node.url, url.href, visitor)
  return checks
}

describe('openid-client', () => {
  it('signs in through a pushed request with acr_values and max_age, refreshes, and signs out with a hint', async () => {
    const config = await configure(CASE_NOTES, ClientSecretBasic(CASE_NOTES.secret))
    await signUp(node.url, 'ann@example.org')
    const visitor = createVisitor(node.url)
    const wishes = { acr_values: EMAIL, max_age: '600', login_hint: 'ann@example.org' }
    const checks = await pushAndOpen(config, CASE_NOTES, visitor, wishes)
    expect(visitor.at.page.querySelector('#identifier')?.getAttribute('value')).toBe('ann@example.org')
    await typeCredentials(node.url, visitor, 'ann@example.org')
    await visitor.submit('consent', { decision: 'allow' })

    const tokens = await authorizationCodeGrant(config, new URL(visitor.at.url), checks)
    const claims = tokens.claims()
    expect(claims).toMatchObject({ iss: node.url, aud: CASE_NOTES.id, acr: EMAIL, email: 'ann@example.org' })
    const subject = claims?.sub ?? ''
    expect(await fetchUserInfo(config, tokens.access_token, subject)).toMatchObject({
      email: 'ann@example.org',
    })
    const refreshed = await refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(refreshed.refresh_token).not.toBe(tokens.refresh_token)

    for (const token of [refreshed.access_token, refreshed.refresh_token ?? '']) {
      expect(await tokenIntrospection(config, token)).toMatchObject({ active: true, sub: subject })
    }

    const end = buildEndSessionUrl(config, {
      id_token_hint: refreshed.id_token ?? '',
      post_logout_redirect_uri: 'https://casenotes.example/',
      state: 'bye',
    })
    await open(node.url, end.href, visitor)
    expect(visitor.at.url).toBe('https://casenotes.example/?state=bye')
    await expect(refreshTokenGrant(config, refreshed.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
  })

  it('is told in its own words that the person did not agree, or cannot do what is essential', async () => {
    const config = await configure(CASE_NOTES, ClientSecretBasic(CASE_NOTES.secret))
    const { visitor } = await signUp(node.url, 'ben@example.org')
    const denied = await pushAndOpen(config, CASE_NOTES, visitor, {})
    await visitor.submit('consent', { decision: 'deny' })
    await expect(authorizationCodeGrant(config, new URL(visitor.at.url), denied)).rejects.toMatchObject({
      error: 'access_denied',
    })

    const acr = { essential: true, values: ['urn:latchkey:acr:password-sms'] }
    const claims = JSON.stringify({ id_token: { acr } })
    const unmet = await pushAndOpen(config, CASE_NOTES, visitor, { claims })
    await expect(authorizationCodeGrant(config, new URL(visitor.at.url), unmet)).rejects.toMatchObject({
      error: 'unmet_authentication_requirements',
    })
  })

  it('signs in as a client that has a key, and as one that has nothing to prove', async () => {
    const { visitor } = await signUp(node.url, 'cleo@example.org')
    for (const [app, authentication] of [
      [keyed, PrivateKeyJwt(privateKey)],
      [KIOSK, None()],
    ] as const) {
      const config = await configure(app, authentication)
      const checks = await pushAndOpen(config, app, visitor, { prompt: 'none' })
      const tokens = await authorizationCodeGrant(config, new URL(visitor.at.url), checks)
      expect(tokens.claims()).toMatchObject({ aud: app.id, email: 'cleo@example.org' })
      await tokenRevocation(config, tokens.access_token)
      expect(await tokenIntrospection(config, tokens.access_token)).toEqual({ active: false })
    }
  })

  it('has tokens bound to its key, refreshes them with no other, and is told that the session ended', async () => {
    const config = await configure(bound, None())
    const { visitor } = await signUp(node.url, 'fay@example.org')
    const handle = async () => getDPoPHandle(config, await randomDPoPKeyPair())
    const [mine, others] = [await handle(), await handle()]
    const signIn = async (DPoP?: typeof mine) => {
      const checks = await pushAndOpen(config, bound, visitor, { prompt: 'none' })
      const options = DPoP && { DPoP }
      return authorizationCodeGrant(config, new URL(visitor.at.url), checks, undefined, options)
    }
    await expect(signIn()).rejects.toMatchObject({ status: 400 })
    const tokens = await signIn(mine)
    const jkt = await mine.calculateThumbprint()
    expect(tokens.token_type).toBe('dpop')
    expect(claimsOf(tokens.access_token)['cnf']).toEqual({ jkt })

    const refresh = (DPoP?: typeof mine) =>
      refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, DPoP && { DPoP })
    await expect(refresh()).rejects.toMatchObject({ status: 400 })
    await expect(refresh(others)).rejects.toMatchObject({ error: 'invalid_grant' })
    const refreshed = await refresh(mine)
    expect(claimsOf(refreshed.access_token)['cnf']).toEqual({ jkt })
    const { sub, sid } = claimsOf(refreshed.id_token ?? '')
    const userinfo = (DPoP?: typeof mine) =>
      fetchUserInfo(config, refreshed.access_token, String(sub), DPoP && { DPoP })
    expect(await userinfo(mine)).toMatchObject({ email: 'fay@example.org' })
    for (const key of [undefined, others]) await expect(userinfo(key)).rejects.toThrow()

    const end = buildEndSessionUrl(config, {
      id_token_hint: refreshed.id_token ?? '',
      post_logout_redirect_uri: 'https://bound.example/',
    })
    await open(node.url, end.href, visitor)
    const [token = ''] = await receiver.tokensAbout(bound.id, String(sid))
    // openid-client has nothing for it; what it knows of the issuer is enough for jose.
    const { issuer } = config.serverMetadata()
    const { payload } = await verifyLogoutToken(token, issuer, config.clientMetadata().client_id)
    expect(payload).toMatchObject({ sub, sid })
    await expect(
      refreshTokenGrant(config, refreshed.refresh_token ?? '', undefined, { DPoP: mine }),
    ).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it('is refused a code for a request that it must push', async () => {
    const app = VAULT
    const config = await configure(app, ClientSecretBasic(app.secret))
    const visitor = createVisitor(node.url)
    const { checks, request } = await prepare(app, {})
    await open(node.url, buildAuthorizationUrl(config, request).href, visitor)
    await expect(authorizationCodeGrant(config, new URL(visitor.at.url), checks)).rejects.toMatchObject({
      error: 'invalid_request',
    })
  })
})

describe('Authlib with Flask', () => {
  /** Its answer, and the cookie by which it knows the browser again. */
  async function askApplication(path: string, cookie = '') {
    const response = await fetch(authlib.url + path, { headers: { cookie }, redirect: 'manual' })
    return {
      response,
      location: response.headers.get('location') ?? '',
      cookie: response.headers
        .getSetCookie()
        .map((line) => line.split(';')[0])
        .join('; '),
    }
  }

  it('signs in, verifies the ID token, reads userinfo and refreshes', async () => {
    await signUp(node.url, 'dan@example.org')
    const visitor = createVisitor(node.url)
    const { location, cookie } = await askApplication('/sign-in?acr_values=urn:latchkey:acr:password')
    await open(node.url, location, visitor)
    await typeCredentials(node.url, visitor, 'dan@example.org')
    expect(formsAt(visitor)).toEqual(['consent'])
    await visitor.submit('consent', { decision: 'allow' })

    const back = new URL(visitor.at.url)
    const { response } = await askApplication(back.pathname + back.search, cookie)
    expect(response.status).toBe(200)
    const learned = (await response.json()) as Record<string, Record<string, unknown>>
    const known = { email: 'dan@example.org', email_verified: true, roles: ['user'], user_type: 'user' }
    expect(learned['claims']).toMatchObject({ ...known, iss: node.url, acr: EMAIL, amr: ['pwd', 'otp'] })
    expect(learned['userinfo']).toMatchObject(known)

    const body = new URLSearchParams({ refresh_token: String(learned['refresh_token']) })
    const refreshed = await fetch(`${authlib.url}/refresh`, { method: 'POST', body })
    const tokens = (await refreshed.json()) as Record<string, string>
    expect(tokens).toMatchObject({
      token_type: 'Bearer',
      access_token: expect.any(String),
      refresh_token: expect.not.stringMatching(String(learned['refresh_token'])),
    })

    const ended = await fetch(`${authlib.url}/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ token: tokens['access_token'] ?? '' }),
    })
    expect(await ended.json()).toMatchObject({
      before: { active: true, iss: node.url, user_type: 'user' },
      status: 200,
      after: { active: false },
    })
  })

  it('is told that the person did not agree', async () => {
    const { visitor } = await signUp(node.url, 'eva@example.org')
    const { location, cookie } = await askApplication('/sign-in')
    await open(node.url, location, visitor)
    await visitor.submit('consent', { decision: 'deny' })
    expect(answerAt(visitor).get('error')).toBe('access_denied')
    const back = new URL(visitor.at.url)
    const { response } = await askApplication(back.pathname + back.search, cookie)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: 'access_denied' })
  })
})
