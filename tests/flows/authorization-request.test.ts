import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { addAccount } from '../support/add-account.ts'
import {
  APPLICATIONS,
  answerAt,
  codesSentTo,
  formsAt,
  open,
  pressTheButton,
  typeCredentials,
} from '../support/applications.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { createVisitor, type Visitor } from '../support/form-visitor.ts'
import { codeFor, GOOD_PASSWORD, signUp, tokensOf } from '../support/people.ts'
import { claimsOf, createRelyingParty } from '../support/relying-party.ts'

const SMS = 'urn:latchkey:acr:password-sms'
const EMAIL = 'urn:latchkey:acr:password-email'
const CODE = 'urn:latchkey:acr:code'
const RESEND_SECONDS = 30

let node: FastNode
/** How far the node's clock is ahead. */
let aheadSeconds = 0

beforeAll(async () => {
  const clock = { now: () => new Date(Date.now() + aheadSeconds * 1000) }
  node = await startFastNode({ clock }, APPLICATIONS)
})

afterAll(() => node.stop())

type Contacts = Readonly<Record<'email' | 'phone', string>>
type Parameters = Readonly<Record<string, string>>

/** The demo application asks; the visitor stays at the page that this leads to, or at the application. */
async function ask(visitor: Visitor, parameters: Parameters = {}) {
  const request = createRelyingParty(node.url).authorize(parameters)
  await open(node.url, request.url, visitor)
  return request
}

/** The claims of the ID token for the code that a visitor came back with. */
async function idTokenAt(visitor: Visitor, request: { verifier: string }) {
  const tokens = await tokensOf({ rp: createRelyingParty(node.url), request, end: visitor.at })
  return claimsOf(tokens.id_token)
}

/** Somebody with email and phone, signed in by email. */
async function signedInByEmail(name: string) {
  const contacts = { email: `${name}@example.org`, phone: nextPhone() }
  const accountId = await addAccount(node, contacts)
  const visitor = createVisitor(node.url)
  await ask(visitor)
  await typeCredentials(node.url, visitor, contacts.email)
  expect(answerAt(visitor).has('code')).toBe(true)
  return { visitor, accountId, ...contacts }
}

/** Signs in at the page at hand by the channel named, whichever the page offers first. */
async function signInBy(channel: 'sms' | 'email', visitor: Visitor, { email, phone }: Contacts) {
  const to = channel === 'sms' ? phone : email
  const before = await codesSentTo(node.url, to)
  await visitor.submit('sign-in', { identifier: email, password: GOOD_PASSWORD })
  if (!visitor.at.text.includes(channel === 'sms' ? 'by text message to' : 'by email to')) {
    aheadSeconds += RESEND_SECONDS + 1
    await visitor.submit('choose-channel', { channel })
  }
  await visitor.submit('code', { code: await codeFor(node.url, to, before + 1) })
  aheadSeconds = 0
}

let phones = 0
function nextPhone(): string {
  return `+1415555${String(2000 + phones++)}`
}

describe('prompt', () => {
  it('none gets a signed-in person without a page', async () => {
    const { visitor } = await signUp(node.url, 'ann@example.org')
    const request = await ask(visitor, { prompt: 'none' })
    expect(answerAt(visitor).get('state')).toBe(request.state)
    expect(answerAt(visitor).has('code')).toBe(true)
  })

  it('login asks once more, whoever is signed in, and the ID token says when', async () => {
    const { visitor } = await signUp(node.url, 'ben@example.org')
    await pause(1100)
    const before = Math.floor(Date.now() / 1000)
    const request = await ask(visitor, { prompt: 'login' })
    expect(formsAt(visitor)).toContain('sign-in')
    await typeCredentials(node.url, visitor, 'ben@example.org')
    expect(Number((await idTokenAt(visitor, request))['auth_time'])).toBeGreaterThanOrEqual(before)
  })

  it('login consent asks for both, one after the other', async () => {
    const { visitor } = await signUp(node.url, 'cleo@example.org')
    const request = await ask(visitor, { prompt: 'login consent' })
    await typeCredentials(node.url, visitor, 'cleo@example.org')
    expect(formsAt(visitor)).toEqual(['consent'])
    await visitor.submit('consent', { decision: 'allow' })
    expect(await idTokenAt(visitor, request)).toMatchObject({ email: 'cleo@example.org' })
  })

  it('create opens sign-up, from where a person may sign in instead', async () => {
    await signUp(node.url, 'dan@example.org')
    const visitor = createVisitor(node.url)
    const request = await ask(visitor, { prompt: 'create' })
    expect(formsAt(visitor)).toContain('choose-type')
    const instead = visitor.at.page.querySelector('a[href*="sign-in"]')?.getAttribute('href') ?? ''
    await visitor.get(instead)
    await typeCredentials(node.url, visitor, 'dan@example.org')
    expect(await idTokenAt(visitor, request)).toMatchObject({ email: 'dan@example.org' })
  })

  it('is announced, and what is not there is refused to the application', async () => {
    const response = await fetch(`${node.url}/.well-known/openid-configuration`)
    expect(await response.json()).toMatchObject({
      prompt_values_supported: ['none', 'login', 'consent', 'create'],
      claims_parameter_supported: true,
    })
    const { visitor } = await signUp(node.url, 'eli@example.org')
    await ask(visitor, { prompt: 'select_account' })
    expect(Object.fromEntries(answerAt(visitor))).toMatchObject({
      error: 'invalid_request',
      error_description: 'unsupported prompt value requested',
    })
  })
})

