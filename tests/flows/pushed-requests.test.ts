import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import {
  APPLICATIONS,
  type Application,
  answerAt,
  authorizationOf,
  CASE_NOTES,
  formsAt,
  KIOSK,
  open,
  redeem,
  VAULT,
} from '../support/applications.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { createVisitor, type Visitor } from '../support/form-visitor.ts'
import { signUp } from '../support/people.ts'
import { claimsOf, createRelyingParty } from '../support/relying-party.ts'

let node: FastNode
/** Somebody who is signed in. */
let visitor: Visitor
let aheadSeconds = 0

beforeAll(async () => {
  const clock = { now: () => new Date(Date.now() + aheadSeconds * 1000) }
  node = await startFastNode({ clock }, APPLICATIONS)
  visitor = (await signUp(node.url, 'ann@example.org')).visitor
})

afterEach(() => {
  aheadSeconds = 0
})

afterAll(() => node.stop())

type Parameters = Readonly<Record<string, string>>

/** Pushes an authorization request. */
async function push(app: Application, parameters: Parameters = {}, proof = authorizationOf(app)) {
  const { url, verifier, state } = createRelyingParty(node.url, app).authorize(parameters)
  const body = new URL(url).searchParams
  const response = await fetch(`${node.url}/request`, { method: 'POST', headers: proof, body })
  const answer = (await response.json()) as Readonly<Record<string, unknown>>
  return { status: response.status, body: answer, uri: String(answer['request_uri']), verifier, state }
}

function addressOf(app: Application, uri: string, more: Parameters = {}): string {
  return `${node.url}/auth?${new URLSearchParams({ client_id: app.id, request_uri: uri, ...more })}`
}

describe('a pushed request', () => {
  it.each([
    ['confidential', VAULT],
    ['public', KIOSK],
  ])('of a %s client is answered with an address for 60 s, which leads to a code', async (_, app) => {
    const { status, body, uri, verifier, state } = await push(app)
    expect({ status, body }).toMatchObject({ status: 201, body: { expires_in: 60 } })
    expect(uri).toMatch(/^urn:ietf:params:oauth:request_uri:[\w-]{40,}$/)
    await open(node.url, addressOf(app, uri), visitor)
    expect(answerAt(visitor).get('state')).toBe(state)
    expect(claimsOf((await redeem(node.url, app, visitor, verifier)).id_token)['aud']).toBe(app.id)
  })

  it('is used once', async () => {
    const { uri } = await push(VAULT)
    await open(node.url, addressOf(VAULT, uri), visitor)
    expect(answerAt(visitor).has('code')).toBe(true)
    await open(node.url, addressOf(VAULT, uri), visitor)
    expect(Object.fromEntries(answerAt(visitor))).toMatchObject({ error: 'invalid_request_uri' })
  })

  it('is used once, however many use it at the same time', async () => {
    const { uri } = await push(VAULT)
    const cookies = await cookiesOf(visitor)
    const ends = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const answer = await fetch(addressOf(VAULT, uri), { headers: cookies, redirect: 'manual' })
        return { status: answer.status, to: new URL(answer.headers.get('location') ?? 'x:').searchParams }
      }),
    )
    expect(ends.filter(({ to }) => to.has('code'))).toHaveLength(1)
    expect(ends.filter(({ to }) => to.get('error') === 'invalid_request_uri')).toHaveLength(7)
    expect(ends.every(({ status }) => status === 303)).toBe(true)
  })

  it('may be opened again while nobody has signed in, and outlives its minute once a person is at it', async () => {
    const { uri } = await push(CASE_NOTES)
    await open(node.url, addressOf(CASE_NOTES, uri), createVisitor(node.url))
    const { visitor: late } = await signUp(node.url, 'late@example.org')
    await open(node.url, addressOf(CASE_NOTES, uri), late)
    expect(formsAt(late)).toEqual(['consent'])
    aheadSeconds = 61
    await late.submit('consent', { decision: 'allow' })
    expect(answerAt(late).has('code')).toBe(true)
    await open(node.url, addressOf(CASE_NOTES, uri), late)
    expect(answerAt(late).get('error')).toBe('invalid_request_uri')
  })

  it('is dead after 60 s', async () => {
    const { uri } = await push(VAULT)
    aheadSeconds = 61
    await open(node.url, addressOf(VAULT, uri), visitor)
    expect(answerAt(visitor).get('error')).toBe('invalid_request_uri')
  })

  it('is what counts, whatever else stands in the address', async () => {
    const { uri, state } = await push(VAULT)
    const more = { state: 'another', scope: 'openid admin:write', redirect_uri: 'https://evil.example/' }
    await open(node.url, addressOf(VAULT, uri, more), visitor)
    expect(visitor.at.url.startsWith(VAULT.redirectUri)).toBe(true)
    expect(answerAt(visitor).get('state')).toBe(state)
  })

  it('is of no use to another client', async () => {
    const { uri } = await push(VAULT)
    await open(node.url, addressOf(KIOSK, uri), visitor)
    expect(answerAt(visitor).has('code')).toBe(false)
    expect(visitor.at.url.startsWith(VAULT.redirectUri)).toBe(false)
  })

  it.each([
    [
      'of a client that does not prove itself',
      VAULT,
      {},
      authorizationOf({ ...VAULT, secret: 'made-up' }),
      401,
      'invalid_client',
    ],
    ['with no proof at all', VAULT, {}, {}, 401, 'invalid_client'],
    [
      'to another address',
      KIOSK,
      { redirect_uri: 'https://evil.example/' },
      undefined,
      400,
      'invalid_request',
    ],
    ['without PKCE', VAULT, { code_challenge: '' }, undefined, 400, 'invalid_request'],
    [
      'with a prompt that is not there',
      VAULT,
      { prompt: 'select_account' },
      undefined,
      400,
      'invalid_request',
    ],
    [
      'with claims that are none',
      VAULT,
      { claims: '{"userinfo":{"email":1}}' },
      undefined,
      400,
      'invalid_request',
    ],
    ['for an unknown API', VAULT, { resource: 'https://nobody.example' }, undefined, 400, 'invalid_target'],
    ['with a request in it', VAULT, { request_uri: 'urn:x' }, undefined, 400, 'request_uri_not_supported'],
  ] as const)('is refused at once: %s', async (_, app, parameters, proof, status, error) => {
    const answer = await push(app, parameters, proof)
    expect(answer).toMatchObject({ status, body: { error } })
  })
})

describe('a client that takes pushed requests only', () => {
  it('is not served without', async () => {
    await open(node.url, createRelyingParty(node.url, VAULT).authorize().url, visitor)
    expect(Object.fromEntries(answerAt(visitor))).toMatchObject({
      error: 'invalid_request',
      error_description: 'Pushed Authorization Request must be used',
    })
  })

  it.each(['urn:ietf:params:oauth:request_uri:made-up', 'https://vault.example/request', 'x'])(
    'is not served with %s',
    async (uri) => {
      await open(node.url, addressOf(VAULT, uri), visitor)
      expect(answerAt(visitor).get('error')).toMatch(/^(invalid_request_uri|request_uri_not_supported)$/)
    },
  )
})

/** The header with which this visitor's browser says who it is. */
async function cookiesOf(someone: Visitor): Promise<{ cookie: string }> {
  const answer = await someone.get(createRelyingParty(node.url, KIOSK).authorize({ prompt: 'none' }).url)
  const lines = [answer.headers['set-cookie'] ?? []].flat()
  return { cookie: lines.map((line) => line.split(';')[0]).join('; ') }
}
