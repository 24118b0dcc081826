import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { Unavailable } from '../../src/lib/errors.ts'
import { createBalancedVisitor } from '../support/balanced-visitor.ts'
import { roomyConfigDir } from '../support/config-dir.ts'
import { fastHasher } from '../support/fast-hasher.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { codeFor, GOOD_PASSWORD, signUp, tokensOf } from '../support/people.ts'
import { createRelyingParty, DEMO } from '../support/relying-party.ts'
import { type SecondNode, startSecondNode } from '../support/second-node.ts'

describe('while no more passwords can be hashed', () => {
  let node: TestNode
  /** Too many hashes wait already, while this is true. */
  let isFull = false

  function whenThereIsRoom<T>(hash: () => T): T {
    if (isFull) throw new Unavailable('password hashing', { retryAfterSeconds: 7 })
    return hash()
  }

  beforeEach(async () => {
    isFull = false
    const hasher = fastHasher()
    node = await startNode({
      hasher: {
        ...hasher,
        hash: async (...args) => whenThereIsRoom(() => hasher.hash(...args)),
        compare: async (...args) => whenThereIsRoom(() => hasher.compare(...args)),
      },
    })
  })

  afterEach(() => node.stop())

  it('a sign-in says when to come again, repeats no password, and costs the person no try', async () => {
    await signUp(node.url, 'full@example.org')
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(createRelyingParty(node.url).authorize().url)
    const form = visitor.fill('sign-in', { identifier: 'full@example.org', password: GOOD_PASSWORD })
    isFull = true
    for (let time = 0; time < 5; time++) {
      const reply = await visitor.post(form)
      expect(reply.status).toBe(503)
      expect(reply.headers.get('retry-after')).toBe('7')
      expect(reply.text).not.toContain(GOOD_PASSWORD)
      expect(reply.text).toContain(reply.headers.get('traceparent')?.split('-')[1])
    }
    isFull = false
    await visitor.follow(await visitor.post(form))
    const end = await visitor.submit('code', { code: await codeFor(node.url, 'full@example.org', 2) })
    expect(end.location).toContain('/callback?code=')
  })

  it('a sign-up says so too, for known and unknown contacts, and tokens go on', async () => {
    const tokens = await tokensOf(await signUp(node.url, 'known@example.org'))
    isFull = true
    for (const email of ['known@example.org', 'unknown@example.org']) {
      const visitor = createBalancedVisitor(node.url)
      await visitor.open(`${node.url}/sign-up?userType=user`)
      const reply = await visitor.submit('sign-up', { email, password: GOOD_PASSWORD })
      expect([email, reply.status, reply.headers.get('retry-after')]).toEqual([email, 503, '7'])
    }
    const grant = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' }
    expect((await token(node.url, grant)).status).toBe(200)
  })
})

/** The node is another process: this one holds the lock, longer than a node waits for it. */
describe('while the store cannot be written', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-'))
  const configDir = roomyConfigDir()
  let node: SecondNode
  let grant: Readonly<Record<string, string>>
  let refused: Awaited<ReturnType<typeof token>>
  let waitedMs = 0

  beforeAll(async () => {
    node = await startSecondNode({ dataDir, configDir })
    const tokens = await tokensOf(await signUp(node.url, 'store@example.org'))
    grant = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' }
    await fetch(`${node.url}/jwks`)

    const unlock = lockStore(join(dataDir, 'latchkey.db'))
    const answer = token(node.url, grant)
    const began = performance.now()
    await Promise.all(['/jwks', '/health/live'].map((path) => fetch(node.url + path)))
    waitedMs = performance.now() - began
    refused = await answer
    unlock()
  }, 60_000)

  afterAll(async () => {
    await node.process.stop()
    for (const folder of [dataDir, configDir]) rmSync(folder, { recursive: true })
  })

  it('a refresh is 503 with Retry-After, and never invalid_grant: a client would throw its token away', () => {
    expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([503, true])
    expect(refused.text).not.toContain('invalid_grant')
  })

  it('the same refresh token is good afterwards', async () => {
    expect((await token(node.url, grant)).status).toBe(200)
  })

  it('the token endpoint says so in JSON, as its clients expect of it', () => {
    expect(refused.headers.get('content-type')).toContain('json')
  })

  it('keys and liveness are answered as ever', () => {
    expect(waitedMs).toBeLessThan(1000)
  })
})

/** A call to the token endpoint, whatever comes back. */
async function token(node: string, body: Readonly<Record<string, string>>) {
  const response = await fetch(`${node}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${DEMO.id}:${DEMO.secret}`)}` },
    body: new URLSearchParams(body),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

/** Takes the database's write lock, as another program could; answers how to let go of it. */
function lockStore(file: string): () => void {
  const other = new DatabaseSync(file, { timeout: 5000 })
  other.exec('BEGIN IMMEDIATE')
  return () => {
    other.exec('ROLLBACK')
    other.close()
  }
}
