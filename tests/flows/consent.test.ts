import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import {
  APPLICATIONS,
  type Application,
  answerAt,
  BRIEF_LOOK,
  CASE_NOTES,
  callTokenEndpoint,
  DEMO_APP,
  formsAt,
  KIOSK,
  ORDERS_API,
  open,
  POCKET,
  pressTheButton,
  redeem,
  typeCredentials,
} from '../support/applications.ts'
import { auditOf } from '../support/audit-records.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { createVisitor, type Visitor } from '../support/form-visitor.ts'
import { signUp } from '../support/people.ts'
import { claimsOf, createRelyingParty, type TokenAnswer } from '../support/relying-party.ts'

let node: FastNode

beforeAll(async () => {
  node = await startFastNode({}, APPLICATIONS)
})

afterAll(() => node.stop())

type Parameters = Readonly<Record<string, string>>

/** Somebody who is signed in, at the page that an application's request leads to. */
async function ask(visitor: Visitor, app: Application, parameters: Parameters = {}) {
  const request = createRelyingParty(node.url, app).authorize({ scope: 'openid email', ...parameters })
  await open(node.url, request.url, visitor)
  return request
}

/** What an application learns with the code that the visitor came back with. */
async function learn(app: Application, visitor: Visitor, { verifier }: { verifier: string }) {
  const tokens = await redeem(node.url, app, visitor, verifier)
  const { access_token: access, id_token: id } = tokens
  return { ...tokens, access: claimsOf(access), id: claimsOf(id), userinfo: await userinfo(tokens) }
}

async function userinfo({ access_token: token }: TokenAnswer) {
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(`${node.url}/userinfo`, { headers })
  return response.status === 200 ? ((await response.json()) as Record<string, unknown>) : null
}

/** What is asked for, a text per row. */
function rowsAt({ at }: Visitor): string[] {
  return at.page.querySelectorAll('.rows li').map((row) => row.text.replace(/\s+/g, ' ').trim())
}

