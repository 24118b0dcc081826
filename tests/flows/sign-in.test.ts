import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createVisitor } from '../support/form-visitor.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { codeFor, codeOf, GOOD_PASSWORD, messagesTo, signIn, signUp, tokensOf } from '../support/people.ts'
import { claimsOf, createRelyingParty, DEMO } from '../support/relying-party.ts'

let node: TestNode

beforeAll(async () => {
  node = await startNode()
})

afterAll(() => node.stop())

describe('signing up inside an authorization request', () => {
  it('ends signed in at the application, with tokens that say how', async () => {
    const signedUp = await signUp(node.url, 'ann@example.org')
    const tokens = await tokensOf(signedUp)
    const access = claimsOf(tokens.access_token)
    expect(access).toMatchObject({
      iss: node.url,
      aud: `${node.url}/api`,
      client_id: 'demo',
      roles: ['user'],
      user_type: 'user',
      acr: 'urn:latchkey:acr:password-email',
      amr: ['pwd', 'otp'],
    })
    expect(access['sub']).toMatch(/^acc_/)
    expect(claimsOf(tokens.id_token)).toMatchObject({
      aud: 'demo',
      sub: access['sub'],
      sid: access['sid'],
      email: 'ann@example.org',
      email_verified: true,
    })
    expect(new URL(signedUp.end.url).searchParams.get('iss')).toBe(node.url)
  })
})

describe('signing in', () => {
  it('takes a password, then a code, and works at userinfo', async () => {
    await signUp(node.url, 'bea@example.org')
    const signedIn = await signIn(node.url, 'bea@example.org')
    const tokens = await tokensOf(signedIn)
    const response = await fetch(`${node.url}/userinfo`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ email: 'bea@example.org', roles: ['user'] })
  })

  it('says the same for a wrong password and an unknown person', async () => {
    await signUp(node.url, 'cay@example.org')
    const pages: string[] = []
    for (const identifier of ['cay@example.org', 'nobody@example.org']) {
      const visitor = createVisitor(node.url)
      await visitor.follow(await visitor.get(createRelyingParty(node.url).authorize().url))
      const answer = await visitor.submit('sign-in', { identifier, password: 'not-the-password-at-all' })
      expect(answer.status).toBe(422)
      expect(answer.page.querySelector('#errors')).not.toBeNull()
      const plain = answer.text
        .replaceAll(identifier, 'X')
        .replace(/interaction\/[\w-]+/g, 'I')
        .replace(/value="[\w-]{43}"/g, 'C')
      pages.push(plain)
    }
    expect(pages[0]).toBe(pages[1])
  })

  it('refuses a wrong code and counts the tries', async () => {
    await signUp(node.url, 'dot@example.org')
    const visitor = createVisitor(node.url)
    await visitor.follow(await visitor.get(createRelyingParty(node.url).authorize().url))
    await visitor.submit('sign-in', { identifier: 'dot@example.org', password: GOOD_PASSWORD })
    const right = await codeFor(node.url, 'dot@example.org', 2)
    const wrong = right === '000000' ? '000001' : '000000'
    expect((await visitor.submit('code', { code: wrong })).status).toBe(422)
    expect(visitor.at.text).toContain('4 tries left')
    const end = await visitor.submit('code', { code: `${right.slice(0, 3)} ${right.slice(3)}` })
    expect(codeOf(end)).toBeTruthy()
  })

  it('sends a new code on request, not too soon, and the old one is dead', async () => {
    await signUp(node.url, 'eve@example.org')
    const visitor = createVisitor(node.url)
    await visitor.follow(await visitor.get(createRelyingParty(node.url).authorize().url))
    await visitor.submit('sign-in', { identifier: 'eve@example.org', password: GOOD_PASSWORD })
    const answer = await visitor.submit('resend')
    expect(answer.status).toBe(429)
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    expect(await messagesTo(node.url, 'eve@example.org')).toHaveLength(2)
  })

  it('gives a signed-in browser a code without a page', async () => {
    const { visitor } = await signUp(node.url, 'fay@example.org')
    const again = await visitor.get(createRelyingParty(node.url).authorize().url)
    expect(again.url.startsWith(DEMO.redirectUri)).toBe(true)
    expect(codeOf(again)).toBeTruthy()
  })
})
