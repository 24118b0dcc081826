import type { webcrypto } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { auditOf } from '../support/audit-records.ts'
import type { BalancedVisitor, Reply } from '../support/balanced-visitor.ts'
import { GOOD_PASSWORD } from '../support/people.ts'
import { claimsOf, createRelyingParty, DEMO, type TokenAnswer } from '../support/relying-party.ts'
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.ts'

/** Proves itself with a key. */
const KEYED = 'keyed-machine'

let nodes: TwoNodes
let clientKey: webcrypto.CryptoKey

beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  clientKey = privateKey
  const client = {
    client_id: KEYED,
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] },
  }
  nodes = await startTwoNodes({ clients: [client] })
})

afterAll(() => nodes.stop())

describe('two processes on one database', () => {
  it('evaluate at most 5 of 100 guesses at one code, sent all at once', async () => {
    await signUp('guess@example.org')
    const { visitor } = await askForCode('guess@example.org')
    const right = await nodes.codeFor('guess@example.org', 2)
    const guesses = Array.from({ length: 100 }, (_, index) => String(100_000 + index * 8999).slice(0, 6))
    const replies = await Promise.all(
      guesses.filter((guess) => guess !== right).map((code) => visitor.post(visitor.fill('code', { code }))),
    )

    const wrong = (await auditOf(nodes.first, 'code.wrong')).length
    expect(wrong).toBeGreaterThan(0)
    expect(wrong).toBeLessThanOrEqual(5)
    const told = replies.filter(({ status }) => status === 422)
    expect(new Set(told.map(triesLeft)).size).toBe(told.length)
    expect(told.length).toBeLessThanOrEqual(4)
    expect(countStatuses(replies)).toEqual({ 422: told.length, 429: replies.length - told.length })

    // The chain is used up: the right code is no use any more, a right password begins a new one.
    expect((await visitor.post(visitor.fill('code', { code: right }))).status).toBe(429)
  })

  it('redeem an authorization code once of 8 times, and then its grant is dead', async () => {
    const { end, request } = await signUp('redeem@example.org')
    const answers = await eightTimes((node) =>
      createRelyingParty(node).token({
        grant_type: 'authorization_code',
        code: codeAt(end),
        redirect_uri: DEMO.redirectUri,
        code_verifier: request.verifier,
      }),
    )
    const won = answers.filter(({ status }) => status === 200)
    const lost = answers.filter(({ status }) => status !== 200)
    expect(won).toHaveLength(1)
    expect(lost.map(({ status, body }) => [status, body.error])).toEqual(
      Array(7).fill([400, 'invalid_grant']),
    )
    const [winner] = won
    for (const node of nodes.urls) {
      expect(await refresh(node, winner?.body.refresh_token)).toMatchObject({
        status: 400,
        body: { error: 'invalid_grant' },
      })
      expect(await userinfoStatus(node, winner?.body.access_token)).toBe(401)
    }
  })

  it('answer 8 refreshes at once with one successor, and reuse after it is used ends the family', async () => {
    const tokens = await tokensOf(await signUp('refresh@example.org'))
    const before = (await rotations(tokens)).length
    const answers = await eightTimes((node) => refresh(node, tokens.refresh_token))
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
    const successors = new Set(answers.map(({ body }) => body.refresh_token))
    expect(successors.size).toBe(1)
    const [successor] = successors
    expect(successor).not.toBe(tokens.refresh_token)
    expect((await rotations(tokens)).length - before).toBe(1)
    expect(await userinfoStatus(nodes.urls[0], answers[0]?.body.access_token)).toBe(200)

    const next = await refresh(nodes.urls[0], successor)
    expect(next.status).toBe(200)
    expect((await refresh(nodes.urls[1], tokens.refresh_token)).body.error).toBe('invalid_grant')
    expect((await refresh(nodes.urls[0], next.body.refresh_token)).body.error).toBe('invalid_grant')
    expect(await userinfoStatus(nodes.urls[1], next.body.access_token)).toBe(401)
  })

  it('make one account of 20 sign-ups with one address', async () => {
    const address = 'twenty@example.org'
    const waiting: { visitor: BalancedVisitor; code: string }[] = []
    for (let index = 1; index <= 20; index++) {
      const { visitor } = await beginSignUp(address)
      waiting.push({ visitor, code: await nodes.codeFor(address, index) })
    }
    const replies = await Promise.all(
      waiting.map(({ visitor, code }) => visitor.post(visitor.fill('code', { code }))),
    )
    const completed = await auditOf(nodes.first, 'sign-up.completed')
    const mine = completed.filter(({ subjectId }) => subjectId !== null && !accounts.has(subjectId))
    expect(mine).toHaveLength(1)
    expect(replies.filter(({ status }) => status === 303)).toHaveLength(1)
    expect(replies.filter(({ status }) => ![303, 422, 429].includes(status))).toEqual([])
  })

  it('spend a client assertion once of 8 times', async () => {
    const assertion = await new SignJWT({ jti: 'one-assertion', sub: KEYED })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer(KEYED)
      .setAudience(nodes.issuer)
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(clientKey)
    const statuses = await eightTimes(async (node) => {
      const body = new URLSearchParams({
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
      })
      return (await fetch(`${node}/token`, { method: 'POST', body })).status
    })
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(statuses.filter((status) => ![200, 400, 401].includes(status))).toEqual([])
  })

  it('spend a DPoP proof once of 8 times', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    const proof = await new SignJWT({
      jti: 'one-proof',
      htm: 'POST',
      htu: `${nodes.issuer}/token`,
      iat: Math.floor(Date.now() / 1000),
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(publicKey) })
      .sign(privateKey)
    const answers = await eightTimes(async (node) => {
      const response = await fetch(`${node}/token`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${btoa('demo-machine:demo-machine-secret-for-development-only')}`,
          dpop: proof,
        },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      })
      return { status: response.status, body: (await response.json()) as TokenAnswer }
    })
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status !== 200 && status !== 400 && status !== 401)).toEqual([])
  })
})

describe('a refresh that races a sign-out', () => {
  it('leaves nothing alive, whoever is faster', async () => {
    const signedUp = await signUp('race-out@example.org')
    for (let round = 0; round < 6; round++) {
      const signedIn = round === 0 ? signedUp : await signIn('race-out@example.org', round)
      const tokens = await tokensOf(signedIn)
      await signedIn.visitor.open(`${nodes.issuer}/session/end`)
      const form = signedIn.visitor.fill('sign-out', { decision: 'sign-out' })
      const [refreshed] = await Promise.all([
        refresh(nodes.urls[0], tokens.refresh_token),
        signedIn.visitor.post(form, nodes.urls[1]),
      ])
      for (const token of [tokens.refresh_token, refreshed.body.refresh_token]) {
        expect((await refresh(nodes.urls[round % 2 === 0 ? 0 : 1], token)).status).toBe(400)
      }
      for (const token of [tokens.access_token, refreshed.body.access_token]) {
        expect(await userinfoStatus(nodes.urls[0], token)).toBe(401)
      }
    }
  })
})

describe('the same form posted twice at once', () => {
  it('sends one code for a right password, and both posts lead to the page that asks for it', async () => {
    const people = ['ann', 'ben', 'cid', 'dan', 'eve', 'fay'].map((name) => `${name}-twice@example.org`)
    for (const identifier of people) await signUp(identifier)
    const pages = await postTwice(people, {}, 'sign-in', (identifier) => ({
      identifier,
      password: GOOD_PASSWORD,
    }))
    for (const { visitor, to, seen, codePage } of pages) {
      expect(seen).toEqual(Array(2).fill([303, 'asks for the code']))
      await visitor.open(codePage)
      expect(await codesTo(to)).toHaveLength(2)
      expect(codeAt(await visitor.submit('code', { code: await nodes.codeFor(to, 2) }))).toBeTruthy()
    }
  })

  it('sends one code for a sign-up, and both posts lead to the page that asks for it', async () => {
    const people = ['gus', 'hal', 'ida', 'jim', 'kim', 'leo'].map((name) => `${name}-twice@example.org`)
    const pages = await postTwice(people, { prompt: 'create' }, 'sign-up', (email) => ({
      email,
      password: GOOD_PASSWORD,
    }))
    for (const { visitor, to, seen, codePage } of pages) {
      expect(seen).toEqual(Array(2).fill([303, 'asks for the code']))
      await visitor.open(codePage)
      expect(await codesTo(to)).toHaveLength(1)
      expect(codeAt(await visitor.submit('code', { code: await nodes.codeFor(to) }))).toBeTruthy()
    }
  })

  it('signs in once with a right code, and the other post goes the same or another clear way', async () => {
    await signUp('double@example.org')
    const { visitor } = await askForCode('double@example.org')
    const form = visitor.fill('code', { code: await nodes.codeFor('double@example.org', 2) })
    const replies = await Promise.all(nodes.urls.map((node) => visitor.post(form, node)))
    expect(replies.filter(({ status }) => status !== 303 && status !== 422)).toEqual([])
    const onward = replies.filter(({ location }) => location?.includes('/auth/'))
    expect(onward.length).toBeGreaterThanOrEqual(1)
    const [first] = onward
    if (!first) return
    expect(codeAt(await visitor.follow(first))).toBeTruthy()
  })

  it('still leads a person to the application when the browser shows the answer to the second post', async () => {
    await signUp('second@example.org')
    const { visitor } = await askForCode('second@example.org')
    const form = visitor.fill('code', { code: await nodes.codeFor('second@example.org', 2) })
    await visitor.post(form)
    const second = await visitor.post(form)
    expect(codeAt(await visitor.follow(second))).toBeTruthy()
  })
})

/** Accounts that tests of this file made on purpose. */
const accounts = new Set<string>()

async function beginSignUp(email: string) {
  const visitor = nodes.visitor()
  const request = createRelyingParty(nodes.issuer).authorize({ prompt: 'create' })
  await visitor.open(request.url)
  await visitor.submit('choose-type', { userType: 'user' })
  await visitor.submit('sign-up', { email, password: GOOD_PASSWORD })
  return { visitor, request }
}

async function signUp(email: string) {
  const { visitor, request } = await beginSignUp(email)
  const end = await visitor.submit('code', { code: await nodes.codeFor(email) })
  for (const { subjectId } of await auditOf(nodes.first, 'sign-up.completed')) {
    if (subjectId !== null) accounts.add(subjectId)
  }
  return { visitor, request, end }
}

/** As far as the page that asks for the code. */
async function askForCode(identifier: string) {
  const visitor = nodes.visitor()
  const request = createRelyingParty(nodes.issuer).authorize()
  await visitor.open(request.url)
  await visitor.submit('sign-in', { identifier, password: GOOD_PASSWORD })
  return { visitor, request }
}

/** Each person posts their form twice at once, some to one node and some to both; then all messages are out. */
async function postTwice(
  people: readonly string[],
  parameters: Readonly<Record<string, string>>,
  form: string,
  fieldsOf: (to: string) => Readonly<Record<string, string>>,
) {
  const pages = []
  for (const [index, to] of people.entries()) {
    const visitor = nodes.visitor()
    await visitor.open(createRelyingParty(nodes.issuer).authorize(parameters).url)
    if (form === 'sign-up') await visitor.submit('choose-type', { userType: 'user' })
    const filled = visitor.fill(form, fieldsOf(to))
    const [one, other] = nodes.urls
    const seen = await Promise.all(
      [one, index % 2 === 0 ? one : other].map(async (node) => {
        const { location, status } = await visitor.post(filled, node)
        const shown = location === null ? null : await visitor.get(location, node)
        return [status, shown?.page.querySelector('form[id="code"]') ? 'asks for the code' : shown?.url]
      }),
    )
    pages.push({ visitor, to, seen, codePage: `${filled.action.split('?')[0]}/code` })
  }
  // Long enough for either process to look at the queue again.
  await new Promise((resolve) => setTimeout(resolve, 1200))
  return pages
}

/** A sign-in of somebody to whom so many codes went before. */
async function signIn(identifier: string, codesBefore: number) {
  const { visitor, request } = await askForCode(identifier)
  const end = await visitor.submit('code', { code: await nodes.codeFor(identifier, codesBefore + 1) })
  return { visitor, request, end }
}

async function codesTo(to: string): Promise<string[]> {
  return (await nodes.messagesTo(to)).flatMap(({ code }) => (code === null ? [] : [code]))
}

async function tokensOf({
  end,
  request,
}: {
  end: Reply
  request: { verifier: string }
}): Promise<TokenAnswer> {
  const { body } = await createRelyingParty(nodes.issuer).token({
    grant_type: 'authorization_code',
    code: codeAt(end),
    redirect_uri: DEMO.redirectUri,
    code_verifier: request.verifier,
  })
  return body
}

/** The authorization code with which a visitor came back to the application. */
function codeAt({ location, status, text }: Reply): string {
  const code = location === null ? null : new URL(location).searchParams.get('code')
  if (code === null)
    throw new Error(`Not back at the application: ${status} ${location} ${text.slice(0, 300)}`)
  return code
}

function refresh(node: string, token: string | undefined) {
  return createRelyingParty(node).token({ grant_type: 'refresh_token', refresh_token: token ?? '' })
}

async function userinfoStatus(node: string, token: string | undefined): Promise<number> {
  return (await fetch(`${node}/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status
}

/** Records of rotations of this person's refresh tokens, without those of retries. */
async function rotations({ access_token: token }: TokenAnswer) {
  const { sub } = claimsOf(token ?? '')
  const records = await auditOf(nodes.first, 'token.refreshed')
  return records.filter(({ subjectId, details }) => subjectId === sub && details['repeated'] !== true)
}

/** Four times on each node, all at once. */
function eightTimes<T>(call: (node: string) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: 8 }, (_, index) => call(nodes.urls[index % 2 === 0 ? 0 : 1])))
}

function triesLeft({ text }: Reply): string | undefined {
  return text.match(/(\d) (?:try|tries) left/)?.[1]
}

function countStatuses(replies: readonly Reply[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1
  return counts
}
