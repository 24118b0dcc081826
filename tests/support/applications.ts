import { createVisitor, type Visitor } from './form-visitor.ts'
import { codeFor, GOOD_PASSWORD, messagesTo } from './people.ts'
import { DEMO, type TokenAnswer } from './relying-party.ts'

/** A client of clients.json, and what its own side knows of itself. */
export interface Application {
  readonly id: string
  readonly secret: string
  readonly redirectUri: string
  readonly registration: Readonly<Record<string, unknown>>
}

export function application(
  id: string,
  name: string,
  redirectUri: string,
  more: Readonly<Record<string, unknown>> = {},
): Application {
  const secret = `${id}-secret-for-development-only`
  const registration = {
    client_id: id,
    client_name: name,
    redirect_uris: [redirectUri],
    ...(provesItselfBySecret(more) && { client_secret: secret }),
    ...more,
  }
  return { id, secret, redirectUri, registration }
}

function provesItselfBySecret(registration: Application['registration']): boolean {
  return registration['token_endpoint_auth_method'] === undefined
}

/** The one that is shipped, run by the organisation. */
export const DEMO_APP: Application = { ...DEMO, registration: {} }

/** Run by somebody else, with refresh tokens. */
export const CASE_NOTES = application('case-notes', 'Case Notes', 'https://casenotes.example/callback', {
  grant_types: ['authorization_code', 'refresh_token'],
  post_logout_redirect_uris: ['https://casenotes.example/'],
})

/** Run by somebody else, without. */
export const BRIEF_LOOK = application('brief-look', 'Brief Look', 'https://brief.example/callback')

/** A public client on a telephone, run by somebody else. */
export const POCKET = application('pocket', 'Pocket', 'org.example.pocket:/callback', {
  application_type: 'native',
  token_endpoint_auth_method: 'none',
})

/** A public client in a browser, run by the organisation. */
export const KIOSK = application('kiosk', 'Kiosk', 'https://kiosk.example/callback', {
  token_endpoint_auth_method: 'none',
  latchkey_first_party: true,
})

/** Takes no request but a pushed one. */
export const VAULT = application('vault', 'Vault', 'https://vault.example/callback', {
  require_pushed_authorization_requests: true,
  latchkey_first_party: true,
})

export const ORDERS_API = {
  identifier: 'https://orders.example/api',
  name: 'Order book',
  scopes: ['orders:read', 'orders:write'],
}

export const APPLICATIONS = {
  clients: [CASE_NOTES, BRIEF_LOOK, POCKET, KIOSK, VAULT].map(({ registration }) => registration),
  apis: [ORDERS_API],
}

/** Opens an authorization request and stays at its first page, or at the application where there is none. */
export async function open(node: string, url: string, visitor: Visitor = createVisitor(node)) {
  await visitor.follow(await visitor.get(url))
  return visitor
}

/** Types password and code at the sign-in page at hand; ends at what comes next. */
export async function typeCredentials(node: string, visitor: Visitor, identifier: string): Promise<void> {
  const before = await codesSentTo(node, identifier)
  await visitor.submit('sign-in', { identifier, password: GOOD_PASSWORD })
  await visitor.submit('code', { code: await codeFor(node, identifier, before + 1) })
}

export async function codesSentTo(node: string, contact: string): Promise<number> {
  return (await messagesTo(node, contact)).filter(({ code }) => code !== null).length
}

/** A call to the token endpoint, proving to be the application as far as it can. */
export async function callTokenEndpoint(
  node: string,
  app: Application,
  parameters: Readonly<Record<string, string>>,
): Promise<{ status: number; body: TokenAnswer }> {
  const response = await fetch(`${node}/token`, {
    method: 'POST',
    headers: authorizationOf(app),
    body: new URLSearchParams({ client_id: app.id, ...parameters }),
  })
  return { status: response.status, body: (await response.json()) as TokenAnswer }
}

/** client_secret_basic, unless the client is registered for something else. */
export function authorizationOf({ id, secret, registration }: Application): Record<string, string> {
  if (!provesItselfBySecret(registration)) return {}
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` }
}

/** The tokens for the code with which a visitor came back to an application. */
export async function redeem(node: string, app: Application, visitor: Visitor, verifier: string) {
  const { status, body } = await callTokenEndpoint(node, app, {
    grant_type: 'authorization_code',
    code: answerAt(visitor).get('code') ?? '',
    redirect_uri: app.redirectUri,
    code_verifier: verifier,
  })
  const { access_token: accessToken, id_token: idToken } = body
  if (status !== 200 || accessToken === undefined || idToken === undefined)
    throw new Error(`No tokens for ${visitor.at.url}: ${JSON.stringify(body)}`)
  return { ...body, access_token: accessToken, id_token: idToken }
}

/** The ids of the forms on the page at hand. */
export function formsAt({ at }: Visitor): string[] {
  return at.page.querySelectorAll('form').map((form) => form.getAttribute('id') ?? '')
}

/** Presses the button of the library's page whose form a script would post; it stands there for who has none. */
export async function pressTheButton(visitor: Visitor): Promise<void> {
  const form = visitor.at.page.querySelector('form')
  if (!form?.querySelector('noscript')?.innerHTML.includes('<button'))
    throw new Error(`No button on ${visitor.at.url}`)
  const fields = form
    .querySelectorAll('input[name]')
    .map((input) => [input.getAttribute('name') ?? '', input.getAttribute('value') ?? ''] as const)
  await visitor.follow(await visitor.post(form.getAttribute('action') ?? '', Object.fromEntries(fields)))
}

/** The parameters with which a visitor came back to an application. */
export function answerAt({ at }: Visitor): URLSearchParams {
  return new URL(at.url).searchParams
}
