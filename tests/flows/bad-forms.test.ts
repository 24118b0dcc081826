import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type BalancedVisitor, createBalancedVisitor } from '../support/balanced-visitor.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, GOOD_PASSWORD, signUp } from '../support/people.ts'
import { inChunks, type RawAnswer, type RawRequest, rawRequest } from '../support/raw-request.ts'
import { createRelyingParty } from '../support/relying-party.ts'
import { createCookieJar } from '../support/roaming-visitor.ts'

let node: FastNode
/** Stands at the page that asks for identifier and password. */
let visitor: BalancedVisitor

beforeAll(async () => {
  node = await startFastNode()
  visitor = createBalancedVisitor(node.url)
  await visitor.open(createRelyingParty(node.url).authorize().url)
})

afterAll(() => node.stop())

describe('a form that no page of ours makes', () => {
  it.each([
    ['a list in the place of a text', 'identifier[]=x&password=y'],
    ['an operator in the place of a text', 'identifier=x&password[$ne]='],
    ['an input that stands twice', 'identifier=x&identifier=y&password=z'],
    ['an input that the form has not', 'identifier=x&password=y&isAdmin=1'],
    ['__proto__ as an input', 'identifier=x&password=y&__proto__=z'],
    ['something inside __proto__', 'identifier=x&password=y&__proto__[admin]=1'],
    ['constructor as an input', 'identifier=x&password=y&constructor=z'],
    ['a value that nobody types', `identifier=${'x'.repeat(1025)}&password=y`],
    ['more inputs than any form has', Array.from({ length: 500 }, (_, index) => `a${index}=1`).join('&')],
  ])('is malformed, with %s', async (_, inputs) => {
    const answer = await postForm(`csrf=${csrf()}&${inputs}`)
    expect(pageOf(answer)).toEqual({ status: 400, heading: 'We could not read that', traced: true })
  })

  it.each([
    ['JSON', 'application/json', '{"identifier":{"$ne":""},"password":{"a":[1]}}'],
    [
      'multipart',
      'multipart/form-data; boundary=x',
      '--x\r\ncontent-disposition: form-data\r\n\r\n--x--\r\n',
    ],
    ['plain text', 'text/plain', 'identifier=x&password=y'],
    ['XML', 'application/xml', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>'],
    ['no type at all', '', 'identifier=x&password=y'],
  ])('is malformed as %s', async (_, type, body) => {
    const answer = await postForm(body, { 'Content-Type': type })
    expect(pageOf(answer)).toEqual({ status: 400, heading: 'We could not read that', traced: true })
  })

  it('is malformed when it is compressed badly, or in a way nobody knows', async () => {
    for (const encoding of ['gzip', 'br', 'zstd', 'x-unknown']) {
      const answer = await postForm('identifier=x', { 'Content-Encoding': encoding })
      expect(pageOf(answer)).toEqual({ status: 400, heading: 'We could not read that', traced: true })
    }
  })

  it('is answered to a program as problem+json with a trace id', async () => {
    const answer = await postForm(`csrf=${csrf()}&identifier[]=x`, { Accept: 'application/json' })
    expect(answer.status).toBe(400)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(JSON.parse(answer.text)).toEqual({
      title: expect.any(String),
      status: 400,
      code: 'malformed_request',
      traceId: answer.headers['traceparent']?.split('-')[1],
    })
  })

  it.each([
    ['percent signs that encode nothing', 'identifier=%ZZ%&password=%E0%A4%A'],
    ['NUL', 'identifier=a%00b%40example.org&password=%00%00'],
    ['half a surrogate pair', 'identifier=%ED%A0%80&password=x'],
    ['a thousand combining marks', `identifier=${encodeURIComponent('e\u0301'.repeat(400))}&password=x`],
    ['markup', 'identifier=%3Cscript%3Ealert(1)%3C%2Fscript%3E&password=x'],
  ])('finds nobody with %s in it', async (_, inputs) => {
    const answer = await postForm(`csrf=${csrf()}&${inputs}`)
    expect(pageOf(answer)).toEqual({ status: 422, heading: 'Sign in', traced: true })
    expect(answer.text).not.toContain('<script')
  })
})

describe('a body that is too large', () => {
  it.each([
    ['says so', { body: 'x'.repeat(70_000) }],
    ['comes in chunks', { body: inChunks('x'.repeat(300_000)), headers: { 'Transfer-Encoding': 'chunked' } }],
    [
      'unfolds from gzip',
      { body: gzipSync(Buffer.alloc(5_000_000)), headers: { 'Content-Encoding': 'gzip' } },
    ],
  ])('is refused with 413 when it %s', async (_, { body, headers }: Pick<RawRequest, 'body' | 'headers'>) => {
    const answer = await postForm(body ?? '', headers)
    expect(pageOf(answer)).toEqual({ status: 413, heading: 'That was too much at once', traced: true })
  })

  it('is refused by the token endpoint too, in chunks or not', async () => {
    for (const part of [
      { body: 'x'.repeat(70_000) },
      { body: inChunks('x'.repeat(300_000)), headers: { 'Transfer-Encoding': 'chunked' } },
    ]) {
      const answer = await postForm(part.body, { Accept: '*/*', ...part.headers }, '/token')
      expect([400, 413]).toContain(answer.status)
      expect(answer.headers['traceparent']).toBeDefined()
    }
  })
})

describe('a form without its proof', () => {
  it('is refused without a token, or with one that was made for nobody', async () => {
    for (const token of ['', 'csrf=&', 'csrf=AAAA&', `csrf=${'A'.repeat(43)}&`]) {
      const answer = await postForm(`${token}identifier=x&password=y`)
      expect(pageOf(answer)).toEqual({ status: 403, heading: 'This form is out of date', traced: true })
    }
  })

  it('is refused with the token of another browser', async () => {
    const other = createBalancedVisitor(node.url)
    await other.open(createRelyingParty(node.url).authorize().url)
    const foreign = other.fill('sign-in').fields['csrf']
    const answer = await postForm(`csrf=${foreign}&identifier=x&password=y`)
    expect(pageOf(answer)).toEqual({ status: 403, heading: 'This form is out of date', traced: true })
  })

  it('is refused at every form there is', async () => {
    const recovery = ['', '/code', '/resend', '/new-password'].map((step) => `/forgot-password${step}`)
    const steps = [
      '',
      '/code',
      '/resend',
      '/sign-up',
      '/sign-up/code',
      '/sign-up/resend',
      '/sign-up/finish',
      ...recovery,
    ]
    const alone = [
      '/sign-up',
      '/sign-up/code',
      '/sign-up/resend',
      '/sign-up/finish',
      ...recovery,
      '/owner-recovery',
    ]
    const paths = [...steps.map((step) => path() + step), ...alone]
    for (const target of [...paths, '/setup', '/setup/code', '/setup/resend', '/dev/outbox']) {
      const answer = await postForm('csrf=AAAA', {}, target)
      expect([target, answer.status]).toEqual([target, 403])
    }
  })

  it('says so when the browser keeps no cookies', async () => {
    const start = await rawRequest(node.url, { target: new URL(visitor.at.url).pathname })
    expect(pageOf(start)).toEqual({ status: 400, heading: 'Your browser sends no cookies', traced: true })
    const form = await postForm('email=x', { Cookie: '' }, '/sign-up')
    expect(pageOf(form)).toEqual({ status: 403, heading: 'Your browser sends no cookies', traced: true })
  })
})

describe('a browser whose form cookie is broken', () => {
  it('gets a new one with the next page, and can post that page', async () => {
    const broken = { cookie: 'latchkey_form=broken; latchkey_form.sig=broken' }
    const page = await fetch(`${node.url}/sign-up?userType=user`, { headers: broken })
    const jar = createCookieJar()
    const url = new URL(`${node.url}/sign-up?userType=user`)
    jar.take(url, page.headers.getSetCookie())
    const token = (await page.text()).match(/name="csrf" value="([^"]+)"/)?.[1] ?? ''
    const answer = await fetch(url, {
      method: 'POST',
      headers: { cookie: jar.header(url) },
      body: new URLSearchParams({ csrf: token, email: 'no address' }),
    })
    expect(answer.status).toBe(422)
  })
})

