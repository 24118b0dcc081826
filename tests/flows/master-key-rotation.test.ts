import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { verifyRecords } from '../../src/domain/audit/index.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/ids.ts'
import { openData } from '../../src/open-data.ts'
import { createBalancedVisitor } from '../support/balanced-visitor.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, GOOD_PASSWORD, signIn, signUp, tokensOf } from '../support/people.ts'
import { freePort } from '../support/ports.ts'
import { createRelyingParty } from '../support/relying-party.ts'

const OLD = 'pT3v0n1sLxq8Zk5rJ2mWc7yB4dH6fA9eUgQoVtNiKhE'
const NEW = 'aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ3aB4c'
const ANN = 'ann@example.org'

let dataDir: string
let url: string
let node: FastNode | null = null

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'latchkey-'))
  url = `http://localhost:${await freePort()}`
})

afterAll(async () => {
  await node?.stop()
  rmSync(dataDir, { recursive: true })
})

/** The server, stopped and started anew with these master keys. */
async function startWith(...masterKeys: string[]): Promise<FastNode> {
  await node?.stop()
  node = null
  const env = { LATCHKEY_PORT: new URL(url).port, LATCHKEY_MASTER_KEYS: masterKeys.join(',') }
  node = await startFastNode({ dataDir, env })
  return node
}

describe('a new master key', () => {
  it('takes the place of the old one: put first, then alone, and nothing that people hold is lost', async () => {
    await startWith(OLD)
    const signedUp = await signUp(url, ANN)
    const tokens = await tokensOf(signedUp)
    const demo = createRelyingParty(url)
    const visitor = createBalancedVisitor(url)
    await visitor.open(demo.authorize().url)
    await visitor.submit('sign-in', { identifier: ANN, password: GOOD_PASSWORD })
    const code = await codeFor(url, ANN, 2)
    const keySet = await (await fetch(`${url}/jwks`)).json()

    await startWith(NEW, OLD)
    const after = await startWith(NEW)
    expect(await (await fetch(`${url}/jwks`)).json()).toEqual(keySet)
    // A code on its way, a session, an access token, a refresh token, a password.
    const end = await visitor.submit('code', { code })
    expect(end.location).toContain('code=')
    const silently = await signedUp.visitor.get(demo.authorize({ prompt: 'none' }).url)
    expect(silently.url).toContain('code=')
    const userinfo = await fetch(`${url}/userinfo`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    })
    expect(await userinfo.json()).toMatchObject({ email: ANN })
    const refreshed = await demo.token({
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token ?? '',
    })
    expect(refreshed.status).toBe(200)
    await tokensOf(await signIn(url, ANN))

    const { storage, keys } = await openData(after.settings, systemClock, systemRandom)
    const audit = keys.dataKeys('audit')
    expect(await verifyRecords({ store: storage.audit, keys: audit, kept: null })).toMatchObject({ ok: true })
    const records = [
      ...(await storage.audit.listSealed(0, 1000)),
      ...(await storage.audit.listUnsealed(1000)),
    ]
    expect(records.filter(({ event }) => event === 'key.rewrapped')).toHaveLength(1)
    await storage.close()
    await expect(startWith(OLD)).rejects.toThrow('LATCHKEY_MASTER_KEYS does not belong to this data')
  })
})
