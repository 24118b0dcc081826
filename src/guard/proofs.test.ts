import { beforeEach, describe, expect, it } from '@jest/globals'
import { createDpopClient, type DpopClient } from '../../tests/support/dpop-client.ts'
import { guardedByFeed } from '../../tests/support/guarded.ts'
import type { Guard, GuardOptions } from './api.d.ts'

const opened = guardedByFeed()
const METHOD = 'POST'
const URL_CALLED = 'https://orders.example/api/orders?page=2'
const URL_NAMED = 'https://orders.example/api/orders'

let client: DpopClient
let token: string
beforeEach(async () => {
  client = await createDpopClient()
  token = await opened().issuer.makeToken({ cnf: { jkt: client.jkt } })
})

const request = () => ({ method: METHOD, url: URL_NAMED, token, at: opened().now() })

async function verdict(guard: Guard, dpop: string | undefined, changes: object = {}): Promise<string> {
  const result = await guard.verify({ token, dpop, method: METHOD, url: URL_CALLED, ...changes })
  return result.ok ? 'ok' : result.reason
}

const readyGuard = (options?: Partial<GuardOptions>) => opened().readyGuard(options)

describe('a token that is bound to a key', () => {
  it('passes with a proof of that key for this request', async () => {
    expect(await verdict(await readyGuard(), await client.prove(request()))).toBe('ok')
  })

  it.each(['EdDSA', 'Ed25519'])('passes with a proof by %s', async (alg) => {
    client = await createDpopClient(alg)
    token = await opened().issuer.makeToken({ cnf: { jkt: client.jkt } })
    expect(await verdict(await readyGuard(), await client.prove(request()))).toBe('ok')
  })

  it('is refused without a proof, as a bearer too', async () => {
    expect(await verdict(await readyGuard(), undefined)).toBe('proof-required')
  })

  it.each<[string, Record<string, unknown>]>([
    ['for another method', { htm: 'GET' }],
    ['for the method in small letters', { htm: 'post' }],
    ['for no method', { htm: undefined }],
    ['for another path', { htu: 'https://orders.example/api/invoices' }],
    ['for another host', { htu: 'https://orders.example.evil.example/api/orders' }],
    ['for another scheme', { htu: 'http://orders.example/api/orders' }],
    ['for another port', { htu: 'https://orders.example:444/api/orders' }],
    ['for no URL', { htu: undefined }],
    ['for what is no URL', { htu: '/api/orders' }],
    ['for another token', { ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo' }],
    ['for no token', { ath: undefined }],
    ['without a time', { iat: undefined }],
    ['with a time that is none', { iat: 'now' }],
    ['without a name of its own', { jti: undefined }],
    ['with an empty name', { jti: '' }],
    ['with a name that is none', { jti: 7 }],
    ['with an endless name', { jti: 'a'.repeat(257) }],
    ['that has expired', { exp: 1 }],
  ])('is refused with a proof %s', async (_what, claims) => {
    expect(await verdict(await readyGuard(), await client.prove(request(), claims))).toBe('bad-proof')
  })

  it.each<[string, () => Record<string, unknown>]>([
    ['of another type', () => ({ typ: 'JWT' })],
    ['without a type', () => ({ typ: undefined })],
    ['without a key', () => ({ jwk: undefined })],
    ['that carries the private key', () => ({ jwk: client.privateJwk })],
    ['whose key is a secret', () => ({ jwk: { kty: 'oct', k: 'c2VjcmV0' } })],
    ['whose key is none', () => ({ jwk: 'key' })],
  ])('is refused with a proof %s', async (_what, header) => {
    expect(await verdict(await readyGuard(), await client.prove(request(), {}, header()))).toBe('bad-proof')
  })

  it('is refused with a proof of another key, and with one that only shows the right one', async () => {
    const other = await createDpopClient()
    const guard = await readyGuard()
    expect(await verdict(guard, await other.prove(request()))).toBe('bad-proof')
    expect(await verdict(guard, await other.prove(request(), {}, { jwk: client.jwk }))).toBe('bad-proof')
  })

  it.each(['', 'proof', '..', 'a'.repeat(9000)])('is refused with what is no proof: %.10s', async (dpop) => {
    expect(await verdict(await readyGuard(), dpop)).toBe('bad-proof')
  })

  it('is refused with any byte of its proof flipped', async () => {
    const guard = await readyGuard()
    const parts = (await client.prove(request())).split('.')
    for (const index of [0, 1, 2]) {
      const bytes = Buffer.from(parts[index] ?? '', 'base64url')
      for (let at = 0; at < bytes.length; at += 7) {
        const flipped = Buffer.from(bytes)
        flipped[at] = (flipped[at] ?? 0) ^ 1
        const dpop = parts.with(index, flipped.toString('base64url')).join('.')
        expect(await verdict(guard, dpop)).toBe('bad-proof')
      }
    }
  })

  it('is refused with an old proof and with one from the future', async () => {
    const guard = await readyGuard()
    const seconds = Math.floor(opened().now() / 1000)
    expect(await verdict(guard, await client.prove(request(), { iat: seconds - 55 }))).toBe('ok')
    expect(await verdict(guard, await client.prove(request(), { iat: seconds - 70 }))).toBe('bad-proof')
    expect(await verdict(guard, await client.prove(request(), { iat: seconds + 3 }))).toBe('ok')
    expect(await verdict(guard, await client.prove(request(), { iat: seconds + 8 }))).toBe('bad-proof')
  })

  it('needs to be told what was called', async () => {
    const guard = await readyGuard()
    expect(await verdict(guard, await client.prove(request()), { url: undefined })).toBe('bad-proof')
    expect(await verdict(guard, await client.prove(request()), { method: undefined })).toBe('bad-proof')
    expect(await verdict(guard, await client.prove(request()), { url: 'nonsense' })).toBe('bad-proof')
  })

  it('takes two ways to write one URL for one', async () => {
    const guard = await readyGuard()
    for (const htu of ['HTTPS://ORDERS.example:443/api/orders', 'https://orders.example/api/orders?a=b#c'])
      expect(await verdict(guard, await client.prove(request(), { htu }))).toBe('ok')
  })

  it('is refused when it is dead, whatever is proven', async () => {
    const { issuer, becomes } = opened()
    const guard = await readyGuard()
    const bearer = await issuer.makeToken({ latchkey_rv: [issuer.issuerHandle, 'account-1'] })
    issuer.kill('account-1')
    await becomes(guard, bearer, 'revoked')
    expect(await verdict(guard, await client.prove(request()))).toBe('revoked')
  })
})

describe('a proof', () => {
  it('is taken once', async () => {
    const guard = await readyGuard()
    const proof = await client.prove(request())
    const verdicts = await Promise.all(Array.from({ length: 10 }, () => verdict(guard, proof)))
    expect(verdicts.filter((one) => one === 'ok')).toHaveLength(1)
    expect(verdicts.filter((one) => one === 'proof-replayed')).toHaveLength(9)
  })

  it('is not used up by somebody who cannot prove anything with it', async () => {
    const guard = await readyGuard()
    const proof = await client.prove(request())
    expect(await verdict(guard, proof, { method: 'GET' })).toBe('bad-proof')
    expect(await verdict(guard, proof)).toBe('ok')
  })

  it('has its name for itself: another key may use the same', async () => {
    const guard = await readyGuard()
    expect(await verdict(guard, await client.prove(request(), { jti: 'one' }))).toBe('ok')
    client = await createDpopClient()
    token = await opened().issuer.makeToken({ cnf: { jkt: client.jkt } })
    expect(await verdict(guard, await client.prove(request(), { jti: 'one' }))).toBe('ok')
    expect(await verdict(guard, await client.prove(request(), { jti: 'one' }))).toBe('proof-replayed')
  })

  it('is remembered for as long as it is young enough, and as many of them as there is room for', async () => {
    const { advance, becomes, issuer } = opened()
    const guard = await readyGuard({ maxProofs: 2 })
    for (const wanted of ['ok', 'ok', 'overloaded', 'overloaded'])
      expect(await verdict(guard, await client.prove(request()))).toBe(wanted)
    advance(71)
    await becomes(guard, await issuer.makeToken(), 'ok')
    expect(await verdict(guard, await client.prove(request()))).toBe('ok')
  })

  it('is refused with a token that is not bound', async () => {
    token = await opened().issuer.makeToken()
    expect(await verdict(await readyGuard(), await client.prove(request()))).toBe('not-bound')
  })
})