describe('an application of somebody else', () => {
  it('is shown with what it asks for, in plain words and with the person’s own values', async () => {
    const { visitor } = await signUp(node.url, 'ada@example.org')
    await ask(visitor, CASE_NOTES, {
      scope: 'openid profile email roles orders:read',
      resource: ORDERS_API.identifier,
    })
    expect(visitor.at.status).toBe(200)
    expect(visitor.at.page.querySelector('h1')?.text).toBe('Share with Case Notes?')
    expect(visitor.at.text).toContain('casenotes.example')
    expect(rowsAt(visitor)).toEqual([
      'See your name',
      'See your email ada@example.org',
      'See your user type and roles User; user',
      'Use Order book for you orders:read',
      'Stay connected while you are away For up to 30 days, or until you end it',
    ])
    const buttons = visitor.at.page.querySelectorAll('form[id="consent"] button[name="decision"]')
    expect(buttons.map((button) => button.getAttribute('value'))).toEqual(['allow', 'deny'])
    expect(visitor.at.headers['content-security-policy']).toContain(
      "form-action 'self' https://casenotes.example",
    )
  })

  it('gets a code once the person agreed, and tokens for userinfo only, without roles', async () => {
    const { visitor } = await signUp(node.url, 'ben@example.org')
    const request = await ask(visitor, CASE_NOTES)
    expect(answerAt(visitor).has('code')).toBe(false)
    await visitor.submit('consent', { decision: 'allow' })
    expect(answerAt(visitor).get('state')).toBe(request.state)
    const { access, id, userinfo, refresh_token } = await learn(CASE_NOTES, visitor, request)
    expect(access).toMatchObject({ aud: node.url, scope: 'openid email', client_id: 'case-notes' })
    expect(userinfo).toEqual({ sub: access['sub'], email: 'ben@example.org', email_verified: true })
    expect(id).toMatchObject({ email: 'ben@example.org' })
    for (const claims of [access, id]) {
      expect(claims).not.toHaveProperty('roles')
      expect(claims).not.toHaveProperty('user_type')
    }
    expect(refresh_token).toBeTruthy()
  })

  it('gets roles with the scope of that name, in every place', async () => {
    const { visitor } = await signUp(node.url, 'cleo@example.org')
    const request = await ask(visitor, BRIEF_LOOK, { scope: 'openid roles' })
    expect(rowsAt(visitor)).toEqual(['See your user type and roles User; user'])
    await visitor.submit('consent', { decision: 'allow' })
    const { access, id, userinfo } = await learn(BRIEF_LOOK, visitor, request)
    for (const claims of [access, id, userinfo]) {
      expect(claims).toMatchObject({ roles: ['user'], user_type: 'user' })
    }
  })

  it('gets no roles by asking for the claims instead', async () => {
    const { visitor } = await signUp(node.url, 'cora@example.org')
    const claims = JSON.stringify({ userinfo: { roles: null }, id_token: { roles: null, user_type: null } })
    const request = await ask(visitor, BRIEF_LOOK, { scope: 'openid', claims })
    expect(rowsAt(visitor)).toEqual(['Recognise you when you come back'])
    await visitor.submit('consent', { decision: 'allow' })
    const told = await learn(BRIEF_LOOK, visitor, request)
    for (const claims of [told.access, told.id, told.userinfo]) expect(claims).not.toHaveProperty('roles')
  })

  it('gets a token for an API with the scopes that were agreed to', async () => {
    const { visitor } = await signUp(node.url, 'dan@example.org')
    const request = await ask(visitor, BRIEF_LOOK, {
      scope: 'openid orders:read',
      resource: ORDERS_API.identifier,
    })
    await visitor.submit('consent', { decision: 'allow' })
    const { access, userinfo } = await learn(BRIEF_LOOK, visitor, request)
    expect(access).toMatchObject({ aud: ORDERS_API.identifier, scope: 'openid orders:read' })
    expect(userinfo).toBeNull()
  })

  it('is shown to ask for what only applications of the organisation have without asking', async () => {
    const { visitor } = await signUp(node.url, 'dora@example.org')
    const asksFor = async (scope: string, resource: string) => {
      await ask(visitor, BRIEF_LOOK, { scope, resource })
      return rowsAt(visitor)
    }
    expect(await asksFor('openid account', `${node.url}/api`)).toEqual([
      'See and change your account',
      'Use applications of your organisation for you',
    ])
    expect(await asksFor('openid admin:read admin:write', 'urn:latchkey:admin')).toEqual([
      'See what you see as an administrator',
      'Change what you may change as an administrator',
    ])
  })

  it('is told when the person does not agree, and asks anew the next time', async () => {
    const { visitor } = await signUp(node.url, 'eli@example.org')
    const { state } = await ask(visitor, CASE_NOTES)
    await visitor.submit('consent', { decision: 'deny' })
    expect(visitor.at.url).toMatch(/^https:\/\/casenotes\.example\/callback\?/)
    expect(Object.fromEntries(answerAt(visitor))).toMatchObject({
      error: 'access_denied',
      state,
      iss: node.url,
    })
    await ask(visitor, CASE_NOTES)
    expect(formsAt(visitor)).toEqual(['consent'])
  })

  it('is consent_required where no page may be shown', async () => {
    const { visitor } = await signUp(node.url, 'eva@example.org')
    await ask(visitor, CASE_NOTES, { prompt: 'none' })
    expect(answerAt(visitor).get('error')).toBe('consent_required')
  })
})