describe('an interaction that is not this browser’s', () => {
  it('is refused when nobody began it', async () => {
    const answer = await postForm(
      `csrf=${csrf()}&identifier=x&password=y`,
      {},
      '/interaction/nobody-began-it',
    )
    expect(pageOf(answer)).toEqual({ status: 400, heading: 'This sign-in has ended', traced: true })
  })

  it('is refused on every page when it belongs to another browser', async () => {
    const other = createBalancedVisitor(node.url)
    await other.open(createRelyingParty(node.url).authorize().url)
    const theirs = new URL(other.at.url).pathname
    const recovery = ['', '/code', '/new-password', '/done'].map((step) => `/forgot-password${step}`)
    for (const step of ['', '/code', '/sign-up', '/sign-up/code', '/sign-up/done', ...recovery]) {
      const answer = await rawRequest(node.url, { target: theirs + step, headers: { Cookie: cookie() } })
      expect(pageOf(answer)).toEqual({ status: 400, heading: 'This sign-in has ended', traced: true })
    }
    const answer = await postForm(`csrf=${csrf()}&identifier=x&password=y`, {}, theirs)
    expect(answer.status).toBe(400)
  })

  it('is refused with an altered cookie', async () => {
    const altered = cookie().replace(/(latchkey_interaction=[\w-]{42})[\w-]/, '$1~')
    const answer = await rawRequest(node.url, { target: path(), headers: { Cookie: altered } })
    expect(pageOf(answer)).toEqual({ status: 400, heading: 'This sign-in has ended', traced: true })
  })
})

