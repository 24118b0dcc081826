import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import type { Raise } from '../../src/domain/revocations/index.ts'
import type { Guard } from '../../src/guard/api.d.ts'
import { createGuard } from '../../src/guard/index.js'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage, type Storage } from '../../src/storage/index.ts'
import { eventually } from '../support/eventually.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { signUp, tokensOf } from '../support/people.ts'
import { claimsOf, createRelyingParty } from '../support/relying-party.ts'

let node: FastNode
/** Another process on the same data. */
let other: Storage
let audience = ''
let guards: Guard[] = []

beforeAll(async () => {
  node = await startFastNode()
  audience = node.settings.audience
  other = await openStorage(node.settings.storage, { clock: systemClock })
})

afterEach(() => {
  for (const guard of guards) guard.close()
  guards = []
})

afterAll(async () => {
  await other.close()
  await node.stop()
})

describe('GET /revocation-feed', () => {
  it('is found through discovery, and signed for one audience by the keys of the issuer', async () => {
    const discovery = (await (await fetch(`${node.url}/.well-known/openid-configuration`)).json()) as Record<
      string,
      string
    >
    expect(discovery['latchkey_revocation_feed']).toBe(`${node.url}/revocation-feed`)
    const answer = await ask({})
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/jwt')
    expect(answer.headers.get('cache-control')).toBe('max-age=1')
    const { payload } = await jwtVerify(
      await answer.text(),
      createRemoteJWKSet(new URL(discovery['jwks_uri'] ?? '')),
      { issuer: node.url, audience, typ: 'revocation-feed+jwt', algorithms: ['ES256'] },
    )
    expect(payload).toMatchObject({ aud: audience, reset: true, dead: [], cursor: expect.any(String) })
    expect(Math.abs(Number(payload.iat) - Date.now() / 1000)).toBeLessThan(10)
    expect(Object.keys(payload).sort()).toEqual(
      ['aud', 'cursor', 'dead', 'exp', 'iat', 'iss', 'issuer', 'reset'].sort(),
    )
  })

  it.each(['urn:latchkey:admin', 'issuer'])('knows the audience %s', async (aud) => {
    expect((await ask({ aud: aud === 'issuer' ? node.url : aud })).status).toBe(200)
  })

  it.each([
    [{ aud: 'https://elsewhere.example' }, 404, 'unknown_audience'],
    [{ aud: '' }, 400, 'malformed_request'],
  ] as const)('refuses %j', async (query, status, code) => {
    const answer = await ask(query)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      status,
      expect.stringContaining('application/problem+json'),
    ])
    expect(await answer.json()).toMatchObject({ status, code, traceId: expect.any(String) })
  })

  it('lists what died since a cursor, and names nobody', async () => {
    const { account, token } = await person('list@example.org')
    const before = await documentOf({})
    await raise({ owner: { kind: 'account', id: account }, signIn: false })
    const since = await documentOf({ since: String(before['cursor']) })
    expect(since).toMatchObject({ reset: false, since: before['cursor'] })
    expect(since['dead']).toEqual([{ h: expect.any(String), until: expect.any(Number) }])
    const [{ h }] = since['dead'] as [{ h: string }]
    expect(claimsOf(token)['latchkey_rv']).toContain(h)
    expect(claimsOf(token)['latchkey_rv']).toContain(since['issuer'])
    expect(JSON.stringify(since)).not.toContain(account)
    expect(await documentOf({ since: 'never given' })).toMatchObject({ reset: true })
  })

  it('says that nothing has changed, until something dies', async () => {
    const first = await ask({})
    const etag = String(first.headers.get('etag'))
    await first.text()
    expect((await ask({}, { 'if-none-match': etag })).status).toBe(304)
    // As a proxy makes it that packs the answer.
    expect((await ask({}, { 'if-none-match': `"other", W/${etag}` })).status).toBe(304)
    await raise({ owner: { kind: 'account', id: 'acc_nobody' }, signIn: false })
    expect((await ask({}, { 'if-none-match': etag })).status).toBe(200)
  })

  it.each([
    ['', 200],
    ['?aud=urn:latchkey:admin', 200],
    ['?aud=https://elsewhere.example', 404],
  ])('wakes for every audience (%s)', async (query, status) => {
    const closing = new AbortController()
    const answer = await fetch(`${node.url}/revocation-feed/stream${query}`, { signal: closing.signal })
    expect(answer.status).toBe(status)
    closing.abort()
  })

  it('wakes who listens, also for a death in another process', async () => {
    const closing = new AbortController()
    const stream = await fetch(`${node.url}/revocation-feed/stream?aud=${encodeURIComponent(audience)}`, {
      signal: closing.signal,
    })
    expect(stream.headers.get('content-type')).toContain('text/event-stream')
    let heard = ''
    const reading = (async () => {
      for await (const chunk of stream.body ?? []) heard += Buffer.from(chunk).toString()
    })().catch(() => {})
    await eventually('the first event', () => heard.includes('event: changed'))
    await wait(250)
    const quiet = heard.length
    await raise({ owner: { kind: 'account', id: 'acc_nobody' }, signIn: false })
    await eventually('an event of another process', () =>
      /^event: changed\ndata: \S+\n\n$/.test(heard.slice(quiet)),
    )
    closing.abort()
    await reading
  })
})

