import { type BalancedVisitor, createBalancedVisitor } from './balanced-visitor.ts'
import type { RawRequest } from './raw-request.ts'
import { isAt } from './recovery.ts'
import { createRelyingParty } from './relying-party.ts'
import type { SeededChoice } from './seeded-choice.ts'

/** The next request that nobody would mean. */
export type MalformedRequests = (choice: SeededChoice) => RawRequest

const CODE_STEPS = ['/code', '/resend']
const SIGN_UP = ['', ...CODE_STEPS, '/choose-channel', '/finish', '/done'].map((step) => `/sign-up${step}`)
const RECOVERY = ['', ...CODE_STEPS, '/new-password', '/done'].map((step) => `/forgot-password${step}`)

/** Below the address of an interaction. */
const INTERACTION_STEPS = [
  ...['', ...CODE_STEPS, '/with-code', '/choose-channel', '/complete', '/consent'],
  ...SIGN_UP,
  ...RECOVERY,
]

const ACCOUNT_STEPS = [
  ...['', '/signed-in', '/profile', '/password', '/sessions', '/applications', '/devices', '/sign-out'],
  ...['/contact', '/contact/code', '/contact/resend', '/contact/remove', '/sign-out-everywhere'],
  ...['/signed-out-everywhere', '/deactivate', '/deactivated', '/download', '/download/in-clear', '/export'],
]

/** Every address that is answered, but those below an interaction. A test holds it against the routes. */
const ADDRESSES = [
  ...['/auth', '/auth/x', '/token', '/userinfo', '/jwks', '/request', '/revocation', '/introspection', '/'],
  ...['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'],
  ...['/session/end', '/session/end/confirm', '/session/end/success'],
  ...SIGN_UP,
  ...RECOVERY,
  ...['/setup', '/setup/code', '/setup/resend', '/setup/done', '/owner-recovery'],
  ...['/invitation', '/invitation/details', '/invitation/done'],
  ...ACCOUNT_STEPS.map((step) => `/account${step}`),
  ...['/revocation-feed', '/revocation-feed/stream', '/callbacks/twilio/msg_x', '/callbacks/resend'],
  ...['/dev/outbox', '/dev/outbox.json', '/dev/outbox/x/body', '/dev/messages', '/dev/messages/x/body'],
  ...['/assets/latchkey.css', '/health/live', '/health/ready', '/metrics'],
  ...['/interaction/x', '/admin', '/api/v1/me'],
]

export const MALFORMED_PATHS: readonly string[] = [
  ...ADDRESSES,
  ...INTERACTION_STEPS.map((step) => `/interaction/:uid${step}`),
]

/** Somebody who has an account. */
interface Person {
  readonly identifier: string
  readonly password: string
  /** The code that was sent to them. */
  code(): Promise<string>
}

/** At a sign-in page; waiting for two codes, of a sign-up and of a forgotten password; signed in, at a form. */
export async function placeVisitors(
  node: string,
  { identifier, password, code }: Person,
): Promise<[BalancedVisitor, ...BalancedVisitor[]]> {
  const [signingIn, halfWay, signedIn] = [1, 2, 3].map(() => createBalancedVisitor(node)) as Three
  await signingIn.open(createRelyingParty(node).authorize().url)

  await halfWay.open(`${node}/forgot-password`)
  await halfWay.submit('forgot-password', { identifier: 'nobody@example.org' })
  await halfWay.open(`${node}/sign-up?userType=user`)
  await halfWay.submit('sign-up', { email: 'half-way@example.org', password })

  await signedIn.open(`${node}/account/password`)
  await signedIn.submit('sign-in', { identifier, password })
  await signedIn.submit('code', { code: await code() })
  if (!isAt(signedIn.at, 'change-password')) throw new Error(`Nobody is signed in at ${signedIn.at.url}.`)
  return [signingIn, halfWay, signedIn]
}

type Three = [BalancedVisitor, BalancedVisitor, BalancedVisitor]

/**
 * Over every route. Each visitor stands somewhere else, such as at a sign-in page: its cookies and its CSRF token are
 * in the requests. The first one stands in an interaction.
 */
export function malformedRequests(
  visitors: readonly [BalancedVisitor, ...BalancedVisitor[]],
): MalformedRequests {
  const interaction = new URL(visitors[0].at.url).pathname.split('/').slice(0, 3).join('/')
  return (choice) => malformed(choice, choice.of(visitors), interaction)
}

function malformed(choice: SeededChoice, visitor: BalancedVisitor, interaction: string): RawRequest {
  const method = choice.of(['GET', 'GET', 'POST', 'POST', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])
  const path = choice.of([...MALFORMED_PATHS, `/${noise(choice)}`]).replace('/interaction/:uid', interaction)
  const query = choice.below(2) === 0 ? '' : `?${pairs(choice)}`
  const target = (path + query).replace(/[^!-~]/g, '~').slice(0, 6000)
  const withBody = method === 'POST' || method === 'PUT'
  return {
    method,
    target,
    headers: headersOf(choice, visitor),
    ...(withBody && { body: bodyOf(choice, visitor) }),
  }
}

