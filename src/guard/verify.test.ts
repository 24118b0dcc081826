import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import { exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT } from 'jose'
import { guardedByFeed } from '../../tests/support/guarded.ts'

const opened = guardedByFeed()

async function verdict(token: unknown): Promise<string> {
  const guard = await opened().readyGuard()
  const result = await guard.verify({ token: token as string })
  return result.ok ? 'ok' : result.reason
}

const epoch = () => Math.floor(opened().now() / 1000)
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('a good token', () => {
  it('passes with its claims', async () => {
    const { issuer, readyGuard } = opened()
    const guard = await readyGuard()
    const result = await guard.verify({ token: await issuer.makeToken({ user_type: 'police' }) })
    expect(result).toMatchObject({
      ok: true,
      claims: { iss: issuer.issuer, sub: 'acc_ann', aud: issuer.audience, user_type: 'police' },
    })
  })

  it('of a machine has no roles and no session', async () => {
    const token = opened().issuer.makeToken({ sub: 'shop', roles: [], sid: undefined, scope: undefined })
    expect(await verdict(await token)).toBe('ok')
  })

  it('passes while the first document is still on its way', async () => {
    const { issuer, createGuard } = opened()
    const guard = createGuard()
    expect(await guard.verify({ token: await issuer.makeToken() })).toMatchObject({ ok: true })
  })

  it('costs no request of its own', async () => {
    const { issuer, readyGuard } = opened()
    const guard = await readyGuard({ pollSeconds: 4 })
    const token = await issuer.makeToken()
    await guard.verify({ token })
    const keys = issuer.countRequests('/jwks')
    for (let round = 0; round < 20; round++) await guard.verify({ token })
    expect(issuer.countRequests('/jwks')).toBe(keys)
    expect(issuer.countRequests('/.well-known/openid-configuration')).toBe(1)
  })
})