describe('the guard at an API', () => {
  it('refuses a token within a second after it died, and takes the next one', async () => {
    const { account, token, refresh } = await person('guard@example.org')
    const guard = await readyGuard()
    expect(await guard.verify({ token })).toMatchObject({ ok: true })
    await raise({ owner: { kind: 'account', id: account }, signIn: false })
    const diedAt = Date.now()
    await eventually('it is refused', async () => !(await guard.verify({ token })).ok)
    expect(await guard.verify({ token })).toMatchObject({ ok: false, reason: 'revoked' })
    expect(Date.now() - diedAt).toBeLessThan(5000)
    expect(await guard.verify({ token: await refresh() })).toMatchObject({ ok: true })
  })

  it('refuses from its first answer on what died before it started', async () => {
    const { account, token } = await person('late@example.org')
    await raise({ owner: { kind: 'account', id: account }, signIn: true })
    const guard = await readyGuard()
    expect(await guard.verify({ token })).toMatchObject({ ok: false, reason: 'revoked' })
  })
})

it('does not keep a node from stopping who listens', async () => {
  const node = await startFastNode()
  const stream = await fetch(
    `${node.url}/revocation-feed/stream?aud=${encodeURIComponent(node.settings.audience)}`,
  )
  const startedAt = Date.now()
  const [text] = await Promise.all([stream.text(), node.stop()])
  expect(text).toContain(': open')
  expect(Date.now() - startedAt).toBeLessThan(8000)
})

function ask(
  query: { readonly aud?: string; readonly since?: string },
  headers: Record<string, string> = {},
) {
  const url = `${node.url}/revocation-feed?${new URLSearchParams({ aud: audience, ...query })}`
  return fetch(url, { headers })
}

async function documentOf(query: { readonly since?: string }): Promise<Record<string, unknown>> {
  return decodeJwt(await (await ask(query)).text())
}

async function person(email: string) {
  const { access_token = '', refresh_token = '' } = await tokensOf(await signUp(node.url, email))
  return {
    account: String(claimsOf(access_token)['sub']),
    token: access_token,
    async refresh(): Promise<string> {
      const { body } = await createRelyingParty(node.url).token({
        grant_type: 'refresh_token',
        refresh_token,
      })
      return body.access_token ?? ''
    },
  }
}

async function readyGuard(): Promise<Guard> {
  const guard = createGuard({ issuer: node.url, audience })
  guards.push(guard)
  await guard.ready()
  return guard
}

function raise(one: Raise): Promise<void> {
  return other.revocations.raise([one], new Date(), [])
}
