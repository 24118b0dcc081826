import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { createVisitor, type Visitor } from '../support/form-visitor.ts'
import { GOOD_PASSWORD, signUp } from '../support/people.ts'
import { createRelyingParty } from '../support/relying-party.ts'

const ANN = 'ann@example.org'

let node: FastNode

beforeAll(async () => {
  const passwordless = { createsAccounts: true }
  node = await startFastNode({
    change: (settings) => ({
      ...settings,
      userTypes: settings.userTypes.map((type) => (type.id === 'user' ? { ...type, passwordless } : type)),
    }),
  })
  await signUp(node.url, ANN)
})

afterAll(() => node.stop())

interface Begun {
  readonly visitor: Visitor
  /** The interaction's page. */
  readonly page: string
  readonly uid: string
  readonly csrf: string
}

/** What was typed before: nothing, a right password, or the identifier of somebody or nobody to sign in with a code. */
const STAGES = ['nothing', 'password', 'identifier', 'unknown identifier'] as const

/** A sign-in at its first page, or before the code. */
async function begin(after: (typeof STAGES)[number]): Promise<Begun> {
  const visitor = createVisitor(node.url)
  await visitor.follow(await visitor.get(createRelyingParty(node.url).authorize().url))
  const page = visitor.at.url
  const csrf = visitor.at.page.querySelector('input[name="csrf"]')?.getAttribute('value') ?? ''
  if (after === 'password') await visitor.submit('sign-in', { identifier: ANN, password: GOOD_PASSWORD })
  if (after.endsWith('identifier')) {
    await visitor.get(`${page}/with-code`)
    const identifier = after === 'identifier' ? ANN : 'nobody-at-all'
    await visitor.submit('sign-in-with-code', { identifier })
  }
  return { visitor, page, uid: page.split('/').at(-1) ?? '', csrf }
}

type Try = (begun: Begun) => Promise<{ status: number; url: string; text: string }>

const get =
  (path: string, headers: Readonly<Record<string, string>> = {}): Try =>
  ({ visitor, uid }) =>
    visitor.get(path.replace(':uid', uid), headers)

const post =
  (path: string, fields: Readonly<Record<string, string>>): Try =>
  ({ visitor, uid, csrf }) =>
    visitor.post(path.replace(':uid', uid), { csrf, ...fields })

/** A header in which the interaction's uid may stand. */
const withCookie =
  (cookie: string): Try =>
  ({ visitor, uid }) =>
    visitor.get(`/auth/${uid}`, { Cookie: cookie.replaceAll(':uid', uid) })

const PAGE = '/interaction/:uid'

const INSIDE: readonly (readonly [string, Try])[] = [
  ['resuming early', get('/auth/:uid')],
  ['resuming early with a result of its own', get('/auth/:uid?result=login&accountId=acc_x')],
  ['posting to the resumption', post('/auth/:uid', { login: 'acc_x' })],
  ['a code that was never sent', post(`${PAGE}/code`, { code: '000000' })],
  ['an empty code', post(`${PAGE}/code`, { code: '' })],
  ['a code of letters', post(`${PAGE}/code`, { code: 'true' })],
  ['a code of 4000 digits', post(`${PAGE}/code`, { code: '1'.repeat(1000) })],
  ['a forged step', post(`${PAGE}/code`, { code: '000000', step: 'done' })],
  ['a forged account', post(PAGE, { identifier: ANN, password: 'x', accountId: 'acc_x' })],
  [
    'a forged assurance',
    post(PAGE, { identifier: ANN, password: 'x', acr: 'urn:latchkey:acr:password-sms' }),
  ],
  ['agreeing before signing in', post(`${PAGE}/consent`, { decision: 'allow' })],
  ['the consent page before signing in', get(`${PAGE}/consent`)],
  ['the code of a sign-up that did not begin', post(`${PAGE}/sign-up/code`, { code: '000000' })],
  ['the end of a sign-up that did not begin', get(`${PAGE}/sign-up/done`)],
  ['a new code of a sign-up that did not begin', post(`${PAGE}/sign-up/resend`, {})],
  [
    'the other channel of a sign-up that did not begin',
    post(`${PAGE}/sign-up/choose-channel`, { channel: 'sms' }),
  ],
  ['the last step of a sign-up that did not begin', post(`${PAGE}/sign-up/finish`, {})],
  ['the details of an account before its code', post(`${PAGE}/complete`, { 'field.fullName': 'Ann' })],
  ['no details before the code', post(`${PAGE}/complete`, {})],
  ['details that are none', post(`${PAGE}/complete`, { step: 'done', accountId: 'acc_x' })],
  ['the page of details before the code', get(`${PAGE}/complete`)],
  ['the page of a code alone', get(`${PAGE}/with-code`)],
  ['a code alone, not yet typed', post(`${PAGE}/with-code`, { identifier: ANN })],
  ['a code alone with a forged result', post(`${PAGE}/with-code`, { identifier: ANN, acr: 'x' })],
  ['the code of a recovery that did not begin', post(`${PAGE}/forgot-password/code`, { code: '00000000' })],
  ['a new code of a recovery that did not begin', post(`${PAGE}/forgot-password/resend`, {})],
  [
    'a new password without a code',
    post(`${PAGE}/forgot-password/new-password`, { newPassword: GOOD_PASSWORD }),
  ],
  ['the page of a new password without a code', get(`${PAGE}/forgot-password/new-password`)],
  ['the end of a recovery that did not begin', get(`${PAGE}/forgot-password/done`)],
  ['an unknown channel', post(`${PAGE}/choose-channel`, { channel: 'pigeon' })],
  ['an unknown interaction', get('/interaction/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/code')],
  ['a path that climbs', get(`${PAGE}/../../auth/:uid`)],
  ['no cookie', withCookie('')],
  ['a cookie that is no uid', withCookie('latchkey_interaction=%00; latchkey_resume=%00')],
  ['cookies without their signatures', withCookie('latchkey_interaction=:uid; latchkey_resume=:uid')],
  [
    'cookies with a signature of nothing',
    withCookie('latchkey_resume=:uid; latchkey_resume.sig=AAAAAAAAAAAAAAAAAAAAAAAAAAA'),
  ],
  [
    'a session cookie of its own',
    withCookie('latchkey_session=AAAA; latchkey_session.sig=BBBB; latchkey_resume=:uid'),
  ],
  ['a device cookie of its own', withCookie('latchkey_device=AAAA; latchkey_device.sig=BBBB')],
  ['a cookie header that is none', withCookie(';;;===;,,"')],
  [
    'a proxy header from nobody trusted',
    get('/auth/:uid', { 'X-Forwarded-For': '127.0.0.1, "><', 'X-Forwarded-Host': 'evil.example' }),
  ],
  [
    'a forwarded header that is none',
    get('/auth/:uid', { Forwarded: 'for=;by;host="', 'X-Forwarded-Proto': 'javascript' }),
  ],
  ['an overriding method', get('/auth/:uid', { 'X-HTTP-Method-Override': 'POST' })],
]

