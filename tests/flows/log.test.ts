import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createBalancedVisitor } from '../support/balanced-visitor.ts'
import { roomyConfigDir } from '../support/config-dir.ts'
import { codeFor, codeOf, GOOD_PASSWORD, signIn, signUp, tokensOf } from '../support/people.ts'
import { createRelyingParty, DEMO } from '../support/relying-party.ts'
import { type SecondNode, startSecondNode } from '../support/second-node.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-'))
const configDir = roomyConfigDir()
let node: SecondNode

beforeAll(async () => {
  node = await startSecondNode({ dataDir, configDir, logLevel: 'trace' })
})

afterAll(async () => {
  await node.process.stop()
  for (const folder of [dataDir, configDir]) rmSync(folder, { recursive: true })
})

describe('the log at its most talkative', () => {
  it('has a line for each request, and never a password, code, token, cookie or address', async () => {
    const { url } = node
    const rp = createRelyingParty(url)
    const email = 'quiet@example.org'
    await signUp(url, email)
    const signedIn = await signIn(url, email)
    const tokens = await tokensOf(signedIn)
    const { body } = await rp.token({
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token ?? '',
    })
    await fetch(`${url}/userinfo`, { headers: { authorization: `Bearer ${tokens.access_token}` } })
    await fetch(`${url}/userinfo?access_token=${tokens.access_token}`)
    await rp.token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' })

    const stranger = createBalancedVisitor(url)
    await stranger.open(rp.authorize().url)
    await stranger.submit('sign-in', { identifier: email, password: 'wrong-but-telling-password' })
    await stranger.submit('sign-in', { identifier: email, password: GOOD_PASSWORD })
    const secondCode = await codeFor(url, email, 3)
    await stranger.post({ action: `${stranger.at.url}?code=${secondCode}`, fields: { code: secondCode } })
    await fetch(`${url}/setup?token=very-secret-setup-token`)

    await node.process.waitFor(/"path":"\/setup"/)
    const log = node.process.output()
    const secrets = {
      password: GOOD_PASSWORD,
      'wrong password': 'wrong-but-telling-password',
      'client secret': DEMO.secret,
      code: secondCode,
      'authorization code': codeOf(signedIn.end),
      verifier: signedIn.request.verifier,
      'access token': tokens.access_token.split('.')[2] ?? '',
      'ID token': tokens.id_token.split('.')[2] ?? '',
      'refresh token': tokens.refresh_token ?? '',
      'next refresh token': body.refresh_token ?? '',
      'setup token': 'very-secret-setup-token',
      address: email,
      csrf: stranger.fill('code').fields['csrf'] ?? '',
    }
    for (const [what, secret] of Object.entries(secrets)) {
      expect([what, secret.length > 5]).toEqual([what, true])
      expect([what, log.includes(secret)]).toEqual([what, false])
    }
    const lines = log.split('\n').filter((line) => line.startsWith('{'))
    expect(lines.length).toBeGreaterThan(20)
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: expect.any(String) })
  })
})
