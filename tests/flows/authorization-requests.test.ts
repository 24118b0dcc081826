import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createBalancedVisitor, type Reply } from '../support/balanced-visitor.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, GOOD_PASSWORD, signUp, tokensOf } from '../support/people.ts'
import { claimsOf, createRelyingParty, DEMO } from '../support/relying-party.ts'

/** Run by somebody else: it has only what a person agrees to. */
const THIRD_PARTY = {
  id: 'other',
  secret: 'secret-of-the-other-one',
  redirectUri: 'https://other.example/back',
}

let node: FastNode

beforeAll(async () => {
  const client = {
    client_id: THIRD_PARTY.id,
    client_secret: THIRD_PARTY.secret,
    redirect_uris: [THIRD_PARTY.redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
  }
  node = await startFastNode({}, { clients: [client] })
})

afterAll(() => node.stop())

describe('a request that cannot be trusted to lead back', () => {
  it.each([
    ['of an unknown client', { client_id: 'nobody' }],
    ['of a client with NUL in its name', { client_id: 'de\0mo' }],
    ['to another address', { redirect_uri: 'http://localhost:3001/elsewhere' }],
    [
      'to an address that begins like the registered one',
      { redirect_uri: `${DEMO.redirectUri}.evil.example` },
    ],
    ['to the registered address and more', { redirect_uri: `${DEMO.redirectUri}?more=1` }],
    [
      'to the registered address in capitals',
      { redirect_uri: DEMO.redirectUri.replace('callback', 'CALLBACK') },
    ],
    ['to the registered address written otherwise', { redirect_uri: 'http://localhost:3001/x/../callback' }],
    ['to a script', { redirect_uri: 'javascript:alert(1)' }],
    ['to another client’s address', { redirect_uri: THIRD_PARTY.redirectUri }],
  ])('%s ends at an error page of ours', async (_, parameters) => {
    for (const prompt of ['login', 'none']) {
      const reply = await ask({ ...parameters, prompt })
      expect(reply).toMatchObject({ status: 400, location: null })
      expect(reply.page.querySelector('h1')?.text).toContain('asked for something we cannot do')
      expect(reply.text).toContain(reply.headers.get('traceparent')?.split('-')[1])
      expect(reply.headers.get('content-security-policy')).toContain("default-src 'none'")
    }
  })

  it('is answered to a program as problem+json', async () => {
    const { url } = createRelyingParty(node.url).authorize({ client_id: 'nobody' })
    const response = await fetch(url, { headers: { accept: 'application/json' }, redirect: 'manual' })
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    const problem = await response.json()
    expect(problem).toMatchObject({
      status: 400,
      traceId: response.headers.get('traceparent')?.split('-')[1],
    })
  })

  it('shows nothing of what was asked for as markup', async () => {
    const reply = await ask({ client_id: '<script>alert(1)</script>', scope: '"><img src=x>' })
    expect(reply.status).toBe(400)
    expect(reply.text).not.toMatch(/<script|<img/)
  })
})

describe('a request that the application got wrong', () => {
  it.each([
    ['no PKCE', { code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
    ['plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['PKCE of another method', { code_challenge_method: 'S512' }, 'invalid_request'],
    ['an unknown resource', { resource: 'https://nobody.example' }, 'invalid_target'],
    ['a resource that is no address', { resource: 'x' }, 'invalid_target'],
    ['prompt=none and nobody signed in', { prompt: 'none' }, 'login_required'],
    ['prompt=none with another prompt', { prompt: 'none login' }, 'invalid_request'],
    ['an unknown prompt', { prompt: 'dance' }, 'invalid_request'],
    ['a negative max_age', { max_age: '-1' }, 'invalid_request'],
    ['a hint that is no ID token', { id_token_hint: 'x' }, 'invalid_request'],
    ['a request object', { request: 'eyJhbGciOiJub25lIn0.e30.' }, 'request_not_supported'],
    [
      'a request somewhere else',
      { request_uri: 'https://evil.example/request' },
      'request_uri_not_supported',
    ],
    ['the implicit flow', { response_type: 'token' }, 'unsupported_response_type'],
    ['the hybrid flow', { response_type: 'code id_token' }, 'unsupported_response_type'],
    ['no such response mode', { response_mode: 'pigeon' }, 'unsupported_response_mode'],
  ])('goes back to it with an error: %s', async (_, parameters, error) => {
    const { location, status } = await ask(parameters)
    expect(status).toBe(303)
    const back = new URL(location ?? '')
    expect(`${back.origin}${back.pathname}`).toBe(DEMO.redirectUri)
    const answer = new URLSearchParams(back.search || back.hash.slice(1))
    expect(answer.get('error')).toBe(error)
    expect(answer.get('iss')).toBe(node.url)
    expect(answer.get('state')).toBeTruthy()
    expect(answer.has('code')).toBe(false)
  })

  it('goes back to it with an error when a parameter stands twice', async () => {
    const { url } = createRelyingParty(node.url).authorize()
    const { location } = await createBalancedVisitor(node.url).get(`${url}&scope=openid`)
    expect(new URL(location ?? '').searchParams.get('error')).toBe('invalid_request')
  })
})

describe('an answer that the browser posts to the application', () => {
  it('says nothing as markup, is kept nowhere and frees one script', async () => {
    const { visitor } = await signUp(node.url, 'post@example.org')
    const state = '"><script>alert(1)</script>'
    const { url } = createRelyingParty(node.url).authorize({
      response_mode: 'form_post',
      state,
      prompt: 'none',
    })
    const { headers, page, status, text } = await visitor.get(url)
    expect(status).toBe(200)
    expect(page.querySelector('input[name="state"]')?.getAttribute('value')).toBe(state)
    expect(text).not.toContain(state)
    expect(page.querySelector('form')?.getAttribute('action')).toBe(DEMO.redirectUri)
    expect(headers['cache-control']).toContain('no-store')
    expect(headers['content-security-policy']).toMatch(/script-src 'sha256-[^']+'(;|$)/)
  })
})

describe('a posted request', () => {
  it('goes on as the request that it stands for', async () => {
    const visitor = createBalancedVisitor(node.url)
    const { searchParams } = new URL(createRelyingParty(node.url).authorize().url)
    const reply = await visitor.post({ action: `${node.url}/auth`, fields: Object.fromEntries(searchParams) })
    expect(reply.status).toBe(303)
    expect((await visitor.follow(reply)).page.querySelector('form[id="sign-in"]')).not.toBeNull()
  })

  it('of another type than a form is malformed', async () => {
    const response = await fetch(`${node.url}/auth`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/html' },
      body: '{"client_id":"demo"}',
    })
    expect(response.status).toBe(400)
  })
})

describe('what a page repeats of a request', () => {
  it('is never markup', async () => {
    const visitor = createBalancedVisitor(node.url)
    const hint = '"><script>alert(1)</script>@example.org'
    const page = await visitor.open(createRelyingParty(node.url).authorize({ login_hint: hint }).url)
    expect(page.page.querySelector('input[name="identifier"]')?.getAttribute('value')).toBe(hint)
    expect(page.text).not.toContain('<script')
  })
})

describe('an application of the same organisation', () => {
  it('that asks for consent gets it asked, although nobody would have to be', async () => {
    await signUp(node.url, 'consent@example.org')
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(createRelyingParty(node.url).authorize({ prompt: 'consent' }).url)
    await visitor.submit('sign-in', { identifier: 'consent@example.org', password: GOOD_PASSWORD })
    await visitor.submit('code', { code: await codeFor(node.url, 'consent@example.org', 2) })
    const end = await visitor.submit('consent', { decision: 'allow' })
    expect(end.location).toContain(`${DEMO.redirectUri}?code=`)
  })

  it('that asks for offline access gets the person without a further page', async () => {
    const { visitor } = await signUp(node.url, 'offline@example.org')
    const { url } = createRelyingParty(node.url).authorize({ scope: 'openid offline_access' })
    expect((await visitor.get(url)).url).toContain(`${DEMO.redirectUri}?code=`)
  })

  it('that asks for a new sign-in gets one, and then the person', async () => {
    const { visitor } = await signUp(node.url, 'again@example.org')
    const { url } = createRelyingParty(node.url).authorize({ prompt: 'login' })
    const page = await visitor.follow(await visitor.get(url))
    expect(page.page.querySelector('form[id="sign-in"]')).not.toBeNull()
    await visitor.submit('sign-in', { identifier: 'again@example.org', password: GOOD_PASSWORD })
    const end = await visitor.submit('code', { code: await codeFor(node.url, 'again@example.org', 2) })
    expect(end.url).toContain(`${DEMO.redirectUri}?code=`)
  })

  it('that asks for a fresh sign-in, or for somebody else, silently gets nobody', async () => {
    const { id_token: hint } = await tokensOf(await signUp(node.url, 'elsewhere@example.org'))
    const { visitor } = await signUp(node.url, 'here@example.org')
    for (const parameters of [{ max_age: '0' }, { id_token_hint: hint }]) {
      const { url } = createRelyingParty(node.url).authorize({ prompt: 'none', ...parameters })
      expect(new URL((await visitor.get(url)).url).searchParams.get('error')).toBe('login_required')
    }
  })
})

describe('an application of somebody else', () => {
  it('gets no code before the person has agreed', async () => {
    const { visitor } = await signUp(node.url, 'shy@example.org')
    const rp = createRelyingParty(node.url, THIRD_PARTY)
    const silent = await visitor.get(rp.authorize({ prompt: 'none' }).url)
    expect(new URL(silent.url).searchParams.get('error')).toBe('consent_required')
    const shown = await visitor.follow(await visitor.get(rp.authorize().url))
    expect(shown.status).toBe(200)
    expect(shown.url.startsWith(`${node.url}/interaction/`)).toBe(true)
  })
})

describe('two tabs of one browser', () => {
  it('both end at the application, each with its own code', async () => {
    await signUp(node.url, 'tabs@example.org')
    const visitor = createBalancedVisitor(node.url)
    const pages = []
    for (const state of ['one', 'two']) {
      await visitor.open(createRelyingParty(node.url).authorize({ state }).url)
      pages.push({
        state,
        form: visitor.fill('sign-in', { identifier: 'tabs@example.org', password: GOOD_PASSWORD }),
      })
    }
    const ends: (string | null)[] = []
    for (const [index, { form }] of pages.entries()) {
      await visitor.follow(await visitor.post(form))
      const code = await codeFor(node.url, 'tabs@example.org', 2 + index)
      ends.push((await visitor.submit('code', { code })).location)
    }
    expect(ends.map((end) => new URL(end ?? '').searchParams.get('state'))).toEqual(['one', 'two'])
    expect(ends.every((end) => end?.includes('code='))).toBe(true)
  })

  it('with two people give each application its own, and the second one stays', async () => {
    const people = ['her@example.org', 'him@example.org']
    for (const identifier of people) await signUp(node.url, identifier)
    const visitor = createBalancedVisitor(node.url)
    const rp = createRelyingParty(node.url)
    const tabs = []
    for (const identifier of people) {
      const request = rp.authorize()
      await visitor.open(request.url)
      tabs.push({
        identifier,
        request,
        form: visitor.fill('sign-in', { identifier, password: GOOD_PASSWORD }),
      })
    }
    for (const { identifier, request, form } of tabs) {
      await visitor.follow(await visitor.post(form))
      const end = await visitor.submit('code', { code: await codeFor(node.url, identifier, 2) })
      expect(await emailAt(end.location === null ? await postByItself(visitor, end) : end, request)).toBe(
        identifier,
      )
    }
    const silent = rp.authorize({ prompt: 'none' })
    expect(await emailAt(await visitor.get(silent.url), silent)).toBe('him@example.org')
  })
})

/** The address in the ID token that the application gets. */
async function emailAt(reply: Reply, request: { verifier: string }): Promise<unknown> {
  const end = { ...reply, url: reply.location ?? reply.url }
  const tokens = await tokensOf({ rp: createRelyingParty(node.url), request, end })
  return claimsOf(tokens.id_token)['email']
}

function ask(parameters: Readonly<Record<string, string>>): Promise<Reply> {
  const { url } = createRelyingParty(node.url).authorize(parameters)
  // An empty value stands for a parameter that is left out.
  const address = new URL(url)
  for (const [name, value] of Object.entries(parameters)) if (value === '') address.searchParams.delete(name)
  return createBalancedVisitor(node.url).get(address.href)
}

/** A page whose script posts its only form: the sign-out of the person who was here before. */
async function postByItself(visitor: ReturnType<typeof createBalancedVisitor>, { page, text, url }: Reply) {
  const form = page.querySelector('form')
  if (!form) throw new Error(`No form on ${url}: ${text.slice(0, 300)}`)
  const fields = form
    .querySelectorAll('input[name]')
    .map((input) => [input.getAttribute('name') ?? '', input.getAttribute('value') ?? ''])
  const action = new URL(form.getAttribute('action') ?? '', url).href
  return visitor.follow(await visitor.post({ action, fields: Object.fromEntries(fields) }))
}