describe('what is no access token for this API', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['an empty text', ''],
    ['a number', 7],
  ])('%s is a missing one', async (_what, token) => {
    expect(await verdict(token)).toBe('missing-token')
  })

  it.each([
    ['words', 'not a token'],
    ['dots', '..'],
    ['an encrypted token', 'a.b.c.d.e'],
    ['one of a megabyte', 'a'.repeat(1024 * 1024)],
  ])('%s is malformed', async (_what, token) => {
    expect(await verdict(token)).toBe('malformed-token')
  })

  it.each([
    ['header', 0],
    ['payload', 1],
    ['signature', 2],
  ])('is one with any flipped byte in its %s', async (_part, index) => {
    const { issuer, readyGuard } = opened()
    const guard = await readyGuard()
    const parts = (await issuer.makeToken()).split('.')
    const bytes = Buffer.from(parts[index] ?? '', 'base64url')
    for (let at = 0; at < bytes.length; at += 3) {
      const flipped = Buffer.from(bytes)
      flipped[at] = (flipped[at] ?? 0) ^ 1
      const token = parts.with(index, flipped.toString('base64url')).join('.')
      expect(await guard.verify({ token })).toMatchObject({ ok: false })
    }
  })

  it('is one without a signature', async () => {
    const { issuer } = opened()
    const [header = '', payload = ''] = (await issuer.makeToken()).split('.')
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString())
    for (const alg of ['none', 'None', 'NONE', '']) {
      const unsigned = `${base64url({ alg, typ: 'at+jwt', kid })}.${payload}.`
      expect(await verdict(unsigned)).toMatch(/^(?:wrong-algorithm|malformed-token)$/)
    }
  })

  it('is one signed by HMAC with the public key as its secret', async () => {
    const { issuer } = opened()
    const [, payload = ''] = (await issuer.makeToken()).split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const publicKey = await importJWK({ ...issuer.publicJwk, ext: true }, 'ES256', { extractable: true })
    if (publicKey instanceof Uint8Array) throw new Error('no key')
    for (const secret of [await exportSPKI(publicKey), JSON.stringify(issuer.publicJwk)]) {
      const forged = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'key-1' })
        .sign(Buffer.from(secret))
      expect(await verdict(forged)).toBe('wrong-algorithm')
    }
  })

  it('is one whose key stands in its own header, wherever that points; nobody outside is asked', async () => {
    const { issuer } = opened()
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = await exportJWK(publicKey)
    const asked: string[] = []
    const outside = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.end(JSON.stringify({ keys: [{ ...jwk, kid: 'key-1', alg: 'ES256' }] }))
    }).listen(0, '127.0.0.1')
    await once(outside, 'listening')
    const { port } = outside.address() as AddressInfo
    const elsewhere = `http://127.0.0.1:${port}/keys`
    const iat = epoch()
    const claims = {
      iss: issuer.issuer,
      aud: issuer.audience,
      sub: 'acc_ann',
      client_id: 'shop',
      jti: '1',
      iat,
      exp: iat + 60,
      latchkey_rv: [issuer.issuerHandle],
    }
    const headers = [
      { jku: elsewhere },
      { x5u: elsewhere },
      { jwk },
      { x5c: ['MIIB'] },
      { jku: elsewhere, kid: 'theirs' },
      { jwk, kid: 'theirs' },
    ]
    for (const header of headers) {
      const forged = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'key-1', ...header })
        .sign(privateKey)
      expect(await verdict(forged)).toMatch(/^(?:bad-signature|unknown-key)$/)
    }
    outside.close()
    expect(asked).toEqual([])
  })

  it.each([
    ['an ID token', {}, { typ: 'JWT' }, 'wrong-type'],
    ['a token that does not say its kind', {}, { typ: undefined }, 'wrong-type'],
    ['a logout token', {}, { typ: 'logout+jwt' }, 'wrong-type'],
    ['one of another issuer', { iss: 'https://elsewhere.example' }, {}, 'wrong-issuer'],
    ['one for another API', { aud: 'https://other.example/api' }, {}, 'wrong-audience'],
    ['one for two APIs', { aud: ['https://orders.example/api', 'https://other.example'] }, {}, 'bad-claims'],
    ['one for nobody', { aud: undefined }, {}, 'wrong-audience'],
    ['one without an end', { exp: undefined }, {}, 'bad-claims'],
    ['one without a subject', { sub: undefined }, {}, 'bad-claims'],
    ['one without handles', { latchkey_rv: undefined }, {}, 'bad-claims'],
    ['one with no handle', { latchkey_rv: [] }, {}, 'bad-claims'],
    ['one with a handle that is none', { latchkey_rv: ['issuer-handle-1', 1] }, {}, 'bad-claims'],
    ['one with more handles than any of ours', { latchkey_rv: Array(33).fill('h') }, {}, 'bad-claims'],
    ['one whose roles are no list', { roles: 'police' }, {}, 'bad-claims'],
    ['one bound to a certificate', { cnf: { 'x5t#S256': 'a' } }, {}, 'bad-claims'],
    ['one signed by a key that is not the issuer’s', {}, { kid: 'other' }, 'unknown-key'],
    ['one with a critical extension', {}, { crit: ['x'], x: 1 }, 'malformed-token'],
  ])('is %s', async (_what, claims, header, reason) => {
    expect(await verdict(await opened().issuer.makeToken(claims, header))).toBe(reason)
  })

  it('is one that has expired, a few seconds of difference between clocks apart', async () => {
    const { issuer } = opened()
    expect(await verdict(await issuer.makeToken({ exp: epoch() - 3 }))).toBe('ok')
    expect(await verdict(await issuer.makeToken({ exp: epoch() - 7 }))).toBe('expired')
    expect(await verdict(await issuer.makeToken({ nbf: epoch() + 3 }))).toBe('ok')
    expect(await verdict(await issuer.makeToken({ nbf: epoch() + 7 }))).toBe('not-yet-valid')
  })
})

