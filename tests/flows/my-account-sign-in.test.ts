import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { pressTheButton } from '../support/applications.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { createVisitor } from '../support/form-visitor.ts'
import {
  addAccount,
  openAccount,
  openBrowser,
  openPage,
  openStaleBrowser,
  signInHere,
} from '../support/my-account.ts'
import { GOOD_PASSWORD } from '../support/people.ts'
import { shiftedClock } from '../support/shifted-clock.ts'

const clock = shiftedClock()
const ANN = 'ann@example.org'
const BEN = 'ben@example.org'
let node: FastNode

beforeAll(async () => {
  node = await startFastNode({ clock })
  for (const email of [ANN, BEN]) await addAccount(node, { email })
})

afterAll(() => node.stop())

/** What asks for a sign-in of a moment ago. */
const SENSITIVE = [
  '/account/contact?channel=email',
  '/account/contact?channel=sms',
  '/account/password',
  '/account/sign-out-everywhere',
  '/account/deactivate',
]
const PAGES = ['/account', '/account/download', ...SENSITIVE]

describe('a page of the account', () => {
  it.each(PAGES)('%s signs in whoever is not, and is reached afterwards', async (path) => {
    const visitor = createVisitor(node.url)
    const first = await visitor.get(path)
    expect(first.status).toBe(303)
    expect(first.url).toContain('/auth?')
    await visitor.follow(first)
    const end = await signInHere(node.url, visitor, ANN)
    expect([end.status, end.url]).toEqual([200, node.url + path])
  })

  it.each(SENSITIVE)('%s asks for a new sign-in when the last is old, and is reached again', async (path) => {
    const { visitor } = await openStaleBrowser(clock, node.url, ANN)
    const first = await visitor.get(path)
    expect([first.status, new URL(first.url).searchParams.get('max_age')]).toEqual([303, '300'])
    await visitor.follow(first)
    const end = await signInHere(node.url, visitor, ANN)
    expect([end.status, end.url]).toEqual([200, node.url + path])
  })

  it.each(['/account', '/account/download'])('%s takes an old sign-in', async (path) => {
    const { visitor } = await openStaleBrowser(clock, node.url, ANN)
    expect((await visitor.get(path)).status).toBe(200)
  })

  it('shows whoever signed in instead their own account', async () => {
    const { visitor } = await openStaleBrowser(clock, node.url, ANN)
    await openPage(visitor, '/account/password')
    await signInHere(node.url, visitor, BEN)
    // The library asks whoever had the session before to go, on a form that posts itself.
    await pressTheButton(visitor)
    expect(visitor.at.url).toBe(`${node.url}/account/password`)
    await openPage(visitor, '/account')
    expect(visitor.at.text).toContain(BEN)
    expect(visitor.at.text).not.toContain(ANN)
  })
})

describe('a form', () => {
  it('that was open for too long leads to a sign-in and to its page', async () => {
    const { visitor } = await clock.later(-298, () => openBrowser(node.url, ANN))
    const page = await openPage(visitor, '/account/password')
    const csrf = page.page.querySelector('input[name=csrf]')?.getAttribute('value') ?? ''
    expect(csrf).not.toBe('')
    await wait(3000)
    for (const [path, fields] of [
      ['/account/password', { currentPassword: GOOD_PASSWORD, newPassword: 'another-quiet-harbour' }],
      ['/account/contact?channel=email', { contact: 'new@example.org' }],
      ['/account/deactivate', { currentPassword: GOOD_PASSWORD }],
      ['/account/sign-out-everywhere', {}],
    ] as const) {
      const answer = await visitor.post(path, { csrf, ...fields })
      const { pathname, searchParams } = new URL(answer.url)
      const asked = [answer.status, pathname, searchParams.get('max_age'), searchParams.get('state')]
      expect(asked).toEqual([303, '/auth', '300', path])
    }
    expect((await visitor.get('/account')).status).toBe(200)
  })

  it.each(['', 'forged'])('with the csrf token "%s" is refused and changes nothing', async (csrf) => {
    const visitor = await openAccount(node.url, ANN)
    for (const [path, form] of [
      ['/account', 'sign-out'],
      ['/account', 'end-session'],
      ['/account', 'disconnect'],
      ['/account', 'forget-device'],
      ['/account', 'sign-out-everywhere'],
      ['/account/password', 'change-password'],
      ['/account/contact?channel=email', 'change-contact'],
      ['/account/deactivate', 'deactivate'],
    ] as const) {
      await openPage(visitor, path)
      const answer = await visitor.submit(form, {
        csrf,
        ...(form === 'sign-out' && { decision: 'sign-out' }),
      })
      expect([form, answer.status]).toEqual([form, 403])
    }
    expect((await openPage(visitor)).status).toBe(200)
  })

  it('with an input that no page has is malformed', async () => {
    const visitor = await openAccount(node.url, ANN)
    await openPage(visitor, '/account/password')
    expect((await visitor.submit('change-password', { isAdmin: 'true' })).status).toBe(400)
  })

  it('made for another account changes nothing of this one, and says so', async () => {
    const visitor = await openAccount(node.url, ANN)
    await openPage(visitor, '/account/sign-out-everywhere')
    const made = visitor.at.page.querySelector('form#sign-out-everywhere input[name=account]')
    const accountOfAnn = made?.getAttribute('value') ?? ''
    const other = await openAccount(node.url, BEN)
    for (const [path, form] of [
      ['/account/sign-out-everywhere', 'sign-out-everywhere'],
      ['/account/deactivate', 'deactivate'],
      ['/account/password', 'change-password'],
      ['/account', 'sign-out'],
    ] as const) {
      await openPage(other, path)
      const answer = await other.submit(form, { account: accountOfAnn })
      expect([form, answer.status, answer.page.querySelector('#errors') !== null]).toEqual([form, 409, true])
    }
    expect((await other.get('/account')).status).toBe(200)
  })
})

describe('coming back from a sign-in', () => {
  it.each([
    ['https://evil.example/', '/account'],
    ['//evil.example', '/account'],
    ['/account/../auth', '/account'],
    ['/account/signed-in', '/account'],
    ['/account/export', '/account'],
    ['', '/account'],
    ['/account/password', '/account/password'],
  ])('with the state "%s" goes to %s', async (state, target) => {
    const answer = await createVisitor(node.url).get(
      `/account/signed-in?${new URLSearchParams({ code: 'x', state })}`,
    )
    expect([answer.status, answer.headers['location']]).toEqual([303, target])
  })

  it('with an error shows a page, and asks nobody to sign in again by itself', async () => {
    const query = new URLSearchParams({ error: 'access_denied', state: '/account/password' })
    const answer = await createVisitor(node.url).get(`/account/signed-in?${query}`)
    expect(answer.status).toBe(400)
    expect(answer.page.querySelector('#errors')).not.toBeNull()
    expect(answer.page.querySelector('a.button')?.getAttribute('href')).toBe('/account/password')
  })

  it('with a state given twice goes home', async () => {
    const answer = await createVisitor(node.url).get('/account/signed-in?state=/account/password&state=x')
    expect(answer.headers['location']).toBe('/account')
  })
})