describe('what was agreed to', () => {
  it('is not asked again in this session, and what is new is asked alone', async () => {
    const { visitor } = await signUp(node.url, 'fay@example.org')
    await ask(visitor, CASE_NOTES)
    await visitor.submit('consent', { decision: 'allow' })
    await ask(visitor, CASE_NOTES)
    expect(answerAt(visitor).has('code')).toBe(true)

    await ask(visitor, CASE_NOTES, { scope: 'openid email phone' })
    expect(rowsAt(visitor)).toEqual(['See your phone number'])
    await visitor.submit('consent', { decision: 'deny' })
    expect(answerAt(visitor).get('error')).toBe('access_denied')

    await ask(visitor, CASE_NOTES, { scope: 'openid email phone' })
    await visitor.submit('consent', { decision: 'allow' })
    for (const scope of ['openid email phone', 'openid', 'openid email']) {
      await ask(visitor, CASE_NOTES, { scope, prompt: 'none' })
      expect(answerAt(visitor).has('code')).toBe(true)
    }
  })

  it('is good for that application and that session alone', async () => {
    const { visitor } = await signUp(node.url, 'gus@example.org')
    await ask(visitor, CASE_NOTES)
    await visitor.submit('consent', { decision: 'allow' })
    await ask(visitor, BRIEF_LOOK)
    expect(formsAt(visitor)).toEqual(['consent'])

    const elsewhere = createVisitor(node.url)
    await ask(elsewhere, CASE_NOTES)
    await typeCredentials(node.url, elsewhere, 'gus@example.org')
    expect(formsAt(elsewhere)).toEqual(['consent'])
  })

  it('is shown again, all of it, for prompt=consent, also by an application of our own', async () => {
    const { visitor } = await signUp(node.url, 'hal@example.org')
    await ask(visitor, CASE_NOTES)
    await visitor.submit('consent', { decision: 'allow' })
    await ask(visitor, CASE_NOTES, { prompt: 'consent' })
    expect(rowsAt(visitor)).toEqual([
      'See your email hal@example.org',
      'Stay connected while you are away For up to 30 days, or until you end it',
    ])
    await visitor.submit('consent', { decision: 'allow' })
    expect(answerAt(visitor).has('code')).toBe(true)

    const { url } = createRelyingParty(node.url).authorize({ prompt: 'consent' })
    await open(node.url, url, visitor)
    expect(formsAt(visitor)).toEqual(['consent'])
    expect(visitor.at.text).not.toContain('not run by your organisation')
    await visitor.submit('consent', { decision: 'allow' })
    expect(answerAt(visitor).has('code')).toBe(true)
  })

  it('does not come back with a yes to something more, once the person disconnected the application', async () => {
    const { visitor } = await signUp(node.url, 'ian@example.org')
    await ask(visitor, CASE_NOTES)
    await visitor.submit('consent', { decision: 'allow' })
    const request = await ask(visitor, CASE_NOTES, { scope: 'openid email phone' })
    expect(rowsAt(visitor)).toEqual(['See your phone number'])
    const more = visitor.at

    await open(node.url, '/account', visitor)
    const id = visitor.at.page.querySelector('form#disconnect button')?.getAttribute('value') ?? ''
    expect((await visitor.submit('disconnect', { id })).url).toContain('done=application')

    const csrf = more.page.querySelector('input[name="csrf"]')?.getAttribute('value') ?? ''
    await visitor.follow(await visitor.post(more.url, { csrf, decision: 'allow' }))
    expect(rowsAt(visitor)).toEqual([
      'See your email ian@example.org',
      'See your phone number',
      'Stay connected while you are away For up to 30 days, or until you end it',
    ])
    await visitor.submit('consent', { decision: 'allow' })
    expect(await learn(CASE_NOTES, visitor, request)).toMatchObject({ scope: 'openid email phone' })
  })

  it('in another tab meanwhile takes nothing from a yes in this one', async () => {
    const { visitor } = await signUp(node.url, 'ivy@example.org')
    const pages = []
    for (const scope of ['openid email', 'openid phone']) {
      const request = await ask(visitor, CASE_NOTES, { scope })
      pages.push({ request, page: visitor.at })
    }
    for (const { request, page } of pages) {
      const csrf = page.page.querySelector('input[name="csrf"]')?.getAttribute('value') ?? ''
      await visitor.follow(await visitor.post(page.url, { csrf, decision: 'allow' }))
      expect(await learn(CASE_NOTES, visitor, request)).toHaveProperty('refresh_token')
    }
    await ask(visitor, CASE_NOTES, { scope: 'openid email phone', prompt: 'none' })
    expect(answerAt(visitor).has('code')).toBe(true)
  })

  it('ends with the session in which it was given', async () => {
    const { visitor } = await signUp(node.url, 'ida@example.org')
    const request = await ask(visitor, CASE_NOTES)
    await visitor.submit('consent', { decision: 'allow' })
    const tokens = await learn(CASE_NOTES, visitor, request)
    await open(node.url, `${node.url}/session/end?id_token_hint=${tokens.id_token}`, visitor)
    expect(await userinfo(tokens)).toBeNull()
    const { status, body } = await callTokenEndpoint(node.url, CASE_NOTES, {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token ?? '',
    })
    expect({ status, error: body.error }).toEqual({ status: 400, error: 'invalid_grant' })
  })

  it('is nothing where the person says no to an application of our own', async () => {
    const { visitor } = await signUp(node.url, 'joy@example.org')
    const request = createRelyingParty(node.url, KIOSK).authorize({ prompt: 'consent' })
    await open(node.url, request.url, visitor)
    await visitor.submit('consent', { decision: 'deny' })
    expect(answerAt(visitor).get('error')).toBe('access_denied')
    await open(node.url, '/account', visitor)
    expect(formsAt(visitor)).toContain('disconnect')
    expect(visitor.at.page.querySelector('form#disconnect')?.text).not.toContain('Kiosk')
    expect((await auditOf(node, 'grant.given')).filter(({ clientId }) => clientId === KIOSK.id)).toEqual([])
  })

  it('makes a record, and so does a refusal', async () => {
    const { visitor } = await signUp(node.url, 'jo@example.org')
    const request = await ask(visitor, BRIEF_LOOK)
    await visitor.submit('consent', { decision: 'deny' })
    await ask(visitor, BRIEF_LOOK)
    await visitor.submit('consent', { decision: 'allow' })
    const { access } = await learn(BRIEF_LOOK, visitor, {
      ...request,
      verifier: (await ask(visitor, BRIEF_LOOK)).verifier,
    })
    const mine = async (event: string) =>
      (await auditOf(node, event)).filter(
        ({ subjectId, clientId }) => subjectId === access['sub'] && clientId === 'brief-look',
      )
    expect(await mine('grant.refused')).toMatchObject([{ outcome: 'failure', reason: 'denied' }])
    expect(await mine('grant.given')).toMatchObject([
      {
        outcome: 'success',
        reason: 'consent',
        details: { id: access['latchkey_grant'], scope: 'openid email', resources: [node.url] },
      },
    ])
  })
})

