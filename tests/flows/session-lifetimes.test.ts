import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { administer } from '../support/administer.ts'
import { CASE_NOTES, callTokenEndpoint } from '../support/applications.ts'
import { type BalancedVisitor, createBalancedVisitor } from '../support/balanced-visitor.ts'
import { changeUserType } from '../support/change-user-type.ts'
import { latchkey } from '../support/command.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { addAccount, isRefreshed, isSignedIn, isTokenAlive, openBrowser } from '../support/my-account.ts'
import { codeFor, GOOD_PASSWORD, messagesTo, tokensOf } from '../support/people.ts'
import { createRelyingParty } from '../support/relying-party.ts'
import { type SecondNode, startSecondNode } from '../support/second-node.ts'
import { shiftedClock } from '../support/shifted-clock.ts'
import { userTypeLike } from '../support/user-types.ts'

const IDLE_SECONDS = 600
const LONGEST_SECONDS = 1500
/** More than the sign-in itself takes on a busy machine. */
const MARGIN_SECONDS = 30

/** Of a refresh token and all that take its place. */
const FAMILY_SECONDS = 86_400

const CASUAL = userTypeLike('user', {
  id: 'casual',
  name: 'Casual',
  lifetimes: {
    accessTokenSeconds: 300,
    refreshTokenSeconds: FAMILY_SECONDS,
    sessionIdleSeconds: IDLE_SECONDS,
    sessionSeconds: LONGEST_SECONDS,
  },
})

const clock = shiftedClock()
let node: FastNode
let second: SecondNode
let count = 0

beforeAll(async () => {
  node = await startFastNode({ clock }, { userTypes: [CASUAL], clients: [CASE_NOTES.registration] })
  const { dataDir, configDir, url: issuer } = node
  second = await startSecondNode({ dataDir, configDir, issuer })
})

afterAll(async () => {
  await second.process.stop()
  await node.stop()
})

async function person(userType = 'casual'): Promise<{ accountId: string; email: string }> {
  count += 1
  const email = `bea.${count}@example.org`
  return { email, accountId: await addAccount(node, { email, userType }) }
}

describe('a session', () => {
  it('lives while it is used, and ends when it was not for as long as its type says', async () => {
    const { email } = await person()
    const { visitor } = await openBrowser(node.url, email)
    const isAlive = () => isSignedIn(node.url, visitor)
    expect(await clock.later(IDLE_SECONDS - MARGIN_SECONDS, isAlive)).toBe(true)
    // That was a use: it counts anew from there.
    const used = IDLE_SECONDS - MARGIN_SECONDS
    expect(await clock.later(used + IDLE_SECONDS - MARGIN_SECONDS, isAlive)).toBe(true)

    const left = await openBrowser(node.url, email)
    expect(await clock.later(IDLE_SECONDS, () => isSignedIn(node.url, left.visitor))).toBe(false)
  })

  it('is used at the account pages, too, and ends there as late as anywhere', async () => {
    const { email } = await person()
    const { visitor } = await openBrowser(node.url, email)
    const isAtHome = async () => (await visitor.get('/account')).status === 200
    const step = IDLE_SECONDS - MARGIN_SECONDS
    expect(await clock.later(step, isAtHome)).toBe(true)
    expect(await clock.later(2 * step, isAtHome)).toBe(true)
    expect(await clock.later(LONGEST_SECONDS - MARGIN_SECONDS, isAtHome)).toBe(true)
    expect(await clock.later(LONGEST_SECONDS, isAtHome)).toBe(false)
  })

  it('ends however much it is used; its refresh token lives on', async () => {
    const { email } = await person()
    const { visitor, refreshToken } = await openBrowser(node.url, email)
    const isAliveAfter = (seconds: number) => clock.later(seconds, () => isSignedIn(node.url, visitor))
    for (const seconds of [500, 1000, LONGEST_SECONDS - MARGIN_SECONDS]) {
      expect(await isAliveAfter(seconds)).toBe(true)
    }
    expect(await isAliveAfter(LONGEST_SECONDS)).toBe(false)
    expect(await clock.later(LONGEST_SECONDS, () => isRefreshed(node.url, refreshToken))).toBe(true)
  })

  it('of the shipped administrators lasts 12 hours, and 15 minutes without use', () => {
    const file = join(import.meta.dirname, '..', '..', 'config', 'user-types.json')
    const { userTypes } = JSON.parse(readFileSync(file, 'utf8'))
    const admin = userTypes.find(({ id }: { id: string }) => id === 'admin')
    expect(admin.lifetimes).toMatchObject({ sessionIdleSeconds: 900, sessionSeconds: 43_200 })
  })

  it('has another id after each sign-in, and the one before opens nothing', async () => {
    const { email } = await person()
    const visitor = createBalancedVisitor(node.url)
    const cookieNow = () => sessionCookieIn(visitor.cookiesFor(node.url))
    const seen = new Set<string>()
    for (const parameters of [{}, { prompt: 'login' }]) {
      await visitor.open(createRelyingParty(node.url).authorize(parameters).url)
      const before = cookieNow()
      await typeCredentials(visitor, email)
      const after = cookieNow()
      expect(after).not.toBe(before)
      if (before !== '') seen.add(before)
      expect(await errorOf(after)).toBeNull()
    }
    expect(seen.size).toBeGreaterThan(0)
    for (const before of seen) expect(await errorOf(before)).toBe('login_required')
  })
})

