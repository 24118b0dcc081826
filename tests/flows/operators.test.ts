import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { addAccount } from '../support/add-account.ts'
import { auditOf } from '../support/audit-records.ts'
import { createBalancedVisitor } from '../support/balanced-visitor.ts'
import { latchkey, latchkeyHere } from '../support/command.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, GOOD_PASSWORD, messagesTo, signIn, signUp, tokensOf } from '../support/people.ts'
import { claimsOf, createRelyingParty, type RelyingParty } from '../support/relying-party.ts'
import { userTypeLike } from '../support/user-types.ts'

let node: FastNode
let demo: RelyingParty

beforeAll(async () => {
  const member = userTypeLike('user', { id: 'member', name: 'Member', signUp: 'approval', roles: ['member'] })
  node = await startFastNode({}, { userTypes: [member] })
  demo = createRelyingParty(node.url)
})

afterAll(() => node.stop())

describe('an account that is disabled', () => {
  it('is dead at once: session, refresh token, access token, code and known device', async () => {
    const email = 'disabled@example.org'
    const { visitor, ...signedUp } = await signUp(node.url, email)
    const tokens = await tokensOf(signedUp)
    expect(await userinfoStatus(tokens.access_token)).toBe(200)
    const request = demo.authorize({ prompt: 'none' })
    const code = new URL((await visitor.get(request.url)).url).searchParams.get('code') ?? ''
    expect(code).not.toBe('')

    expect((await latchkey(node, 'accounts', 'disable', email)).code).toBe(0)
    expect(await userinfoStatus(tokens.access_token)).toBe(401)
    expect((await refresh(tokens.refresh_token)).body.error).toBe('invalid_grant')
    const { body } = await demo.token({
      grant_type: 'authorization_code',
      code,
      redirect_uri: 'http://localhost:3001/callback',
      code_verifier: request.verifier,
    })
    expect(body.error).toBe('invalid_grant')
    const silent = await visitor.get(demo.authorize({ prompt: 'none' }).url)
    expect(new URL(silent.url).searchParams.get('error')).toBe('login_required')
    expect((await tryToSignIn(email)).status).toBe(422)
    expect((await auditOf(node, 'sign-in.refused')).at(-1)).toMatchObject({ reason: 'disabled' })
  })

  it('signs in again once it is enabled, and nothing of before comes back', async () => {
    const email = 'enabled@example.org'
    const { visitor, ...signedUp } = await signUp(node.url, email)
    const tokens = await tokensOf(signedUp)
    await latchkeyHere(node, 'accounts', 'disable', email)
    expect((await latchkeyHere(node, 'accounts', 'enable', email)).code).toBe(0)
    expect(await userinfoStatus(tokens.access_token)).toBe(401)
    expect((await refresh(tokens.refresh_token)).body.error).toBe('invalid_grant')
    const silent = await visitor.get(demo.authorize({ prompt: 'none' }).url)
    expect(new URL(silent.url).searchParams.get('error')).toBe('login_required')
    expect((await tokensOf(await signIn(node.url, email))).access_token).toBeDefined()
  })
})