describe('claims that are asked for one by one', () => {
  const claims = JSON.stringify({
    userinfo: { email: { essential: true } },
    id_token: { phone_number: null },
  })

  it('are shown like their scope, and told at userinfo though the token is a JWT', async () => {
    const { visitor } = await signUp(node.url, 'kim@example.org')
    const request = await ask(visitor, CASE_NOTES, { scope: 'openid', claims })
    expect(rowsAt(visitor).slice(0, 2)).toEqual(['See your email kim@example.org', 'See your phone number'])
    await visitor.submit('consent', { decision: 'allow' })
    const tokens = await learn(CASE_NOTES, visitor, request)
    expect(tokens.userinfo).toEqual({ sub: tokens.access['sub'], email: 'kim@example.org' })
    expect(tokens.id).not.toHaveProperty('email')

    const { body } = await callTokenEndpoint(node.url, CASE_NOTES, {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token ?? '',
    })
    expect(await userinfo(body)).toEqual(tokens.userinfo)
  })

  it('need no page for an application of our own', async () => {
    const rp = createRelyingParty(node.url)
    const { visitor } = await signUp(node.url, 'lea@example.org')
    const request = rp.authorize({ scope: 'openid', claims: '{"id_token":{"email":null}}' })
    await open(node.url, request.url, visitor)
    const { id, userinfo } = await learn(DEMO_APP, visitor, request)
    expect(id['email']).toBe('lea@example.org')
    expect(userinfo).not.toHaveProperty('email')
  })
})