describe('a refresh token', () => {
  it('ends as long after the first of its family as the type says, however often it is rotated', async () => {
    const { email } = await person()
    let { refreshToken } = await openBrowser(node.url, email)
    const refreshAfter = async (seconds: number) => {
      const form = { grant_type: 'refresh_token', refresh_token: refreshToken }
      const { status, body } = await clock.later(seconds, () => createRelyingParty(node.url).token(form))
      refreshToken = body.refresh_token ?? refreshToken
      return status === 200 ? 'refreshed' : body.error
    }
    for (const seconds of [FAMILY_SECONDS / 2, FAMILY_SECONDS * 0.9, FAMILY_SECONDS - MARGIN_SECONDS]) {
      expect(await refreshAfter(seconds)).toBe('refreshed')
    }
    expect(await refreshAfter(FAMILY_SECONDS)).toBe('invalid_grant')
  })

  it('lives longer where the type says so, and no longer than it says by the next rotation', async () => {
    const { email } = await person('user')
    const [first, second] = [await openBrowser(node.url, email), await openBrowser(node.url, email)]
    const isRefreshedLater = (token: string) =>
      clock.later(2 * FAMILY_SECONDS, () => isRefreshed(node.url, token))
    expect(await isRefreshedLater(first.refreshToken)).toBe(true)

    await changeUserType(node, 'user', (type) => {
      return { ...type, lifetimes: { ...type.lifetimes, refreshTokenSeconds: FAMILY_SECONDS } }
    })
    const form = { grant_type: 'refresh_token', refresh_token: second.refreshToken }
    const { body } = await createRelyingParty(node.url).token(form)
    expect(body.refresh_token).toBeDefined()
    expect(await isRefreshedLater(body.refresh_token ?? '')).toBe(false)
  })
})

describe('no session of an account is found at any process', () => {
  it.each([
    [
      'deactivated',
      async (_: string, visitor: BalancedVisitor) => {
        await visitor.open('/account/deactivate')
        await visitor.submit('deactivate', { currentPassword: GOOD_PASSWORD })
      },
    ],
    ['disabled', (id: string) => latchkey(node, 'accounts', 'disable', id)],
    ['deleted', (id: string) => administer(node, (one, _, origin) => one.deleteAccount(id, origin))],
  ] as const)('once it is %s', async (_, leave) => {
    const { email, accountId } = await person()
    const visitor = createBalancedVisitor(node.url)
    const rp = createRelyingParty(node.url)
    const request = rp.authorize()
    await visitor.open(request.url)
    await typeCredentials(visitor, email)
    const end = { ...visitor.at, url: visitor.at.location ?? '' }
    const { access_token: accessToken } = await tokensOf({ rp, request, end })
    const cookie = sessionCookieIn(visitor.cookiesFor(node.url))
    expect(await errorOf(cookie, second.url)).toBeNull()
    expect(await isTokenAlive(second.url, accessToken)).toBe(true)
    await leave(accountId, visitor)
    for (const url of [node.url, second.url]) {
      expect(await errorOf(cookie, url)).toBe('login_required')
      expect(await isTokenAlive(url, accessToken)).toBe(false)
    }
  })
})

describe('a disabled client', () => {
  it('is known to no endpoint of any process, until it is enabled', async () => {
    const set = (to: 'disable' | 'enable') =>
      administer(node, ({ clients }, _, origin) => clients[to](CASE_NOTES.id, origin))
    const asked = async () => {
      const answers: unknown[] = []
      for (const url of [node.url, second.url]) {
        const { url: request } = createRelyingParty(url, CASE_NOTES).authorize({ prompt: 'none' })
        answers.push((await fetch(request, { redirect: 'manual' })).status)
        const body = { grant_type: 'refresh_token', refresh_token: 'none' }
        answers.push((await callTokenEndpoint(url, CASE_NOTES, body)).body.error)
      }
      return answers
    }
    expect(await asked()).toEqual([303, 'invalid_grant', 303, 'invalid_grant'])
    await set('disable')
    expect(await asked()).toEqual([400, 'invalid_client', 400, 'invalid_client'])
    await set('enable')
    expect(await asked()).toEqual([303, 'invalid_grant', 303, 'invalid_grant'])
  })
})

/** At the sign-in page; ends at the application. A code is asked for where the browser is not known. */
async function typeCredentials(visitor: BalancedVisitor, email: string): Promise<void> {
  const codes = (await messagesTo(node.url, email)).filter(({ code }) => code !== null).length
  await visitor.submit('sign-in', { identifier: email, password: GOOD_PASSWORD })
  if (visitor.at.page.querySelector('form[id="code"]')) {
    await visitor.submit('code', { code: await codeFor(node.url, email, codes + 1) })
  }
  expect(visitor.at.location).toContain('code=')
}

/** The session's own cookie and its signature, as a header. */
function sessionCookieIn(header: string): string {
  return header
    .split('; ')
    .filter((one) => one.startsWith('latchkey_session'))
    .join('; ')
}

/** How an authorization without a page ends for who has this session; null where it gives a code. */
async function errorOf(cookie: string, url = node.url): Promise<string | null> {
  const request = createRelyingParty(url).authorize({ prompt: 'none' })
  const { headers } = await fetch(request.url, { headers: { cookie }, redirect: 'manual' })
  return new URL(headers.get('location') ?? '').searchParams.get('error')
}