describe('an account that waits for approval', () => {
  it('cannot sign in before it is approved; its owner is told, and then can', async () => {
    const email = 'member@example.org'
    await askForApproval(email)
    expect((await tryToSignIn(email)).status).toBe(422)
    expect(await messagesOf(email, 'approved')).toHaveLength(0)

    expect((await latchkeyHere(node, 'accounts', 'approve', email)).code).toBe(0)
    await expectMessage(email, 'approved')
    const { access_token } = await tokensOf(await signIn(node.url, email))
    expect(claimsOf(access_token)).toMatchObject({ user_type: 'member', roles: ['member'] })
    expect(await latchkeyHere(node, 'accounts', 'approve', email)).toMatchObject({ code: 0 })
    expect(await messagesOf(email, 'approved')).toHaveLength(1)
  })

  it('is gone once it is rejected; its owner is told, and the contact is free', async () => {
    const email = 'rejected@example.org'
    await askForApproval(email)
    expect((await latchkeyHere(node, 'accounts', 'reject', email)).code).toBe(0)
    await expectMessage(email, 'refused')
    expect((await tryToSignIn(email)).status).toBe(422)
    expect((await latchkeyHere(node, 'accounts', 'approve', email)).code).toBe(1)
    await askForApproval(email, 2)
    expect((await latchkeyHere(node, 'accounts', 'approve', email)).code).toBe(0)
  })

  it('claims its employee ID when it is approved, one of several who wait for it', async () => {
    const waiting = { userType: 'police', status: 'awaiting-approval', employeeId: 'pol-20420' } as const
    const fields = { fullName: 'Joseph Mathew' }
    const first = await addAccount(node, { ...waiting, fields, phone: '+919876500001' })
    const second = await addAccount(node, { ...waiting, fields, phone: '+919876500002' })
    const other = await addAccount(node, { ...waiting, fields: { fullName: 'X' }, phone: '+919876500003' })
    expect(await latchkeyHere(node, 'accounts', 'approve', other)).toMatchObject({
      code: 1,
      text: expect.stringContaining('what it says of itself is not what the register says'),
    })
    const told = await Promise.all([first, second].map((id) => latchkey(node, 'accounts', 'approve', id)))
    expect(told.map(({ code }) => code).sort()).toEqual([0, 1])
    expect(told.find(({ code }) => code === 1)?.text).toContain('another account has claimed its employee ID')
    expect((await tryToSignIn('POL-20420')).status).toBe(200)
  })
})

describe('an account that pauses', () => {
  it('may be tried again at once when an operator unlocks it', async () => {
    const email = 'paused@example.org'
    const { visitor } = await signUp(node.url, email)
    const known = async (password: string) => {
      await visitor.follow(await visitor.get(demo.authorize({ prompt: 'login' }).url))
      return visitor.submit('sign-in', { identifier: email, password })
    }
    // A stranger's browser and the owner's own have counters of their own; both pause.
    for (let count = 0; count < 3; count++) {
      await tryToSignIn(email, 'wrong password')
      await known('wrong password')
    }
    expect((await tryToSignIn(email)).status).toBe(429)
    expect((await known(GOOD_PASSWORD)).status).toBe(429)

    expect((await latchkeyHere(node, 'accounts', 'unlock', email)).code).toBe(0)
    expect((await tryToSignIn(email)).status).toBe(200)
    expect((await known(GOOD_PASSWORD)).page.querySelector('form[id="code"]')).not.toBeNull()
  })
})

/** Signs up for the type that an administrator approves of. */
async function askForApproval(email: string, count = 1): Promise<void> {
  const visitor = createBalancedVisitor(node.url)
  await visitor.open(`${node.url}/sign-up?userType=member`)
  await visitor.submit('sign-up', { email, password: GOOD_PASSWORD })
  const end = await visitor.submit('code', { code: await codeFor(node.url, email, count) })
  expect(end.page.querySelector('#done h1')?.text).toBe('Your account waits for approval')
}

/** Types identifier and password in a browser that nobody knows. */
async function tryToSignIn(identifier: string, password = GOOD_PASSWORD) {
  const visitor = createBalancedVisitor(node.url)
  await visitor.open(demo.authorize().url)
  return visitor.submit('sign-in', { identifier, password })
}

async function messagesOf(to: string, template: string) {
  return (await messagesTo(node.url, to)).filter((one) => one.template === template)
}

/** The message was queued by another process: the node finds it within a second or so. */
async function expectMessage(to: string, template: string): Promise<void> {
  for (let look = 0; look < 400; look++) {
    if ((await messagesOf(to, template)).length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`No ${template} reached ${to}.`)
}

function refresh(token: string | undefined) {
  return demo.token({ grant_type: 'refresh_token', refresh_token: token ?? '' })
}

async function userinfoStatus(token: string | undefined): Promise<number> {
  return (await fetch(`${node.url}/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status
}
