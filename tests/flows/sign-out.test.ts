import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { auditOf } from '../support/audit-records.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import type { Answer, Visitor } from '../support/form-visitor.ts'
import { signIn, signUp, tokensOf } from '../support/people.ts'
import { claimsOf, createRelyingParty, type RelyingParty } from '../support/relying-party.ts'
import { shiftedClock } from '../support/shifted-clock.ts'

const HOME = 'http://localhost:3001/'

const clock = shiftedClock()
let node: FastNode
let demo: RelyingParty

beforeAll(async () => {
  node = await startFastNode({ clock })
  demo = createRelyingParty(node.url)
})

afterAll(() => node.stop())

describe('signing out by an application', () => {
  it('asks the person, ends session, grants and tokens of this browser, and goes back with the state', async () => {
    const email = 'out@example.org'
    const { visitor, ...signedIn } = await signUp(node.url, email)
    const tokens = await tokensOf(signedIn)
    const elsewhere = await signIn(node.url, email)
    const othersTokens = await tokensOf(elsewhere)

    const page = await askToSignOut(visitor)
    expect(page.status).toBe(200)
    expect(page.headers['content-security-policy']).toContain("form-action 'self' http://localhost:3001")
    // Nothing has ended before the person says so.
    expect(await userinfoStatus(tokens.access_token)).toBe(200)

    const end = await visitor.submit('sign-out', { decision: 'sign-out' })
    expect(end.url).toBe(`${HOME}?state=back-again`)
    expect(await userinfoStatus(tokens.access_token)).toBe(401)
    expect((await refresh(tokens.refresh_token)).body.error).toBe('invalid_grant')
    expect(await isSignedIn(visitor)).toBe(false)

    expect(await userinfoStatus(othersTokens.access_token)).toBe(200)
    expect((await refresh(othersTokens.refresh_token)).status).toBe(200)
    expect(await isSignedIn(elsewhere.visitor)).toBe(true)
  })

  it('makes one record of the session that ended, with whose it was', async () => {
    const { visitor, ...signedIn } = await signUp(node.url, 'record@example.org')
    const tokens = await tokensOf(signedIn)
    await askToSignOut(visitor)
    await visitor.submit('sign-out', { decision: 'sign-out' })
    const ended = await auditOf(node, 'session.ended')
    const { sub } = claimsOf(tokens.access_token)
    expect(ended.filter(({ subjectId }) => subjectId === sub)).toEqual([
      expect.objectContaining({ outcome: 'success', reason: 'signed_out', clientId: 'demo' }),
    ])
  })

  it('leaves everything as it is when the person stays', async () => {
    const { visitor, ...signedIn } = await signUp(node.url, 'stay@example.org')
    const tokens = await tokensOf(signedIn)
    await askToSignOut(visitor)
    const page = await visitor.submit('sign-out', { decision: 'stay' })
    expect(page.status).toBe(200)
    expect(await userinfoStatus(tokens.access_token)).toBe(200)
    expect((await refresh(tokens.refresh_token)).status).toBe(200)
    expect(await isSignedIn(visitor)).toBe(true)
  })

  it('does not take any other word for sign-out', async () => {
    const { visitor } = await signUp(node.url, 'words@example.org')
    for (const decision of ['', 'SIGN-OUT', 'yes', 'sign-out ']) {
      await visitor.get('/session/end')
      await visitor.submit('sign-out', { decision })
      expect([decision, await isSignedIn(visitor)]).toEqual([decision, true])
    }
  })

  it('without an application ends at a page of ours', async () => {
    const { visitor } = await signUp(node.url, 'alone@example.org')
    await visitor.get('/session/end')
    const end = await visitor.submit('sign-out', { decision: 'sign-out' })
    expect([end.status, end.page.querySelector('#done') !== null]).toEqual([200, true])
    expect(await isSignedIn(visitor)).toBe(false)
  })

  it('is refused as a form that was not made for this browser', async () => {
    const { visitor } = await signUp(node.url, 'forged@example.org')
    await visitor.get('/session/end')
    for (const forged of [
      { xsrf: 'x', decision: 'sign-out' },
      { csrf: 'x', decision: 'sign-out' },
      { xsrf: '', logout: 'yes' },
    ]) {
      await visitor.get('/session/end')
      expect((await visitor.submit('sign-out', forged)).status).toBe(403)
    }
    expect((await visitor.post('/session/end/confirm', { logout: 'yes' })).status).toBe(403)
    expect(await isSignedIn(visitor)).toBe(true)
  })

  it('is malformed where nobody asked for it', async () => {
    const { visitor } = await signUp(node.url, 'unasked@example.org')
    expect((await visitor.post('/session/end/confirm', { decision: 'sign-out' })).status).toBe(400)
    expect(await isSignedIn(visitor)).toBe(true)
  })

  it('does not lead to an address that the application did not register', async () => {
    const { visitor, ...signedIn } = await signUp(node.url, 'open@example.org')
    const { id_token: hint } = await tokensOf(signedIn)
    for (const uri of ['https://evil.example/', `${HOME}x`, 'http://localhost:3001', 'javascript:alert(1)']) {
      for (const parameters of [{}, { id_token_hint: hint }]) {
        const page = await askToSignOut(visitor, { ...parameters, post_logout_redirect_uri: uri })
        expect([uri, page.status]).toEqual([uri, 400])
        expect(page.text).not.toContain('href="https://evil')
      }
    }
    expect(await isSignedIn(visitor)).toBe(true)
  })

  it('twice is clear the second time, also by the back button', async () => {
    const { visitor } = await signUp(node.url, 'twice@example.org')
    await askToSignOut(visitor)
    const form = visitor.at
    await visitor.submit('sign-out', { decision: 'sign-out' })
    const fields = Object.fromEntries(
      form.page
        .querySelectorAll('input[name]')
        .map((one) => [one.getAttribute('name') ?? '', one.getAttribute('value') ?? '']),
    )
    const again = await visitor.post('/session/end/confirm', { ...fields, decision: 'sign-out' })
    expect(again.status).toBe(400)
    const asked = await visitor.follow(await askToSignOut(visitor))
    expect(asked.status).toBeLessThan(400)
  })
})