describe('max_age', () => {
  it('asks for a new sign-in when the last one is older, and does not ask twice', async () => {
    const { visitor } = await signUp(node.url, 'fay@example.org')
    await ask(visitor, { max_age: '3600' })
    expect(answerAt(visitor).has('code')).toBe(true)

    await pause(2100)
    const request = await ask(visitor, { max_age: '1' })
    expect(formsAt(visitor)).toContain('sign-in')
    const code = codeFor(node.url, 'fay@example.org', 2)
    await visitor.submit('sign-in', { identifier: 'fay@example.org', password: GOOD_PASSWORD })
    // The person is slower than the age that is asked for: they signed in here, that is enough.
    await pause(2100)
    await visitor.submit('code', { code: await code })
    expect(await idTokenAt(visitor, request)).toHaveProperty('auth_time')
  })

  it('of 0 is prompt=login', async () => {
    const { visitor } = await signUp(node.url, 'gus@example.org')
    await ask(visitor, { max_age: '0' })
    expect(formsAt(visitor)).toContain('sign-in')
    await typeCredentials(node.url, visitor, 'gus@example.org')
    expect(answerAt(visitor).has('code')).toBe(true)
  })
})

describe('a hint', () => {
  it('fills in whom the application expects', async () => {
    const visitor = createVisitor(node.url)
    await ask(visitor, { login_hint: 'hal@example.org"><b>' })
    expect(visitor.at.page.querySelector('#identifier')?.getAttribute('value')).toBe('hal@example.org"><b>')
  })

  it('that is an ID token of the person who is here needs no page', async () => {
    const signedUp = await signUp(node.url, 'ida@example.org')
    const { id_token: hint } = await tokensOf(signedUp)
    await ask(signedUp.visitor, { id_token_hint: hint, prompt: 'none' })
    expect(answerAt(signedUp.visitor).has('code')).toBe(true)
  })

  it('that is an ID token of somebody else asks for them, and is login_required when another signs in', async () => {
    const { id_token: hint } = await tokensOf(await signUp(node.url, 'jo@example.org'))
    const { visitor } = await signUp(node.url, 'kim@example.org')
    const { state } = await ask(visitor, { id_token_hint: hint })
    expect(formsAt(visitor)).toContain('sign-in')
    await typeCredentials(node.url, visitor, 'kim@example.org')
    expect(Object.fromEntries(answerAt(visitor))).toMatchObject({ error: 'login_required', state })

    await ask(visitor, { id_token_hint: hint })
    await typeCredentials(node.url, visitor, 'jo@example.org')
    await pressTheButton(visitor)
    expect(answerAt(visitor).has('code')).toBe(true)
  })

  it('that names a subject among the claims does the same', async () => {
    const { visitor, accountId, email } = await signedInByEmail('lea')
    const claims = (value: string) => JSON.stringify({ id_token: { sub: { value } } })
    await ask(visitor, { claims: claims(accountId) })
    expect(answerAt(visitor).has('code')).toBe(true)
    await ask(visitor, { claims: claims('acc_somebody_else') })
    await typeCredentials(node.url, visitor, email)
    expect(answerAt(visitor).get('error')).toBe('login_required')
  })
})

describe('ui_locales', () => {
  it('of languages that nobody translated changes nothing', async () => {
    const visitor = createVisitor(node.url)
    for (const locales of ['xx-YY', '../../etc/passwd', '$t(secret)', 'a'.repeat(2000), 'hi en']) {
      await ask(visitor, { ui_locales: locales })
      expect(visitor.at.status).toBe(200)
      expect(visitor.at.page.querySelector('html')?.getAttribute('lang')).toBe('en')
    }
  })
})

describe('a claims parameter that cannot be', () => {
  it.each([
    ['not JSON', '{'],
    ['a list', '[]'],
    ['without a part', '{}'],
    ['with a part that is none', '{"userinfo":"email"}'],
    ['with a claim that is a text', '{"id_token":{"sub":"acc_1"}}'],
    ['with a claim that is a list', '{"userinfo":{"email":["essential"]}}'],
    ['with values that are no list', '{"id_token":{"acr":{"essential":true,"values":"gold"}}}'],
    ['with a value that is no text', '{"id_token":{"acr":{"essential":true,"value":{"$ne":1}}}}'],
    ['that reaches for a prototype', '{"userinfo":{"__proto__":{"essential":true}}}'],
    ['of endless depth', `{"userinfo":{"email":${'{"x":'.repeat(750)}1${'}'.repeat(750)}}}`],
  ])('is refused to the application: %s', async (_, claims) => {
    const visitor = createVisitor(node.url)
    await ask(visitor, { claims })
    expect(visitor.at.status).toBe(303)
    expect(answerAt(visitor).get('error')).toBe('invalid_request')
  })

  it('does no harm where it only asks for what nobody knows', async () => {
    const { visitor } = await signUp(node.url, 'yan@example.org')
    const claims = '{"userinfo":{"constructor":null,"http://x.example/y":{"z":{}}},"id_token":{"acr":null}}'
    const request = await ask(visitor, { claims })
    expect(await idTokenAt(visitor, request)).toMatchObject({ acr: EMAIL })
  })
})

