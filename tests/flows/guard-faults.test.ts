import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { createOrdersApi } from '../../examples/orders-api/app.ts'
import type { Guard } from '../../src/guard/api.d.ts'
import { createGuard } from '../../src/guard/index.js'
import { ORDERS_API } from '../support/applications.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { signUp, tokensOf } from '../support/people.ts'
import { claimsOf } from '../support/relying-party.ts'

type Header = Readonly<Record<string, unknown>>

let node: FastNode
let guard: Guard
let api: Server
let orders = ''
/** Somebody else's server, which a header of a token names. */
let trap: Server
let trapUrl = ''
let trapped = 0
let token = ''
let idToken = ''

beforeAll(async () => {
  node = await startFastNode({}, { apis: [ORDERS_API] })
  guard = createGuard({ issuer: node.url, audience: node.settings.audience })
  api = createServer(createOrdersApi(guard).callback()).listen(0, '127.0.0.1')
  trap = createServer((_request, response) => {
    trapped++
    response.end('{"keys":[]}')
  }).listen(0, '127.0.0.1')
  await Promise.all([once(api, 'listening'), once(trap, 'listening'), guard.ready()])
  orders = `${urlOf(api)}/orders`
  trapUrl = urlOf(trap)
  const tokens = await tokensOf(await signUp(node.url, 'faults@example.org'))
  token = tokens.access_token ?? ''
  idToken = tokens.id_token ?? ''
})

afterAll(async () => {
  guard.close()
  for (const server of [api, trap]) {
    server.close()
    server.closeAllConnections()
  }
  await node.stop()
})

describe('an API of the real issuer', () => {
  it('takes the token as it was issued', async () => {
    expect(await statusOf(token)).toBe(200)
  })

  it.each([0, 1, 2])('refuses a token with one byte changed in part %i', async (part) => {
    const parts = token.split('.')
    const bytes = Buffer.from(parts[part] ?? '', 'base64url')
    // Every bit of a byte in the middle counts; the last ones of a part may be padding.
    const middle = bytes.length >> 1
    bytes[middle] = (bytes[middle] ?? 0) ^ 1
    parts[part] = bytes.toString('base64url')
    expect(await statusOf(parts.join('.'))).toBe(401)
  })

  it.each([
    ['no signature', () => forge({ alg: 'none' }, () => '')],
    ['no signature, in other letters', () => forge({ alg: 'nOnE' }, () => '')],
    ['HS256 with the public key as the secret', signWithPublicKey],
    ['a key in its own header', () => signWithOwnKey(({ jwk }) => ({ jwk }))],
    ['a key elsewhere', () => signWithOwnKey(() => ({ jku: trapUrl, x5u: trapUrl }))],
    ['a key under the kid of the issuer', () => signWithOwnKey(() => ({ kid: headerOf(token)['kid'] }))],
    ['the ID token', () => idToken],
    ['nothing that is a token', () => 'a.b.c'],
  ])('refuses %s, and fetches nothing for it', async (_name, make) => {
    expect(await statusOf(await make())).toBe(401)
    expect(trapped).toBe(0)
  })

  it('refuses a token for another API of the same issuer', async () => {
    const other = createGuard({ issuer: node.url, audience: ORDERS_API.identifier })
    try {
      await other.ready()
      expect((await other.verify({ token })).ok).toBe(false)
    } finally {
      other.close()
    }
  })

  it('does not read a header of a megabyte', async () => {
    const answer = await statusOf(`${token}${'a'.repeat(1024 * 1024)}`).catch(() => 431)
    expect(answer).toBe(431)
  })
})

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function statusOf(bearer: string): Promise<number> {
  const answer = await fetch(orders, { headers: { authorization: `Bearer ${bearer}` } })
  await answer.text()
  return answer.status
}

function headerOf(jwt: string): Header {
  return JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()) as Header
}

function forge(header: Header, sign: (input: string) => string): string {
  const encoded = Buffer.from(JSON.stringify({ ...headerOf(token), ...header })).toString('base64url')
  const input = `${encoded}.${token.split('.')[1]}`
  return `${input}.${sign(input)}`
}

async function signWithPublicKey(): Promise<string> {
  const answer = (await (await fetch(`${node.url}/jwks`)).json()) as { keys: Header[] }
  const key = JSON.stringify(answer.keys.find(({ kid }) => kid === headerOf(token)['kid']))
  return forge({ alg: 'HS256' }, (input) => createHmac('sha256', key).update(input).digest('base64url'))
}

async function signWithOwnKey(more: (own: { jwk: object }) => Header): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const header = { typ: 'at+jwt', kid: 'own', ...more({ jwk: await exportJWK(publicKey) }) }
  return new SignJWT(claimsOf(token)).setProtectedHeader({ ...header, alg: 'ES256' }).sign(privateKey)
}
