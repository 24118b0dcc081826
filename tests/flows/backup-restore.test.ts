import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { latchkey } from '../support/command.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeOf, signIn, signUp, tokensOf, type Visitor } from '../support/people.ts'
import { freePort } from '../support/ports.ts'
import { createRelyingParty, DEMO, type RelyingParty, type TokenAnswer } from '../support/relying-party.ts'

const ANN = 'ann@example.org'

let dataDir: string
let url: string
let backup: string
let node: FastNode
let demo: RelyingParty

/** The same address again and again, as a server that is started anew has it. */
async function start(): Promise<void> {
  node = await startFastNode({ dataDir, env: { LATCHKEY_PORT: new URL(url).port } })
}

const command = (...args: string[]) => latchkey({ url, dataDir }, ...args)

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'latchkey-'))
  backup = join(dataDir, 'backup.db')
  url = `http://localhost:${await freePort()}`
  demo = createRelyingParty(url)
  await start()
})

afterAll(async () => {
  await node.stop()
  rmSync(dataDir, { recursive: true })
})

/** Everything that one sign-in left in the world. */
interface Issued {
  readonly visitor: Visitor
  readonly tokens: TokenAnswer
  /** Not redeemed yet. */
  readonly code: string
  readonly verifier: string
}

async function issuedBy(signedIn: Awaited<ReturnType<typeof signUp>>): Promise<Issued> {
  const tokens = await tokensOf(signedIn)
  const request = demo.authorize({ prompt: 'none' })
  const end = await signedIn.visitor.get(request.url)
  return { visitor: signedIn.visitor, tokens, code: codeOf(end), verifier: request.verifier }
}

const userinfo = async (token: string | undefined) =>
  (await fetch(`${url}/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status

const refresh = (token: string | undefined) =>
  demo.token({ grant_type: 'refresh_token', refresh_token: token ?? '' })

async function expectDead({ visitor, tokens, code, verifier }: Issued): Promise<void> {
  expect(await userinfo(tokens.access_token)).toBe(401)
  expect((await refresh(tokens.refresh_token)).body.error).toBe('invalid_grant')
  const redeemed = await demo.token({
    grant_type: 'authorization_code',
    code,
    redirect_uri: DEMO.redirectUri,
    code_verifier: verifier,
  })
  expect(redeemed.body.error).toBe('invalid_grant')
  const silently = await visitor.get(demo.authorize({ prompt: 'none' }).url)
  expect(new URL(silently.url).searchParams.get('error')).toBe('login_required')
}

async function restoreAndStart(): Promise<void> {
  await node.stop()
  const told = await command('restore', backup)
  expect(told.text).toContain('Whatever was issued before has ended.')
  expect(told.code).toBe(0)
  await start()
}

describe('a backup that is restored twice', () => {
  let first: Issued
  let second: Issued

  it('is made while the server serves, and not restored while it does', async () => {
    first = await issuedBy(await signUp(url, ANN))
    const made = await command('backup', backup, '--json')
    expect(made.code).toBe(0)
    expect(await userinfo(first.tokens.access_token)).toBe(200)
    const refused = await command('restore', backup)
    expect(refused.code).toBe(1)
    expect(refused.text).toContain('is in use. Stop every server')
    expect(await userinfo(first.tokens.access_token)).toBe(200)
  })

  it('ends every token, session, refresh token and code, known to the backup or not', async () => {
    const later = await issuedBy(await signUp(url, 'later@example.org'))
    await restoreAndStart()
    await expectDead(first)
    await expectDead(later)
  })

  it('lets people sign in again, with a code, since no device is known', async () => {
    second = await issuedBy(await signIn(url, ANN))
    expect(await userinfo(second.tokens.access_token)).toBe(200)
    expect((await command('audit', 'verify')).code).toBe(0)
  })

  it('the second time also ends what was issued since the first', async () => {
    await restoreAndStart()
    await expectDead(first)
    await expectDead(second)
    expect(await userinfo((await issuedBy(await signIn(url, ANN))).tokens.access_token)).toBe(200)
  })
})
