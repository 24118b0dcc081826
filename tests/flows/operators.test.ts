import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { addAccount } from '../support/add-account.ts'
import { addEmployee } from '../support/add-employee.ts'
import { auditOf } from '../support/audit-records.ts'
import { latchkey, latchkeyJson } from '../support/command.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { createVisitor, type Visitor } from '../support/form-visitor.ts'
import { codeFor, GOOD_PASSWORD, messagesTo, tokensOf } from '../support/people.ts'
import { createRelyingParty, DEMO } from '../support/relying-party.ts'

let node: FastNode

beforeAll(async () => {
  node = await startFastNode()
})

afterAll(() => node.stop())

/** Somebody who signs in in a browser of their own, with what their application got. */
async function signedIn(identifier: string, contact = identifier) {
  const rp = createRelyingParty(node.url)
  const visitor = createVisitor(node.url)
  const request = rp.authorize({ scope: 'openid' })
  await visitor.follow(await visitor.get(request.url))
  const before = (await messagesTo(node.url, contact)).filter(({ code }) => code !== null).length
  await visitor.submit('sign-in', { identifier, password: GOOD_PASSWORD })
  const end = await visitor.submit('code', { code: await codeFor(node.url, contact, before + 1) })
  const tokens = await tokensOf({ rp, request, end })
  return {
    visitor,
    tokens,
    refresh: () => rp.token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' }),
    userinfo: () =>
      fetch(`${node.url}/userinfo`, { headers: { authorization: `Bearer ${tokens.access_token}` } }),
    /** Back at the application without a page, or not. */
    async hasSession() {
      const { url } = await visitor.get(createRelyingParty(node.url).authorize({ prompt: 'none' }).url)
      return url.startsWith(DEMO.redirectUri) && new URL(url).searchParams.has('code')
    },
  }
}

async function typePassword(identifier: string): Promise<Visitor> {
  const visitor = createVisitor(node.url)
  await visitor.follow(await visitor.get(createRelyingParty(node.url).authorize().url))
  await visitor.submit('sign-in', { identifier, password: GOOD_PASSWORD })
  return visitor
}

/** Signs up alone, to the end of it. */
async function signUp(userType: string, form: Readonly<Record<string, string>>, contact: string) {
  const visitor = createVisitor(node.url)
  await visitor.get(`/sign-up?userType=${userType}`)
  await visitor.submit('sign-up', { ...form, password: GOOD_PASSWORD })
  await visitor.submit('code', { code: await codeFor(node.url, contact) })
  return visitor
}

async function noticeTo(contact: string, template: string) {
  for (let look = 0; look < 300; look++) {
    const found = (await messagesTo(node.url, contact)).find((message) => message.template === template)
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`No ${template} reached ${contact}.`)
}

describe('latchkey accounts disable', () => {
  it('ends session, refresh token, access token and the way in at once, and enable opens only that again', async () => {
    const id = await addAccount(node, { email: 'ann@example.org' })
    const ann = await signedIn('ann@example.org')
    expect(await ann.hasSession()).toBe(true)
    expect((await ann.userinfo()).status).toBe(200)

    expect(await latchkeyJson(node, 'accounts', 'disable', 'Ann@Example.org')).toMatchObject({ id, ok: true })
    expect(await ann.hasSession()).toBe(false)
    expect((await ann.userinfo()).status).toBe(401)
    expect(await ann.refresh()).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect((await typePassword('ann@example.org')).at.status).toBe(422)

    await latchkeyJson(node, 'accounts', 'enable', id)
    expect(await ann.hasSession()).toBe(false)
    expect((await ann.userinfo()).status).toBe(401)
    expect((await ann.refresh()).status).toBe(400)
    const again = await signedIn('ann@example.org')
    expect((await again.userinfo()).status).toBe(200)
    const events = await auditOf(node)
    const about = events.filter(({ subjectId }) => subjectId === id).map(({ event }) => event)
    expect(about).toEqual(expect.arrayContaining(['account.disabled', 'account.enabled']))
  })

  it('makes the browser a stranger: it is told of as a new device afterwards', async () => {
    const id = await addAccount(node, { email: 'bea@example.org' })
    await signedIn('bea@example.org')
    await latchkeyJson(node, 'accounts', 'disable', id)
    await latchkeyJson(node, 'accounts', 'enable', id)
    await signedIn('bea@example.org')
    expect(await noticeTo('bea@example.org', 'new-device')).toMatchObject({ code: null })
  })
})

