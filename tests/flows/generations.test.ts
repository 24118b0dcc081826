import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Raise } from '../../src/domain/revocations/index.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage } from '../../src/storage/index.ts'
import { type BalancedVisitor, createBalancedVisitor } from '../support/balanced-visitor.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, GOOD_PASSWORD, signUp, tokensOf } from '../support/people.ts'
import { claimsOf, createRelyingParty, type RelyingParty } from '../support/relying-party.ts'

let node: FastNode
let demo: RelyingParty

beforeAll(async () => {
  node = await startFastNode()
  demo = createRelyingParty(node.url)
})

afterAll(() => node.stop())

/** What ends by a generation is raised by another process on the same data, as a later part of Latchkey does it. */
describe('a raised generation', () => {
  it('of tokens ends the access token alone', async () => {
    const { visitor, tokens, account } = await person('token@example.org')
    await raise({ owner: { kind: 'account', id: account }, signIn: false })
    expect(await userinfoStatus(tokens.access_token)).toBe(401)
    const { status, body } = await refresh(tokens.refresh_token)
    expect(status).toBe(200)
    expect(await userinfoStatus(body.access_token)).toBe(200)
    expect(await isSignedIn(visitor)).toBe(true)
  })

  it.each([
    ['an account', 'account'],
    ['a client', 'client'],
  ] as const)('of sign-ins of %s ends tokens, refresh tokens and codes that came before', async (_, kind) => {
    const { visitor, tokens, account } = await person(`${kind}@example.org`)
    const request = demo.authorize({ prompt: 'none' })
    const code = new URL((await visitor.get(request.url)).url).searchParams.get('code') ?? ''
    await raise({ owner: { kind, id: kind === 'account' ? account : 'demo' }, signIn: true })
    expect(await userinfoStatus(tokens.access_token)).toBe(401)
    expect((await refresh(tokens.refresh_token)).body.error).toBe('invalid_grant')
    const { body } = await demo.token({
      grant_type: 'authorization_code',
      code,
      redirect_uri: 'http://localhost:3001/callback',
      code_verifier: request.verifier,
    })
    expect(body.error).toBe('invalid_grant')
    // A client's own raise leaves the person's session; the account's ends it.
    expect(await isSignedIn(visitor)).toBe(kind === 'client')
  })

  it('of a user type ends the access token of its people', async () => {
    const { tokens } = await person('type@example.org')
    await raise({ owner: { kind: 'user-type', id: 'user' }, signIn: false })
    expect(await userinfoStatus(tokens.access_token)).toBe(401)
    expect((await refresh(tokens.refresh_token)).status).toBe(200)
  })

  it('between password and code makes the code open nothing', async () => {
    const email = 'between@example.org'
    const { account } = await person(email)
    const { visitor, code } = await askForCode(email, 2)
    await raise({ owner: { kind: 'account', id: account }, signIn: true })
    const end = await visitor.submit('code', { code })
    expect(end.status).toBe(422)
    expect(end.page.querySelector('form[id="sign-in"]')).not.toBeNull()
    expect(new URL((await silently(visitor)) ?? '').searchParams.get('error')).toBe('login_required')
  })

  it('between the code and the way back to the application ends there too', async () => {
    const email = 'resume@example.org'
    const { account } = await person(email)
    const { visitor, code } = await askForCode(email, 2)
    const accepted = await visitor.post(visitor.fill('code', { code }))
    expect(accepted.location).toContain('/auth/')
    await raise({ owner: { kind: 'account', id: account }, signIn: true })
    const end = await visitor.follow(accepted)
    expect(end.location ?? '').not.toContain('code=')
    expect(new URL((await silently(visitor)) ?? '').searchParams.get('error')).toBe('login_required')
  })
})

async function person(email: string) {
  const signedUp = await signUp(node.url, email)
  const tokens = await tokensOf(signedUp)
  return { visitor: signedUp.visitor, tokens, account: String(claimsOf(tokens.access_token)['sub']) }
}

async function askForCode(identifier: string, count: number) {
  const visitor = createBalancedVisitor(node.url)
  await visitor.open(demo.authorize().url)
  await visitor.submit('sign-in', { identifier, password: GOOD_PASSWORD })
  return { visitor, code: await codeFor(node.url, identifier, count) }
}

async function raise(one: Raise): Promise<void> {
  const storage = await openStorage(node.settings.storage, { clock: systemClock })
  await storage.revocations.raise([one], new Date(), [])
  await storage.close()
}

function refresh(token: string | undefined) {
  return demo.token({ grant_type: 'refresh_token', refresh_token: token ?? '' })
}

async function isSignedIn(visitor: Awaited<ReturnType<typeof signUp>>['visitor']): Promise<boolean> {
  return (await visitor.get(demo.authorize({ prompt: 'none' }).url)).url.includes('code=')
}

async function silently(visitor: BalancedVisitor): Promise<string | null> {
  return (await visitor.get(demo.authorize({ prompt: 'none' }).url)).location
}

async function userinfoStatus(token: string | undefined): Promise<number> {
  return (await fetch(`${node.url}/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status
}