describe('an acr that is wished for', () => {
  it('brings a sign-in where the session has less, and is then what the tokens say', async () => {
    const { visitor, ...contacts } = await signedInByEmail('mia')
    const request = await ask(visitor, { acr_values: SMS })
    expect(formsAt(visitor)).toContain('sign-in')
    await signInBy('sms', visitor, contacts)
    expect(await idTokenAt(visitor, request)).toMatchObject({ acr: SMS, amr: ['pwd', 'otp', 'sms', 'mfa'] })
  })

  it('is asked for once: who signs in with less all the same gets the real one told', async () => {
    const { visitor, ...contacts } = await signedInByEmail('nan')
    const request = await ask(visitor, { acr_values: SMS })
    await signInBy('email', visitor, contacts)
    expect(await idTokenAt(visitor, request)).toMatchObject({ acr: EMAIL })
  })

  it.each([
    ['one of several is there', `${SMS} ${EMAIL}`],
    ['a weaker one is asked for', 'urn:latchkey:acr:password'],
    ['this person cannot reach it', CODE],
    ['nobody knows it', 'urn:example:gold'],
  ])('needs no page where %s', async (_, values) => {
    const { visitor } = await signedInByEmail(`oli.${values.length}`)
    const request = await ask(visitor, { acr_values: values })
    expect(await idTokenAt(visitor, request)).toMatchObject({ acr: EMAIL })
  })

  it('needs no page where none may be shown', async () => {
    const { visitor } = await signedInByEmail('pia')
    const request = await ask(visitor, { acr_values: SMS, prompt: 'none' })
    expect(await idTokenAt(visitor, request)).toMatchObject({ acr: EMAIL })
  })

  it('is met by a stronger session', async () => {
    const { visitor, ...contacts } = await signedInByEmail('quin')
    await ask(visitor, { acr_values: SMS })
    await signInBy('sms', visitor, contacts)
    const request = await ask(visitor, { acr_values: EMAIL })
    expect(await idTokenAt(visitor, request)).toMatchObject({ acr: SMS })
  })
})

describe('an acr that is essential', () => {
  const essential = (...values: string[]) =>
    JSON.stringify({ id_token: { acr: { essential: true, values } } })

  it('brings a sign-in, and nothing less is told', async () => {
    const { visitor, ...contacts } = await signedInByEmail('rob')
    const request = await ask(visitor, { claims: essential(SMS) })
    await signInBy('sms', visitor, contacts)
    expect(await idTokenAt(visitor, request)).toMatchObject({ acr: SMS })

    const { state } = await ask(visitor, { claims: essential(EMAIL) })
    await signInBy('sms', visitor, contacts)
    expect(Object.fromEntries(answerAt(visitor))).toMatchObject({
      error: 'unmet_authentication_requirements',
      state,
      iss: node.url,
    })
  })

  it('is not overruled by acr_values', async () => {
    const { visitor } = await signedInByEmail('sam')
    await ask(visitor, { claims: essential(SMS), acr_values: EMAIL })
    expect(formsAt(visitor)).toContain('sign-in')
  })

  it('that the person cannot reach is an error without a page', async () => {
    const { visitor } = await signUp(node.url, 'tea@example.org')
    for (const prompt of ['', 'none']) {
      await ask(visitor, { claims: essential(SMS, CODE), ...(prompt && { prompt }) })
      expect(answerAt(visitor).get('error')).toBe('unmet_authentication_requirements')
    }
  })

  it('that the person cannot reach is an error after the sign-in of a browser that knew nobody', async () => {
    await signUp(node.url, 'una@example.org')
    const visitor = createVisitor(node.url)
    await ask(visitor, { claims: JSON.stringify({ id_token: { acr: { essential: true, value: SMS } } }) })
    await typeCredentials(node.url, visitor, 'una@example.org')
    expect(answerAt(visitor).get('error')).toBe('unmet_authentication_requirements')
  })

  it('that somebody else could reach leaves them the sign-in page where one is asked for', async () => {
    const { visitor } = await signUp(node.url, 'val@example.org')
    const { visitor: _, ...contacts } = await signedInByEmail('wim')
    const request = await ask(visitor, { claims: essential(SMS), prompt: 'login' })
    await signInBy('sms', visitor, contacts)
    await pressTheButton(visitor)
    expect(await idTokenAt(visitor, request)).toMatchObject({ acr: SMS, email: contacts.email })
  })

  it('is login_required where the page that would help may not be shown', async () => {
    const { visitor } = await signedInByEmail('xia')
    await ask(visitor, { claims: essential(SMS), prompt: 'none' })
    expect(answerAt(visitor).get('error')).toBe('login_required')
  })
})