describe('signing out with the ID token of the session as a hint', () => {
  it('asks nobody: it ends session, grants and tokens of this browser, and goes back with the state', async () => {
    const { visitor, ...signedIn } = await signUp(node.url, 'hint@example.org')
    const tokens = await tokensOf(signedIn)
    const elsewhere = await signIn(node.url, 'hint@example.org')
    const answer = await askToSignOut(visitor, { id_token_hint: tokens.id_token })
    expect([answer.status, answer.url]).toEqual([303, `${HOME}?state=back-again`])
    expect(await userinfoStatus(tokens.access_token)).toBe(401)
    expect((await refresh(tokens.refresh_token)).body.error).toBe('invalid_grant')
    expect(await isSignedIn(visitor)).toBe(false)
    expect(await isSignedIn(elsewhere.visitor)).toBe(true)
    const { sub } = claimsOf(tokens.access_token)
    const ended = (await auditOf(node, 'session.ended')).filter(({ subjectId }) => subjectId === sub)
    expect(ended).toEqual([expect.objectContaining({ reason: 'signed_out', clientId: 'demo' })])
  })

  it('ends at a page of ours where no address was given', async () => {
    const { visitor, ...signedIn } = await signUp(node.url, 'no-address@example.org')
    const { id_token: hint } = await tokensOf(signedIn)
    const end = await visitor.follow(await visitor.get(`/session/end?id_token_hint=${hint}`))
    expect([end.status, end.page.querySelector('#done') !== null]).toEqual([200, true])
    expect(await isSignedIn(visitor)).toBe(false)
  })

  it('asks the person where the token is of an earlier session, or of somebody else', async () => {
    const before = await signUp(node.url, 'earlier@example.org')
    const { id_token: old } = await tokensOf(before)
    const { id_token: others } = await tokensOf(await signUp(node.url, 'somebody@example.org'))
    await askToSignOut(before.visitor, { id_token_hint: old })
    const { visitor } = await signIn(node.url, 'earlier@example.org', { visitor: before.visitor })
    for (const hint of [old, others]) {
      const page = await askToSignOut(visitor, { id_token_hint: hint })
      expect([page.status, page.page.querySelector('form#sign-out') !== null]).toEqual([200, true])
      expect(await isSignedIn(visitor)).toBe(true)
    }
  })
})

describe('a session', () => {
  it('ends by itself after 24 hours without a request', async () => {
    const { visitor } = await signUp(node.url, 'idle@example.org')
    expect(await clock.later(86_000, () => isSignedIn(visitor))).toBe(true)
    expect(await clock.later(2 * 86_400, () => isSignedIn(visitor))).toBe(false)
  })
})

async function askToSignOut(
  visitor: Visitor,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const request = { client_id: 'demo', post_logout_redirect_uri: HOME, state: 'back-again', ...parameters }
  return visitor.get(`/session/end?${new URLSearchParams(request)}`)
}

function refresh(token: string | undefined) {
  return demo.token({ grant_type: 'refresh_token', refresh_token: token ?? '' })
}

async function isSignedIn(visitor: Visitor): Promise<boolean> {
  const { url } = await visitor.get(demo.authorize({ prompt: 'none' }).url)
  return new URL(url).searchParams.has('code')
}

async function userinfoStatus(token: string): Promise<number> {
  return (await fetch(`${node.url}/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status
}
