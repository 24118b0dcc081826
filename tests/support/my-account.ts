import { verhoeffDigitOf } from '../../src/lib/verhoeff.ts'
import { createVisitor, type Visitor } from './form-visitor.ts'
import { codeFor, GOOD_PASSWORD, messagesTo, signIn, tokensOf } from './people.ts'
import { claimsOf, createRelyingParty } from './relying-party.ts'
import type { ShiftedClock } from './shifted-clock.ts'

export { addAccount } from './add-account.ts'

/** Longer ago than a sensitive change allows. */
export const STALE_SECONDS = 400

/** One browser of a person: its sign-in at the demo application, and what that was given. */
export interface Browser {
  readonly visitor: Visitor
  readonly accountId: string
  readonly accessToken: string
  readonly refreshToken: string
}

export async function openBrowser(node: string, identifier: string): Promise<Browser> {
  const signedIn = await signIn(node, identifier)
  const tokens = await tokensOf(signedIn)
  return {
    visitor: signedIn.visitor,
    accountId: String(claimsOf(tokens.access_token)['sub']),
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token ?? '',
  }
}

/** Signed in a while ago, by a clock that both share. */
export function openStaleBrowser(clock: ShiftedClock, node: string, identifier: string): Promise<Browser> {
  return clock.later(-STALE_SECONDS, () => openBrowser(node, identifier))
}

/** Opens a page of the account; follows to wherever that leads. */
export async function openPage(visitor: Visitor, path = '/account') {
  return visitor.follow(await visitor.get(path))
}

/** At a sign-in page: password and code; ends where the sign-in leads. */
export async function signInHere(
  node: string,
  visitor: Visitor,
  identifier: string,
  password = GOOD_PASSWORD,
) {
  const before = (await messagesTo(node, identifier)).filter(({ code }) => code !== null).length
  await visitor.submit('sign-in', { identifier, password })
  return visitor.submit('code', { code: await codeFor(node, identifier, before + 1) })
}

/** A browser that signs in by opening the account. */
export async function openAccount(node: string, identifier: string): Promise<Visitor> {
  const visitor = createVisitor(node)
  await openPage(visitor)
  await signInHere(node, visitor, identifier)
  return visitor
}

export async function isSignedIn(node: string, visitor: Visitor): Promise<boolean> {
  const { url } = createRelyingParty(node).authorize({ prompt: 'none' })
  return new URL((await visitor.get(url)).url).searchParams.has('code')
}

export async function isTokenAlive(node: string, accessToken: string): Promise<boolean> {
  const response = await fetch(`${node}/userinfo`, { headers: { authorization: `Bearer ${accessToken}` } })
  await response.text()
  return response.status === 200
}

/** Uses the refresh token; the new one takes its place at most once, so ask once. */
export async function isRefreshed(node: string, refreshToken: string): Promise<boolean> {
  const answer = await createRelyingParty(node).token({
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
  })
  return answer.status === 200
}

/** Messages that are no code, newest first, once there are `count`. */
export async function noticesTo(node: string, to: string, count = 1): Promise<string[]> {
  for (let look = 0; look < 200; look++) {
    const notices = (await messagesTo(node, to)).filter(({ code }) => code === null)
    if (notices.length >= count) return notices.map(({ template }) => template)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`No ${count} notices reached ${to}.`)
}

/** A type with a field of nearly every kind. */
export const CLERK = {
  id: 'clerk',
  name: 'Court clerk',
  signUp: 'closed',
  identifiers: ['email', 'phone', 'userId'],
  contacts: { email: 'required', phone: 'optional' },
  fields: [
    { name: 'fullName', label: 'Full name', kind: 'text', required: true, editableBy: 'admin' },
    { name: 'motto', label: 'Motto', kind: 'text', minLength: 3, maxLength: 20, editableBy: 'person' },
    {
      name: 'district',
      label: 'District',
      kind: 'choice',
      required: true,
      choices: [
        { value: 'north', label: 'North shore' },
        { value: 'south', label: 'South shore' },
      ],
      editableBy: 'person',
    },
    {
      name: 'aadhaar',
      label: 'Aadhaar number',
      kind: 'nationalId',
      scheme: 'aadhaar',
      unique: true,
      sensitive: true,
      editableBy: 'person',
    },
    { name: 'born', label: 'Born', kind: 'date', notAfter: '2010-12-31', editableBy: 'person' },
    { name: 'desk', label: 'Desk', kind: 'number', min: 1, max: 40, editableBy: 'person' },
  ],
  roles: ['clerk'],
  otp: {
    channels: ['email', 'sms'],
    when: 'always',
    digits: 6,
    lifetimeSeconds: 300,
    resendSeconds: 30,
    attempts: 5,
  },
  lifetimes: {
    accessTokenSeconds: 900,
    refreshTokenSeconds: 2_592_000,
    sessionIdleSeconds: 86_400,
    sessionSeconds: 604_800,
  },
} as const

/** Twelve digits that are an Aadhaar number, another for each `n` below ten thousand. */
export function anAadhaar(n: number): string {
  const digits = `2345678${String(n).padStart(4, '0')}`
  return digits + verhoeffDigitOf(digits)
}