describe.each(STAGES)('after %s', (after) => {
  it.each(INSIDE)('%s leads to no code', async (_, attempt) => {
    const begun = await begin(after)
    const answer = await attempt(begun)
    expect(answer.status).toBeLessThan(500)
    expect(answer.url).not.toMatch(/[?&]code=/)
    await expectNobody(begun.visitor)
  })
})

const AT_THE_TOKEN_ENDPOINT: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  [
    'a code that was never given',
    {
      grant_type: 'authorization_code',
      code: 'x'.repeat(43),
      redirect_uri: 'http://localhost:3001/callback',
      code_verifier: 'v'.repeat(43),
    },
  ],
  ['a refresh token that was never given', { grant_type: 'refresh_token', refresh_token: 'x'.repeat(43) }],
  ['a password grant', { grant_type: 'password', username: ANN, password: GOOD_PASSWORD }],
  ['credentials of a client that has people', { grant_type: 'client_credentials' }],
  ['an implicit grant', { grant_type: 'implicit' }],
  ['no grant', {}],
]

describe('at the token endpoint', () => {
  it.each(AT_THE_TOKEN_ENDPOINT)('%s gets no token', async (_, body) => {
    const answer = await createRelyingParty(node.url).token(body)
    expect(answer.status).toBe(400)
    expect(answer.body.access_token).toBeUndefined()
    expect(answer.body.error).toBeTruthy()
  })

  it('the uid of an interaction is no code', async () => {
    const { uid } = await begin('password')
    const { status, body } = await createRelyingParty(node.url).token({
      grant_type: 'authorization_code',
      code: uid,
      redirect_uri: 'http://localhost:3001/callback',
      code_verifier: 'v'.repeat(43),
    })
    expect([status, body.error]).toEqual([400, 'invalid_grant'])
  })
})

describe('at the authorization endpoint', () => {
  it.each(['token', 'id_token', 'code token', 'code id_token', 'none'])(
    'response_type=%s is refused',
    async (type) => {
      const visitor = createVisitor(node.url)
      const answer = await visitor.get(createRelyingParty(node.url).authorize({ response_type: type }).url)
      expect(answer.url).not.toMatch(/access_token|id_token=|code=/)
      expect(answer.status).toBeLessThan(500)
    },
  )
})

/** The browser is signed in to nothing: an application that may show no page is told so. */
async function expectNobody(visitor: Visitor): Promise<void> {
  const silent = await visitor.get(createRelyingParty(node.url).authorize({ prompt: 'none' }).url)
  expect(new URL(silent.url).searchParams.get('error')).toBe('login_required')
}