describe('latchkey accounts unlock', () => {
  it('lifts the pause that strangers have brought on an account', async () => {
    const id = await addAccount(node, { email: 'cay@example.org' })
    for (let free = 0; free < 3; free++) {
      const visitor = createVisitor(node.url)
      await visitor.follow(await visitor.get(createRelyingParty(node.url).authorize().url))
      await visitor.submit('sign-in', { identifier: 'cay@example.org', password: 'not-the-password-at-all' })
    }
    expect((await typePassword('cay@example.org')).at.status).toBe(429)
    await latchkeyJson(node, 'accounts', 'unlock', id)
    expect((await typePassword('cay@example.org')).at.url).toMatch(/\/code$/)
  })
})

describe('an account that waits for approval', () => {
  const MATHEW = { employeeId: 'POL-20420', 'field.fullName': 'Joseph Mathew' }

  it('cannot sign in before, is told, and signs in by its employee id afterwards', async () => {
    const phone = '+919876543299'
    await addEmployee(node, {
      employeeId: 'pol-7002',
      shownId: 'POL-7002',
      role: 'police',
      fullName: 'Joseph Mathew',
      phone: null,
      email: null,
    })
    const form = { ...MATHEW, employeeId: 'POL-7002', phone }
    const visitor = await signUp('police', form, phone)
    expect(visitor.at.page.querySelector('#done')).not.toBeNull()
    expect((await typePassword('POL-7002')).at.status).toBe(422)
    expect((await latchkey(node, 'accounts', 'approve', 'POL-7002')).code).toBe(1)

    await latchkeyJson(node, 'accounts', 'approve', phone)
    expect((await noticeTo(phone, 'approved')).text).toContain('approved')
    const officer = await signedIn('POL-7002', phone)
    expect((await officer.userinfo()).status).toBe(200)
    expect((await latchkey(node, 'accounts', 'approve', phone)).code).not.toBe(2)
  })

  it('holds no claim while it waits: of two the first approved has it, and the other is refused', async () => {
    const record = { role: 'police', fullName: 'Joseph Mathew', phone: null, email: null }
    await addEmployee(node, { ...record, employeeId: 'pol-7003', shownId: 'POL-7003' })
    const phones = ['+919876543301', '+919876543302'] as const
    for (const phone of phones) await signUp('police', { ...MATHEW, employeeId: 'POL-7003', phone }, phone)
    expect((await latchkey(node, 'accounts', 'approve', phones[1])).code).toBe(0)
    const refused = await latchkey(node, 'accounts', 'approve', phones[0], '--json')
    expect(refused.code).toBe(1)
    expect(refused.stdout).toContain('claimed')
  })

  it('is gone when it is rejected: its contact is free, and told', async () => {
    const phone = '+919876543303'
    const record = { role: 'police', fullName: 'Joseph Mathew', phone: null, email: null }
    await addEmployee(node, { ...record, employeeId: 'pol-7004', shownId: 'POL-7004' })
    await signUp('police', { ...MATHEW, employeeId: 'POL-7004', phone }, phone)
    await latchkeyJson(node, 'accounts', 'reject', phone)
    expect((await noticeTo(phone, 'refused')).text).toContain('approve')
    expect((await latchkey(node, 'accounts', 'approve', phone)).code).toBe(1)
    // Free again: somebody else's account may have it.
    await expect(addAccount(node, { phone })).resolves.toMatch(/^acc_/)
  })
})

describe('a command about an account that is not there', () => {
  it.each(['approve', 'reject', 'disable', 'enable', 'unlock'])(
    '%s ends with 1 and says so',
    async (action) => {
      const { code, stdout } = await latchkey(node, 'accounts', action, 'nobody@example.org')
      expect(code).toBe(1)
      expect(stdout).not.toBe('')
    },
  )
})
