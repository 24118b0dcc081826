import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createRemoteJWKSet, decodeProtectedHeader, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/ids.ts'
import { openData } from '../../src/open-data.ts'
import { latchkey } from '../support/command.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { signUp, tokensOf } from '../support/people.ts'
import { anAuditEntry } from '../support/records.ts'
import { createRelyingParty } from '../support/relying-party.ts'

/** As in real life a new key is published for longer than anybody keeps the key set. */
const SCHEDULE = {
  aheadSeconds: 2,
  everySeconds: 86_400,
  keptSeconds: 86_400,
  followEveryMilliseconds: 100,
}
const VERIFIER_KEEPS_MILLISECONDS = 1000

let dataDir: string
let nodes: FastNode[] = []

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'latchkey-'))
  const first = await startFastNode({ dataDir, keySchedule: SCHEDULE })
  const second = await startFastNode({ dataDir, keySchedule: SCHEDULE, issuer: first.url })
  nodes = [first, second]
})

afterAll(async () => {
  for (const node of nodes) await node.stop()
  rmSync(dataDir, { recursive: true })
})

async function machineToken(node: FastNode): Promise<string> {
  const answer = await fetch(`${node.url}/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${btoa('demo-machine:demo-machine-secret-for-development-only')}`,
    },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  const body = (await answer.json()) as { access_token?: string }
  if (!body.access_token) throw new Error(`No token: ${answer.status} ${JSON.stringify(body)}`)
  return body.access_token
}

/** A verifier that never looks again because a key is unknown to it. */
function strictVerifier(node: FastNode): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(`${node.url}/jwks`), {
    cacheMaxAge: VERIFIER_KEEPS_MILLISECONDS,
    cooldownDuration: Number.POSITIVE_INFINITY,
  })
}

async function rotate(how: 'overlap' | 'drop-old') {
  const [node] = nodes
  if (!node) throw new Error('There is a node.')
  const { storage, keys } = await openData(node.settings, systemClock, systemRandom, SCHEDULE)
  try {
    return await keys.rotate(how, async () => anAuditEntry())
  } finally {
    await storage.close()
  }
}

const kidOf = (token: string) => decodeProtectedHeader(token).kid

describe('a rotation by another process, under load, at two nodes', () => {
  it('fails no verification anywhere, and the new key signs on both', async () => {
    const [first, second] = nodes
    if (!first || !second) throw new Error('There are two nodes.')
    // Each verifies what the other signs.
    const pairs = [
      { signs: first, key: strictVerifier(second) },
      { signs: second, key: strictVerifier(first) },
    ]
    const issuer = first.url
    const seen = new Map<FastNode, Set<string | undefined>>(nodes.map((node) => [node, new Set()]))
    let stopped = false
    let verified = 0
    const load = pairs.flatMap(({ signs, key }) =>
      Array.from({ length: 3 }, async () => {
        while (!stopped) {
          const token = await machineToken(signs)
          await jwtVerify(token, key, { issuer, typ: 'at+jwt' })
          seen.get(signs)?.add(kidOf(token))
          verified += 1
        }
      }),
    )
    const early = await machineToken(first)
    await wait(300)
    expect((await rotate('overlap')).kind).toBe('rotated')
    expect((await rotate('overlap')).kind).toBe('under-way')
    for (let look = 0; look < 100; look++) {
      if ([...seen.values()].every((kids) => kids.size > 1)) break
      await wait(100)
    }
    stopped = true
    await Promise.all(load)
    expect(verified).toBeGreaterThan(10)
    for (const kids of seen.values()) expect(kids.size).toBe(2)
    // What was signed before is good still.
    for (const { key } of pairs) await jwtVerify(early, key, { issuer })
  })

  it('where it is urgent, refuses what was signed before, here and elsewhere, without a restart', async () => {
    const [first, second] = nodes
    if (!first || !second) throw new Error('There are two nodes.')
    const person = await tokensOf(await signUp(first.url, 'urgent@example.org'))
    const userinfo = async (node: FastNode, token: string | undefined) =>
      (await fetch(`${node.url}/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status
    expect(await userinfo(second, person.access_token)).toBe(200)
    await rotate('drop-old')
    for (const node of nodes) {
      for (
        let look = 0;
        look < 50 && kidOf(await machineToken(node)) === kidOf(person.access_token);
        look++
      ) {
        await wait(50)
      }
      expect(await userinfo(node, person.access_token)).toBe(401)
      await expect(jwtVerify(person.access_token, strictVerifier(node))).rejects.toMatchObject({
        code: 'ERR_JWKS_NO_MATCHING_KEY',
      })
    }
    const again = await createRelyingParty(first.url).token({
      grant_type: 'refresh_token',
      refresh_token: person.refresh_token ?? '',
    })
    expect(await userinfo(second, again.body.access_token)).toBe(200)
  })
})

describe('keys at the shell', () => {
  it('are listed, and made once where two ask at once', async () => {
    const [node] = nodes
    if (!node) throw new Error('There is a node.')
    const told = await Promise.all([
      latchkey(node, 'keys', 'rotate', '--json'),
      latchkey(node, 'keys', 'rotate', '--json'),
    ])
    expect(told.map(({ code }) => code)).toEqual([0, 0])
    const kinds = told.map(({ text }) => JSON.parse(text).kind)
    expect(kinds.sort()).toEqual(['rotated', 'under-way'])
    const { signing, masterKeys } = JSON.parse((await latchkey(node, 'keys', 'list', '--json')).text)
    expect(signing.filter(({ retiredAt }: { retiredAt: string | null }) => retiredAt === null)).toHaveLength(
      3,
    )
    expect(masterKeys).toHaveLength(1)
  })
})
