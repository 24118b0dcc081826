import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import {
  APPLICATIONS,
  answerAt,
  callTokenEndpoint,
  DEMO_APP,
  open,
  pressTheButton,
  redeem,
  typeCredentials,
} from '../support/applications.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import type { Visitor } from '../support/form-visitor.ts'
import { signUp, tokensOf } from '../support/people.ts'
import { claimsOf, createRelyingParty } from '../support/relying-party.ts'

let node: FastNode

beforeAll(async () => {
  node = await startFastNode({}, APPLICATIONS)
  await signUp(node.url, 'next@example.org')
})

afterAll(() => node.stop())

/** Who is signed in, as an application that shows no page is told. */
async function whoIsIn(visitor: Visitor): Promise<unknown> {
  const { url, verifier } = createRelyingParty(node.url).authorize({ prompt: 'none' })
  await open(node.url, url, visitor)
  return claimsOf((await redeem(node.url, DEMO_APP, visitor, verifier)).id_token)['email']
}

/** Somebody is signed in, and at the same browser somebody else has typed their password and code. */
async function anotherSignsIn(before: string) {
  const signedUp = await signUp(node.url, before)
  const tokens = await tokensOf(signedUp)
  const { visitor } = signedUp
  const request = createRelyingParty(node.url).authorize({ prompt: 'login' })
  await open(node.url, request.url, visitor)
  await typeCredentials(node.url, visitor, 'next@example.org')
  return { visitor, tokens, request }
}

describe('somebody else signs in where somebody is signed in', () => {
  it('ends the session that was there, and goes on to the application, also without a script', async () => {
    const { visitor, tokens, request } = await anotherSignsIn('first@example.org')
    expect(visitor.at.headers['content-security-policy']).toMatch(/script-src 'sha256-/)
    await pressTheButton(visitor)
    expect(answerAt(visitor).get('state')).toBe(request.state)
    const { id_token: idToken } = await redeem(node.url, DEMO_APP, visitor, request.verifier)
    expect(claimsOf(idToken)['email']).toBe('next@example.org')
    expect(await whoIsIn(visitor)).toBe('next@example.org')

    const bearer = { authorization: `Bearer ${tokens.access_token}` }
    expect((await fetch(`${node.url}/userinfo`, { headers: bearer })).status).toBe(401)
    const refreshed = await callTokenEndpoint(node.url, DEMO_APP, {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token ?? '',
    })
    expect(refreshed).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  it('changes nothing before the form is posted', async () => {
    const { visitor, tokens } = await anotherSignsIn('stays@example.org')
    expect(await whoIsIn(visitor)).toBe('stays@example.org')
    const bearer = { authorization: `Bearer ${tokens.access_token}` }
    expect((await fetch(`${node.url}/userinfo`, { headers: bearer })).status).toBe(200)
  })

  it('takes no form that another site made up', async () => {
    const { visitor } = await anotherSignsIn('forged@example.org')
    for (const xsrf of ['', 'made-up', 'x'.repeat(48)]) {
      const answer = await visitor.post('/session/end/confirm', { xsrf, logout: 'yes' })
      expect(answer.status).toBe(403)
    }
    expect(await whoIsIn(visitor)).toBe('forged@example.org')
  })
})

describe('the same person signs in again', () => {
  it('keeps the session and what was given in it', async () => {
    const signedUp = await signUp(node.url, 'same@example.org')
    const tokens = await tokensOf(signedUp)
    const { visitor } = signedUp
    await open(node.url, createRelyingParty(node.url).authorize({ prompt: 'login' }).url, visitor)
    await typeCredentials(node.url, visitor, 'same@example.org')
    expect(answerAt(visitor).has('code')).toBe(true)
    const bearer = { authorization: `Bearer ${tokens.access_token}` }
    expect((await fetch(`${node.url}/userinfo`, { headers: bearer })).status).toBe(200)
  })
})