describe('a native application that anybody could pretend to be', () => {
  it('asks every time, and its page may end at its own scheme', async () => {
    const { visitor } = await signUp(node.url, 'mia@example.org')
    for (let round = 0; round < 2; round++) {
      await ask(visitor, POCKET)
      expect(visitor.at.text).toContain('org.example.pocket')
      expect(visitor.at.headers['content-security-policy']).toContain(
        "form-action 'self' org.example.pocket:",
      )
      await visitor.submit('consent', { decision: 'allow' })
      expect(visitor.at.url).toMatch(/^org\.example\.pocket:\/callback\?code=/)
    }
  })
})

describe('nobody agrees', () => {
  it('before they have signed in', async () => {
    const visitor = createVisitor(node.url)
    await ask(visitor, CASE_NOTES)
    const signInPage = new URL(visitor.at.url).pathname
    const csrf = visitor.at.page.querySelector('input[name="csrf"]')?.getAttribute('value') ?? ''
    expect((await visitor.get(`${signInPage}/consent`)).url).toBe(`${node.url}${signInPage}`)
    const answer = await visitor.post(`${signInPage}/consent`, { csrf, decision: 'allow' })
    expect(answer).toMatchObject({ status: 303, url: `${node.url}${signInPage}` })
    expect(formsAt({ ...visitor, at: await visitor.follow(answer) })).toContain('sign-in')
  })

  it('by a form that was not made for them, in another browser, or with another word', async () => {
    const { visitor } = await signUp(node.url, 'nan@example.org')
    await ask(visitor, CASE_NOTES)
    const { url } = visitor.at
    const csrf = visitor.at.page.querySelector('input[name="csrf"]')?.getAttribute('value') ?? ''
    expect((await visitor.post(url, { csrf: 'made-elsewhere', decision: 'allow' })).status).toBe(403)
    expect((await visitor.post(url, { decision: 'allow' })).status).toBe(403)
    for (const decision of ['', 'yes', 'ALLOW']) {
      expect((await visitor.post(url, { csrf, decision })).status).toBe(400)
    }
    const stranger = createVisitor(node.url)
    expect((await stranger.post(url, { csrf, decision: 'allow' })).status).toBe(400)
    const { visitor: neighbour } = await signUp(node.url, 'neighbour@example.org')
    expect((await neighbour.post(url, { csrf, decision: 'allow' })).status).toBe(400)
    expect((await visitor.post(url, { csrf, decision: 'allow' })).status).toBe(303)
  })

  it('twice with one page', async () => {
    const { visitor } = await signUp(node.url, 'oli@example.org')
    await ask(visitor, CASE_NOTES)
    const page = visitor.at
    await visitor.submit('consent', { decision: 'allow' })
    const again = await visitor.get(page.url)
    expect(again.status).toBe(400)
    expect(again.page.querySelector('#errors')).not.toBeNull()
  })

  it('for the person who signs in after them', async () => {
    await signUp(node.url, 'pia@example.org')
    await signUp(node.url, 'quin@example.org')
    const visitor = createVisitor(node.url)
    await ask(visitor, CASE_NOTES)
    await typeCredentials(node.url, visitor, 'pia@example.org')
    await visitor.submit('consent', { decision: 'allow' })
    const request = await ask(visitor, CASE_NOTES, { prompt: 'login' })
    await typeCredentials(node.url, visitor, 'quin@example.org')
    await pressTheButton(visitor)
    expect(formsAt(visitor)).toEqual(['consent'])
    expect(visitor.at.text).toContain('quin@example.org')
    await visitor.submit('consent', { decision: 'allow' })
    const { id } = await learn(CASE_NOTES, visitor, request)
    expect(id['email']).toBe('quin@example.org')
  })
})
