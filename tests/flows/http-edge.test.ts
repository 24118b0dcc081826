import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { auditOf } from '../support/audit-records.ts'
import { createBalancedVisitor } from '../support/balanced-visitor.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { signUp } from '../support/people.ts'
import { rawRequest } from '../support/raw-request.ts'
import { createRelyingParty } from '../support/relying-party.ts'

let node: FastNode

beforeAll(async () => {
  node = await startFastNode()
})

afterAll(() => node.stop())

const DISCOVERY = '/.well-known/openid-configuration'

/** Everything by which a request may claim to have been sent to somebody else. */
const FOREIGN: readonly [string, Readonly<Record<string, string>>, string][] = [
  ['a foreign Host', { Host: 'evil.example' }, ''],
  ['a Host that is none', { Host: '<evil>:99999/"' }, ''],
  [
    'X-Forwarded-* headers',
    { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Port': '443' },
    '',
  ],
  ['a Forwarded header', { Forwarded: 'host=evil.example;proto=https' }, ''],
  ['an absolute request target', {}, 'http://evil.example'],
  ['X-Original-URL and X-Rewrite-URL', { 'X-Original-URL': '/evil', 'X-Rewrite-URL': '/evil' }, ''],
]

describe('every link keeps the configured issuer', () => {
  it.each(FOREIGN)('with %s', async (_, headers, before) => {
    const discovery = await rawRequest(node.url, { target: `${before}${DISCOVERY}`, headers })
    expect(discovery.status).toBe(200)
    expect(JSON.parse(discovery.text)).toMatchObject({
      issuer: node.url,
      authorization_endpoint: `${node.url}/auth`,
      token_endpoint: `${node.url}/token`,
      jwks_uri: `${node.url}/jwks`,
    })
    expect(discovery.text).not.toContain('evil')

    const { pathname, search } = new URL(createRelyingParty(node.url).authorize().url)
    const start = await rawRequest(node.url, { target: before + pathname + search, headers })
    expect(start.status).toBe(303)
    expect(start.headers['location']).toMatch(/^\/interaction\/[\w-]+$/)
    expect(start.headers['set-cookie']).not.toMatch(/domain=/i)

    for (const target of ['/sign-up', '/nowhere', '/session/end', `${pathname}?client_id=nobody`]) {
      const page = await rawRequest(node.url, { target: before + target, headers })
      expect(page.text).not.toContain('evil')
      expect(page.headers['location'] ?? '').not.toContain('evil')
    }
  })

  it('where a sign-in goes on after its last step', async () => {
    const { visitor } = await signUp(node.url, 'host@example.org')
    const { url } = createRelyingParty(node.url).authorize()
    const there = await visitor.get(url, { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example' })
    expect(new URL(there.url).searchParams.get('iss')).toBe(node.url)
    expect(there.headers['location']).not.toContain('evil')
  })
})

describe('a method that a route does not know', () => {
  const routes = [
    '/auth',
    '/token',
    '/userinfo',
    '/jwks',
    '/session/end',
    '/sign-up',
    '/forgot-password',
    '/owner-recovery',
    '/setup',
    '/health/live',
  ]
  const known: Readonly<Record<string, readonly string[]>> = {
    '/token': ['POST'],
    '/userinfo': ['GET', 'HEAD', 'POST'],
    '/auth': ['GET', 'HEAD', 'POST'],
    '/session/end': ['GET', 'HEAD', 'POST'],
    '/sign-up': ['GET', 'HEAD', 'POST'],
    '/forgot-password': ['GET', 'HEAD', 'POST'],
    '/owner-recovery': ['GET', 'HEAD', 'POST'],
    '/setup': ['GET', 'HEAD', 'POST'],
    '/interaction/x': ['GET', 'HEAD', 'POST'],
  }
  it.each(['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'])(
    'is a clear refusal: %s',
    async (method) => {
      for (const target of [...routes, DISCOVERY, '/interaction/x', '/nowhere']) {
        const allowed = known[target] ?? ['GET', 'HEAD']
        const answer = await rawRequest(node.url, { method, target })
        expect([target, answer.status]).toEqual([target, expect.any(Number)])
        expect(answer.status).toBeLessThan(500)
        expect(answer.headers['traceparent']).toBeDefined()
        if (!allowed.includes(method))
          expect([target, [404, 405].includes(answer.status)]).toEqual([target, true])
      }
    },
  )

  it('does not send back what it was asked: TRACE', async () => {
    const answer = await rawRequest(node.url, {
      method: 'TRACE',
      target: '/sign-up',
      headers: { Cookie: 'secret=very-secret', 'X-Mine': 'mirror' },
    })
    expect(answer.text).not.toMatch(/very-secret|mirror/)
  })

  it('changes nothing: HEAD of the pages of a sign-in', async () => {
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(createRelyingParty(node.url).authorize().url)
    const { pathname } = new URL(visitor.at.url)
    const headers = { Cookie: visitor.cookiesFor(visitor.at.url) }
    const answer = await rawRequest(node.url, { method: 'HEAD', target: pathname, headers })
    expect([answer.status, answer.text]).toEqual([200, ''])
    expect((await visitor.get(visitor.at.url)).status).toBe(200)
  })
})

describe('a request target out of the ordinary', () => {
  it.each([
    '/interaction/%ZZ',
    '/%E0%A4%A',
    '/interaction/%2e%2e%2fsetup',
    '/assets/..%2f..%2fpackage.json',
    '/assets/__proto__',
    '/assets/%00',
    '//evil.example/sign-up',
    '/\\evil.example',
    '/sign-up/../../etc/passwd',
    '/auth/%00',
    '/dev/outbox/__proto__/body',
    '/dev/messages/__proto__/body',
    '/dev/messages?language=__proto__&userType=../layout',
    '/.git/config',
    '/.env',
    `/${'a'.repeat(8000)}`,
    `/interaction/${'a/'.repeat(2000)}`,
    '/auth?client_id=%E0%A4%A&scope=%ZZ',
    '/auth?client_id[]=demo&client_id[$ne]=x',
    '/auth?__proto__[client_id]=demo',
    `/auth?${'a=1&'.repeat(1500)}`,
    '/session/end?id_token_hint=a.b.c',
    '/sign-up?userType=user&userType=admin',
    '/sign-up?userType=admin',
    '/sign-up?userType=__proto__',
    '/setup?token=a&token=b',
    '/setup?token=%00',
    '*',
  ])('is answered clearly: %.60s', async (target) => {
    const answer = await rawRequest(node.url, { target, headers: { Accept: 'text/html' } })
    expect(answer.status).toBeGreaterThanOrEqual(200)
    expect(answer.status).toBeLessThan(500)
    expect(answer.headers['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    if (answer.status >= 400) expect(answer.text).toContain(answer.headers['traceparent']?.split('-')[1])
  })

  it('that is not even HTTP ends the connection and nothing else', async () => {
    for (const target of ['auth', '', ' ', '/a b c']) {
      expect((await rawRequest(node.url, { target })).status).toBe(400)
    }
    expect((await rawRequest(node.url, { method: 'G\0T', target: '/' })).status).toBe(400)
    expect((await rawRequest(node.url, { target: '/health/live' })).status).toBe(200)
  })
})

describe('a client that hangs up', () => {
  it('in the middle of a form, of headers, or of an answer harms nobody else', async () => {
    const { hostname, port } = new URL(node.url)
    const beginnings = [
      'POST /sign-up HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\ncsrf=',
      'POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\na=',
      'POST /sign-up HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n5\r\ncs',
      'GET /sign-up HTTP/1.1\r\nHost: x\r\nX-Half',
      'GET /sign-up HTTP/1.1\r\nHost: x\r\n\r\n',
      '',
    ]
    const hangUps = Array.from({ length: 60 }, async (_, index) => {
      const socket = connect(Number(port), hostname)
      socket.on('error', () => {})
      await once(socket, 'connect')
      socket.write(beginnings[index % beginnings.length] ?? '')
      await new Promise((resolve) => setTimeout(resolve, index % 20))
      socket.destroy()
    })
    await Promise.all(hangUps)
    expect((await rawRequest(node.url, { target: '/health/ready' })).status).toBe(200)
  })

  it('is refused when it says the length of a body in two ways', async () => {
    const answer = await rawRequest(node.url, {
      method: 'POST',
      target: '/sign-up',
      headers: { 'Content-Length': '4', 'Transfer-Encoding': 'chunked' },
      body: '0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\n\r\n',
    })
    expect(answer.status).toBe(400)
    expect(answer.text).not.toContain('live')
  })
})

describe('headers', () => {
  it('of more than a browser sends are refused with 431', async () => {
    for (const headers of [
      { Cookie: `a=${'x'.repeat(30_000)}` },
      { 'X-Long': 'x'.repeat(30_000) },
      { Cookie: Array.from({ length: 3000 }, (_, index) => `c${index}=1`).join('; ') },
    ]) {
      expect((await rawRequest(node.url, { target: '/sign-up', headers })).status).toBe(431)
    }
    expect((await rawRequest(node.url, { target: '/health/live' })).status).toBe(200)
  })

  it('with cookies of ours that we never made are as good as none', async () => {
    const cookies = ['latchkey_session=x', 'latchkey_form=x; latchkey_form.sig=x', 'latchkey_sign_up=%00']
    for (const Cookie of [...cookies, cookies.join('; '), '__proto__=x', '=', ';;;', 'a'.repeat(3000)]) {
      const answer = await rawRequest(node.url, {
        target: '/sign-up',
        headers: { Cookie, Accept: 'text/html' },
      })
      expect([Cookie, answer.status]).toEqual([Cookie, 200])
    }
  })

  it('that ask for what we have not get what we have', async () => {
    for (const headers of [
      { Accept: 'image/png' },
      { Accept: ';;;q=x,' },
      { 'Accept-Language': `${'xx-YY;q=0.5,'.repeat(200)}` },
      { 'Accept-Language': '__proto__' },
      { 'Accept-Encoding': 'x' },
      { 'If-None-Match': '*' },
      { Range: 'bytes=0-0,0-0,0-0' },
    ]) {
      const answer = await rawRequest(node.url, { target: '/sign-up', headers })
      expect([headers, answer.status]).toEqual([headers, 200])
    }
  })

  it('of a trace are kept as a link, and never become ours', async () => {
    const theirs = '4bf92f3577b34da6a3ce929d0e0e4736'
    for (const traceparent of [
      `00-${theirs}-00f067aa0ba902b7-01`,
      'x',
      `00-${'0'.repeat(32)}-${'0'.repeat(16)}-00`,
    ]) {
      const answer = await rawRequest(node.url, { target: '/nowhere', headers: { traceparent } })
      const own = answer.headers['traceparent']?.split('-')[1]
      expect(own).toMatch(/^[0-9a-f]{32}$/)
      expect(own).not.toBe(theirs)
      expect(answer.text).toContain(own)
    }
  })

  it('of every page forbid frames, sniffing and what is not ours', async () => {
    for (const target of [
      '/sign-up',
      '/nowhere',
      '/auth?client_id=nobody',
      '/dev/outbox',
      '/dev/messages?userType=judge&language=xx',
      '/session/end/success',
    ]) {
      const { headers } = await rawRequest(node.url, { target, headers: { Accept: 'text/html' } })
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['cache-control']).toContain('no-store')
      expect(headers['content-security-policy']).toContain("default-src 'none'")
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
      expect(headers['content-security-policy']).not.toContain('unsafe')
      expect(headers['referrer-policy']).toBe('no-referrer')
      expect(headers['x-powered-by']).toBeUndefined()
    }
  })

  it('allow no other origin to read the authorization endpoint or a page', async () => {
    const { pathname, search } = new URL(createRelyingParty(node.url).authorize().url)
    for (const target of [pathname + search, '/sign-up', '/session/end', '/dev/outbox.json']) {
      for (const method of ['GET', 'OPTIONS']) {
        const { headers } = await rawRequest(node.url, {
          method,
          target,
          headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' },
        })
        expect([target, headers['access-control-allow-origin']]).toEqual([target, undefined])
      }
    }
  })

  it('allow no origin that the client did not register to read its tokens', async () => {
    const response = await fetch(`${node.url}/token`, {
      method: 'POST',
      headers: {
        origin: 'https://evil.example',
        authorization: `Basic ${btoa('demo-machine:demo-machine-secret-for-development-only')}`,
      },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
    expect(response.status).toBe(400)
  })
})

describe('a flood of refused requests', () => {
  it('fills no audit, although each is for another path', async () => {
    const before = (await auditOf(node, 'request.refused')).length
    for (let n = 0; n < 60; n++) {
      const path = n % 2 === 0 ? `/nothing-${n}` : `/interaction/uid-${n}/nothing`
      const { status } = await fetch(`${node.url}${path}`, { method: 'POST', body: 'x'.repeat(70_000) })
      expect(status).toBe(413)
    }
    expect((await auditOf(node, 'request.refused')).length - before).toBeLessThanOrEqual(20)
  })
})
