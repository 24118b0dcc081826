import type { BalancedVisitor } from './balanced-visitor.ts'
import type { RawRequest } from './raw-request.ts'
import type { SeededChoice } from './seeded-choice.ts'

/** The next request that nobody would mean. */
export type MalformedRequests = (choice: SeededChoice) => RawRequest

/** Over every route; the visitor stands at a sign-in page, whose address, cookies and CSRF token are in them. */
export function malformedRequests(visitor: BalancedVisitor): MalformedRequests {
  return (choice) => malformed(choice, visitor)
}

const SIGN_UP_STEPS = ['/code', '/resend', '/choose-channel', '/finish'].map((step) => `/sign-up${step}`)

function malformed(choice: SeededChoice, visitor: BalancedVisitor): RawRequest {
  const method = choice.of(['GET', 'GET', 'POST', 'POST', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])
  const interaction = new URL(visitor.at.url).pathname
  const path = choice.of([
    ...['/auth', '/token', '/userinfo', '/jwks', '/request', '/revocation', '/introspection', '/'],
    ...['/.well-known/openid-configuration', '/session/end', '/session/end/confirm', '/session/end/success'],
    ...['', '/code', '/resend', '/sign-up', '/sign-up/done', ...SIGN_UP_STEPS].map(
      (step) => interaction + step,
    ),
    ...['/sign-up', ...SIGN_UP_STEPS, '/setup', '/setup/code', '/setup/resend', '/setup/done'],
    ...['/dev/outbox', '/dev/outbox.json', '/dev/outbox/x/body', '/assets/latchkey.css', '/health/live'],
    ...['/interaction/x', '/auth/x', '/account', '/admin', '/api/v1/me', `/${noise(choice)}`],
  ])
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
    Cookie: choice.of([visitor.cookiesFor(visitor.at.url), 'latchkey_session=x', '', 'a=%; =;b']),
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
    ...(choice.below(8) === 0 && { Origin: choice.of(['null', 'https://evil.example', 'x']) }),
  }
}

function bodyOf(choice: SeededChoice, visitor: BalancedVisitor): string {
  const csrf = visitor.fill('sign-in').fields['csrf'] ?? ''
  return choice.of([
    pairs(choice),
    `csrf=${csrf}&${pairs(choice)}`,
    `csrf=${csrf}&code=${encodeURIComponent(noise(choice))}`,
    `csrf=${csrf}&email=${encodeURIComponent(noise(choice))}&phone=&password=${encodeURIComponent(noise(choice))}`,
    `csrf=${csrf}&identifier=${encodeURIComponent(noise(choice))}&password=${encodeURIComponent(noise(choice))}`,
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