describe('going back after the sign-in is finished', () => {
  it('says that it has ended, for each of its pages and forms', async () => {
    await signUp(node.url, 'back@example.org')
    const person = createBalancedVisitor(node.url)
    await person.open(createRelyingParty(node.url).authorize().url)
    const page = new URL(person.at.url).pathname
    await person.submit('sign-in', { identifier: 'back@example.org', password: GOOD_PASSWORD })
    const form = person.fill('code', { code: await codeFor(node.url, 'back@example.org', 2) })
    // A page kept by the back button comes with the cookies of its time.
    const headers = { Cookie: person.cookiesFor(form.action) }
    const end = await person.follow(await person.post(form))
    expect(end.location).toContain('/callback?code=')
    for (const step of ['', '/code', '/sign-up']) {
      const answer = await rawRequest(node.url, { target: page + step, headers })
      expect(pageOf(answer)).toEqual({ status: 400, heading: 'This sign-in has ended', traced: true })
    }
    expect(await person.post(form)).toMatchObject({ status: 400 })
  })
})

describe('a code as people type it', () => {
  it.each([
    ['spaces', (code: string) => ` ${code.slice(0, 3)} ${code.slice(3)} `],
    [
      'full-width digits',
      (code: string) => code.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
    ],
    [
      'Devanagari digits',
      (code: string) => code.replace(/\d/g, (digit) => String.fromCharCode(0x966 + Number(digit))),
    ],
    [
      'hyphens and what a message pastes along',
      (code: string) => `\u200e${code.slice(0, 3)}-${code.slice(3)}\n`,
    ],
  ])('is taken with %s', async (what, typed) => {
    const email = `${what.replace(/\W/g, '').toLowerCase()}@example.org`
    const person = createBalancedVisitor(node.url)
    await person.open(createRelyingParty(node.url).authorize({ prompt: 'create' }).url)
    await person.submit('choose-type', { userType: 'user' })
    await person.submit('sign-up', { email, password: GOOD_PASSWORD })
    const end = await person.submit('code', { code: typed(await codeFor(node.url, email)) })
    expect(end.location).toContain('/callback?code=')
  })

  it.each(['', '   ', '12345', '1234567', 'abcdef', '12345６７', '-1', '1e5', '0x1234', '१'.repeat(70)])(
    'is refused as %j',
    async (code) => {
      const person = createBalancedVisitor(node.url)
      await person.open(`${node.url}/sign-up?userType=user`)
      await person.submit('sign-up', { email: `wrong${code.length}@example.org`, password: GOOD_PASSWORD })
      expect((await person.submit('code', { code })).status).toBe(422)
      expect(person.at.page.querySelector('#errors[role="alert"]')).not.toBeNull()
    },
  )
})

/** Posts to the sign-in page of `visitor`, as it is, with its cookies. */
function postForm(
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
  target = path(),
): Promise<RawAnswer> {
  const usual = { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'text/html', Cookie: cookie() }
  return rawRequest(node.url, { method: 'POST', target, headers: { ...usual, ...headers }, body })
}

function path(): string {
  return new URL(visitor.at.url).pathname
}

function cookie(): string {
  return visitor.cookiesFor(visitor.at.url)
}

function csrf(): string {
  return visitor.fill('sign-in').fields['csrf'] ?? ''
}

/** What a person sees of an answer. An error page shows the trace id that the header carries; a form need not. */
function pageOf({ status, headers, text }: RawAnswer) {
  const traceId = headers['traceparent']?.split('-')[1] ?? 'none'
  return {
    status,
    heading: text.match(/<h1[^>]*>\s*([^<]*?)\s*</)?.[1],
    traced: status === 422 ? traceId !== 'none' : text.includes(traceId),
  }
}