function headersOf(choice: SeededChoice, visitor: BalancedVisitor): Record<string, string> {
  return {
    Accept: choice.of(['text/html', 'application/json', '*/*', 'image/*;q=x', ';']),
    Cookie: choice.of([
      ...Array(3).fill(visitor.cookiesFor(visitor.at.url)),
      'latchkey_session=x',
      '',
      'a=%; =;b',
    ]),
    'Content-Type': choice.of([
      ...Array(4).fill('application/x-www-form-urlencoded'),
      ...[
        'application/json',
        'text/plain',
        'multipart/form-data',
        'x',
        'application/x-www-form-urlencoded;charset=x',
      ],
    ]),
    'Accept-Language': choice.of(['en', 'de-CH;q=0.5', 'x'.repeat(300), '*;q=-1']),
    Authorization: choice.of([
      ...[
        'Basic',
        'Basic =',
        'Basic ZGVtbzp4',
        'Basic JTpfJQ==',
        'Bearer',
        'Bearer a.b.c',
        'DPoP x',
        'Negotiate x',
      ],
      `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}..`,
    ]),
    ...(choice.below(8) === 0 && { 'Content-Encoding': choice.of(['gzip', 'br', 'identity', 'x']) }),
    ...(choice.below(8) === 0 && { DPoP: choice.of(['x', 'e30.e30.', `${'a'.repeat(2000)}.b.c`]) }),
    ...(choice.below(8) === 0 && { traceparent: noise(choice).replace(/[^ -~]/g, '') }),
    ...(choice.below(8) === 0 && { 'X-Twilio-Signature': choice.of(['', 'x', 'a'.repeat(3000)]) }),
    ...(choice.below(8) === 0 && {
      'svix-id': 'msg_x',
      'svix-timestamp': choice.of(['x', '0', '1e999', '99999999999999']),
      'svix-signature': choice.of(['', 'v1,x', 'v1,', `v2,${'a'.repeat(3000)}`]),
    }),
    ...(choice.below(8) === 0 && { 'If-None-Match': choice.of(['*', 'x', '"x"', `"${'a'.repeat(3000)}"`]) }),
    ...(choice.below(8) === 0 && { Origin: choice.of(['null', 'https://evil.example', 'x']) }),
  }
}

function bodyOf(choice: SeededChoice, visitor: BalancedVisitor): string {
  const csrf = visitor.at.page.querySelector('input[name="csrf"]')?.getAttribute('value') ?? ''
  const typed = () => encodeURIComponent(noise(choice))
  return choice.of([
    pairs(choice),
    `csrf=${csrf}&${pairs(choice)}`,
    `csrf=${csrf}&currentPassword=${typed()}&newPassword=${typed()}&id=${typed()}&contact=${typed()}`,
    `csrf=${csrf}&userType=${choice.of(['user', 'judge', 'x'])}&field.fullName=${typed()}&employeeId=${typed()}`,
    `csrf=${csrf}&code=${typed()}`,
    `csrf=${csrf}&email=${typed()}&phone=&password=${typed()}`,
    `csrf=${csrf}&identifier=${typed()}&password=${typed()}`,
    '{"a":{"$gt":""},"__proto__":{"b":1}}',
    '[[[[[[',
    'x'.repeat(choice.below(70_000)),
    '',
  ])
}

const NAMES = [
  ...['client_id', 'redirect_uri', 'scope', 'prompt', 'resource', 'response_type', 'response_mode', 'state'],
  ...[
    'code_challenge',
    'code_challenge_method',
    'grant_type',
    'code',
    'refresh_token',
    'code_verifier',
    'request',
  ],
  ...['client_assertion', 'client_assertion_type', 'client_secret', 'id_token_hint', 'max_age', 'acr_values'],
  ...[
    'ui_locales',
    'login_hint',
    'dpop_jkt',
    'token',
    'userType',
    'to',
    'xsrf',
    'logout',
    'decision',
    'identifier',
  ],
  ...[
    'since',
    'channel',
    'contact',
    'email',
    'phone',
    'userId',
    'employeeId',
    'newPassword',
    'id',
    'field.x',
  ],
  ...[
    'post_logout_redirect_uri',
    'sign-in',
    'sent',
    '__proto__',
    'constructor',
    'a[b]',
    'a[]',
    'toString',
    '',
  ],
]

const VALUES = [
  ...[
    'demo',
    'demo-machine',
    'openid',
    'none',
    'login',
    'create',
    'code',
    'S256',
    'query',
    'yes',
    'http://localhost',
  ],
  ...[
    'http://localhost:3001/callback',
    'authorization_code',
    'refresh_token',
    'client_credentials',
    'a.b.c',
    '-1',
    '1790000000000',
  ],
  ...[
    'urn:latchkey:admin',
    'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    '1e999',
    '{}',
    '[]',
    'null',
  ],
  ...[
    '%',
    '%00',
    '%E0%A4',
    '%ED%A0%80',
    '%F0%9F%98%80',
    '../../x',
    "'; DROP TABLE account;--",
    '<script>',
    '%0d%0ax',
  ],
]

function pairs(choice: SeededChoice): string {
  const one = () =>
    `${choice.of(NAMES)}=${choice.below(6) === 0 ? encodeURIComponent(noise(choice)) : choice.of(VALUES)}`
  return Array.from({ length: 1 + choice.below(10) }, one).join('&')
}

/** Text of any kind: control characters, right-to-left marks, combining marks, very long. */
function noise(choice: SeededChoice): string {
  const ranges = [
    [0, 0x20],
    [0x20, 0x7f],
    [0x300, 0x36f],
    [0x200b, 0x202e],
    [0xff00, 0xffef],
    [0x1f600, 0x1f64f],
  ] as const
  const length = choice.of([1, 8, 30, 400])
  return Array.from({ length }, () => {
    const [from, to] = choice.of(ranges)
    return String.fromCodePoint(from + choice.below(to - from))
  }).join('')
}