describe('keys', () => {
  it('that are new are found without a restart', async () => {
    const { issuer, readyGuard, advance } = opened()
    const guard = await readyGuard()
    await issuer.rotateKey('key-2')
    advance(6)
    expect(await guard.verify({ token: await issuer.makeToken() })).toMatchObject({ ok: true })
  })

  it('that nobody has are looked for at a bounded rate', async () => {
    const { issuer, readyGuard, advance } = opened()
    const guard = await readyGuard()
    advance(6)
    const before = issuer.countRequests('/jwks')
    const tokens = await Promise.all(
      Array.from({ length: 30 }, (_, index) => issuer.makeToken({}, { kid: `made-up-${index}` })),
    )
    for (const token of tokens)
      expect(await guard.verify({ token })).toEqual({ ok: false, reason: 'unknown-key' })
    expect(issuer.countRequests('/jwks') - before).toBe(1)
  })

  it('that are known stay known while the issuer has trouble with them', async () => {
    const { issuer, readyGuard, advance } = opened()
    const guard = await readyGuard()
    const [good, unknown] = [await issuer.makeToken(), await issuer.makeToken({}, { kid: 'other' })]
    issuer.wrong.keysStatus = 500
    advance(6)
    expect(await guard.verify({ token: unknown })).toEqual({ ok: false, reason: 'unknown-key' })
    expect(await guard.verify({ token: good })).toMatchObject({ ok: true })
  })

  it('are not taken from the document of another issuer', async () => {
    const { issuer, createGuard, told } = opened()
    issuer.wrong.discovery = (document) => ({ ...document, issuer: 'https://elsewhere.example' })
    const guard = createGuard()
    expect(await guard.verify({ token: await issuer.makeToken() })).toEqual({ ok: false, reason: 'stale' })
    await told('unreachable')
  })

  it.each(['ftp://127.0.0.1/keys', 'file:///etc/passwd', 'nonsense', null, 7])(
    'are not fetched from %s',
    async (address) => {
      const { issuer, createGuard } = opened()
      issuer.wrong.discovery = (document) => ({ ...document, jwks_uri: address })
      const guard = createGuard()
      expect(await guard.verify({ token: await issuer.makeToken() })).toEqual({ ok: false, reason: 'stale' })
    },
  )
})

describe('requirements', () => {
  it.each([
    [{ scopes: ['orders:read'] }, 'ok'],
    [{ scopes: ['openid', 'orders:read'] }, 'ok'],
    [{ scopes: ['orders:read', 'orders:write'] }, 'insufficient-scope'],
    [{ scopes: ['orders'] }, 'insufficient-scope'],
    [{ roles: ['judge', 'police'] }, 'ok'],
    [{ roles: ['judge'] }, 'insufficient-roles'],
    [{ roles: ['Police'] }, 'insufficient-roles'],
    [{ allRoles: ['police'] }, 'ok'],
    [{ allRoles: ['police', 'judge'] }, 'insufficient-roles'],
    [{ scopes: ['orders:write'], roles: ['judge'] }, 'insufficient-scope'],
  ])('%j: %s', async (required, wanted) => {
    const { issuer, readyGuard } = opened()
    const guard = await readyGuard()
    const result = await guard.verify({ token: await issuer.makeToken(), ...required })
    expect(result.ok ? 'ok' : result.reason).toBe(wanted)
  })

  it('are met by nobody who has neither roles nor scopes', async () => {
    const { issuer, readyGuard } = opened()
    const guard = await readyGuard()
    const token = await issuer.makeToken({ roles: undefined, scope: undefined })
    expect(await guard.verify({ token, scopes: ['orders:read'] })).toMatchObject({ ok: false })
    expect(await guard.verify({ token, roles: ['police'] })).toMatchObject({ ok: false })
  })
})
