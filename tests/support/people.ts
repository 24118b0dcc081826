import { type Answer, createVisitor, type Visitor } from './form-visitor.ts'
import { createRelyingParty, DEMO, type TokenAnswer } from './relying-party.ts'

export const GOOD_PASSWORD = 'quiet-harbour-eleven-lamps'

export interface OutboxMessage {
  readonly id: string
  /** RFC 3339, UTC, milliseconds. */
  readonly at: string
  readonly channel: 'sms' | 'email'
  readonly to: string
  readonly template: string
  readonly text: string
  readonly code: string | null
  readonly reference: string | null
}

/** Messages to one contact, newest first. */
export async function messagesTo(node: string, to: string): Promise<OutboxMessage[]> {
  const response = await fetch(`${node}/dev/outbox.json?to=${encodeURIComponent(to)}`)
  return ((await response.json()) as { messages: OutboxMessage[] }).messages
}

/** The newest code sent to a contact, once there are at least `count` messages with one. */
export async function codeFor(node: string, to: string, count = 1): Promise<string> {
  for (let look = 0; look < 200; look++) {
    const codes = (await messagesTo(node, to)).flatMap(({ code }) => (code === null ? [] : [code]))
    if (codes.length >= count && codes[0] !== undefined) return codes[0]
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`No code reached ${to}.`)
}

/** Signs up by email inside an authorization request; ends at the client's redirect URI. A phone stays unverified. */
export async function signUp(node: string, email: string, password = GOOD_PASSWORD, phone = '') {
  const rp = createRelyingParty(node)
  const visitor = createVisitor(node)
  const request = rp.authorize({ prompt: 'create' })
  await visitor.follow(await visitor.get(request.url))
  await visitor.submit('choose-type', { userType: 'user' })
  await visitor.submit('sign-up', { email, password, phone })
  const end = await visitor.submit('code', { code: await codeFor(node, email) })
  return { visitor, rp, request, end }
}

/** Signs in with a password and a code; ends at the client's redirect URI. */
export async function signIn(
  node: string,
  identifier: string,
  { password = GOOD_PASSWORD, visitor = createVisitor(node), scope = 'openid profile email' } = {},
) {
  const rp = createRelyingParty(node)
  const request = rp.authorize({ scope })
  const before = (await messagesTo(node, identifier)).filter(({ code }) => code !== null).length
  await visitor.follow(await visitor.get(request.url))
  await visitor.submit('sign-in', { identifier, password })
  const end = await visitor.submit('code', { code: await codeFor(node, identifier, before + 1) })
  return { visitor, rp, request, end }
}

/** Where a sign-in ended, as far as one needs to know to go on as the application. */
export type End = Pick<Answer, 'url' | 'status' | 'text'>

export function codeOf(end: End): string {
  const url = new URL(end.url)
  const code = url.searchParams.get('code')
  if (!url.href.startsWith(DEMO.redirectUri) || code === null) {
    throw new Error(`Not back at the application: ${end.status} ${end.url} ${end.text.slice(0, 300)}`)
  }
  return code
}

/** Redeems the code at the end of a sign-in. */
export async function tokensOf(
  signedIn: { rp: ReturnType<typeof createRelyingParty>; request: { verifier: string }; end: End },
  extra: Readonly<Record<string, string>> = {},
): Promise<Required<Pick<TokenAnswer, 'access_token' | 'id_token'>> & TokenAnswer> {
  const { status, body } = await signedIn.rp.token({
    grant_type: 'authorization_code',
    code: codeOf(signedIn.end),
    redirect_uri: DEMO.redirectUri,
    code_verifier: signedIn.request.verifier,
    ...extra,
  })
  if (status !== 200 || !body.access_token || !body.id_token)
    throw new Error(`No tokens: ${JSON.stringify(body)}`)
  return { ...body, access_token: body.access_token, id_token: body.id_token }
}

export type { Answer, Visitor }
