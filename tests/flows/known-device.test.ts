import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it } from '@jest/globals'
import type { Settings } from '../../src/settings/index.ts'
import { type BalancedVisitor, createBalancedVisitor, type Reply } from '../support/balanced-visitor.ts'
import { eventually } from '../support/eventually.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, codeOf, GOOD_PASSWORD, messagesTo } from '../support/people.ts'
import { forget } from '../support/recovery.ts'
import { createRelyingParty } from '../support/relying-party.ts'

const VICTIM = 'victim@example.org'
const WRONG_PASSWORD = 'not-the-password-at-all'
/** Six digits are never seven: wrong for certain. */
const WRONG_CODE = '0000000'

let stop = async () => {}

afterEach(() => stop())

async function start(change: (settings: Settings) => Settings = (settings) => settings): Promise<FastNode> {
  const node = await startFastNode({ change })
  stop = node.stop
  return node
}

/** Signs up inside an authorization request, as everybody does; the browser is known to the account then. */
async function signUp(node: FastNode, email: string): Promise<BalancedVisitor> {
  const visitor = createBalancedVisitor(node.url)
  await visitor.open(createRelyingParty(node.url).authorize({ prompt: 'create' }).url)
  await visitor.submit('choose-type', { userType: 'user' })
  await visitor.submit('sign-up', { email, password: GOOD_PASSWORD })
  await visitor.submit('code', { code: await codeFor(node.url, email) })
  codeOf(endOf(visitor))
  return visitor
}

async function typePassword(
  node: FastNode,
  { visitor = createBalancedVisitor(node.url), identifier = VICTIM, password = GOOD_PASSWORD } = {},
): Promise<BalancedVisitor> {
  await visitor.open(createRelyingParty(node.url).authorize({ prompt: 'login' }).url)
  await visitor.submit('sign-in', { identifier, password })
  return visitor
}

/** Types the newest code, once there are `count`; answers with what the application gets. */
async function typeCode(node: FastNode, visitor: BalancedVisitor, count: number): Promise<string> {
  await visitor.submit('code', { code: await codeFor(node.url, VICTIM, count) })
  return codeOf(endOf(visitor))
}

/** Strangers burn the free tries of an identifier until it pauses. */
async function pause(node: FastNode, identifier = VICTIM): Promise<void> {
  const stranger = createBalancedVisitor(node.url)
  for (let free = 0; free < 3; free++) {
    await typePassword(node, { visitor: stranger, identifier, password: WRONG_PASSWORD })
    expect(stranger.at.status).toBe(422)
  }
}

/** Where the application's answer leads. */
function endOf({ at }: BalancedVisitor) {
  return { url: at.location ?? at.url, status: at.status, text: at.text }
}

function isAtCodePage({ page, status }: Reply): boolean {
  return status === 200 && page.querySelector('form[id="code"]') !== null
}

/** The same browser with other cookies: whatever stands under `name` is replaced. */
async function postWithCookie(node: FastNode, visitor: BalancedVisitor, planted: string): Promise<Response> {
  const { action, fields } = visitor.fill('sign-in', { identifier: VICTIM, password: GOOD_PASSWORD })
  const own = visitor
    .cookiesFor(action)
    .split('; ')
    .filter((cookie) => !cookie.startsWith('latchkey_device'))
  return fetch(`${node.url}${new URL(action).pathname}`, {
    method: 'POST',
    body: new URLSearchParams({ ...fields }),
    headers: { accept: 'text/html', cookie: [...own, planted].join('; ') },
    redirect: 'manual',
  })
}

function deviceCookiesOf(visitor: BalancedVisitor): Record<string, string> {
  const cookies = visitor
    .cookiesFor('/')
    .split('; ')
    .map((cookie) => cookie.split('=', 2))
  return Object.fromEntries(cookies.filter(([name]) => name?.startsWith('latchkey_device')))
}

describe('a stranger who burns the tries of somebody else', () => {
  it('pauses other browsers, and not the one that the account is known in', async () => {
    const node = await start()
    const own = await signUp(node, VICTIM)
    await pause(node)
    const elsewhere = await typePassword(node)
    expect(elsewhere.at.status).toBe(429)
    expect(Number(elsewhere.at.headers.get('retry-after'))).toBeGreaterThan(0)
    await typePassword(node, { visitor: own })
    expect(isAtCodePage(own.at)).toBe(true)
    expect(await typeCode(node, own, 2)).toBeTruthy()
  })

  it('cannot use up the tries of the known browser, which pauses for its own mistakes alone', async () => {
    const node = await start()
    const own = await signUp(node, VICTIM)
    await pause(node)
    for (let free = 0; free < 3; free++) {
      await typePassword(node, { visitor: own, password: WRONG_PASSWORD })
      expect(own.at.status).toBe(422)
    }
    await typePassword(node, { visitor: own })
    expect(own.at.status).toBe(429)
  })

  it('cannot keep the known browser out by all wrong passwords that their common address has', async () => {
    const node = await start((settings) => ({
      ...settings,
      limits: { ...settings.limits, password: { ...settings.limits.password, perIpPerHour: 3 } },
    }))
    const own = await signUp(node, VICTIM)
    await pause(node, 'somebody-else@example.org')
    expect((await typePassword(node)).at.status).toBe(429)
    await typePassword(node, { visitor: own })
    expect(isAtCodePage(own.at)).toBe(true)
  })

  it('does not kill the live code, neither by passwords nor by sign-ups with the same contact', async () => {
    const node = await start()
    const own = await signUp(node, VICTIM)
    await typePassword(node, { visitor: own })
    await pause(node)
    for (let chain = 0; chain < 3; chain++) {
      const stranger = createBalancedVisitor(node.url)
      await stranger.open('/sign-up?userType=user')
      await stranger.submit('sign-up', { email: VICTIM, password: GOOD_PASSWORD })
      for (let guess = 0; guess < 5; guess++) await stranger.post(stranger.fill('code', { code: WRONG_CODE }))
    }
    expect(await typeCode(node, own, 2)).toBeTruthy()
  })

  it('does not kill the live code in the known browser even with the stolen password', async () => {
    const node = await start()
    const own = await signUp(node, VICTIM)
    await typePassword(node, { visitor: own })
    const code = await codeFor(node.url, VICTIM, 2)
    for (let chain = 0; chain < 3; chain++) {
      const thief = await typePassword(node)
      if (!isAtCodePage(thief.at)) continue
      for (let guess = 0; guess < 5; guess++) await thief.post(thief.fill('code', { code: WRONG_CODE }))
    }
    await own.submit('code', { code })
    expect(codeOf(endOf(own))).toBeTruthy()
  })

  it('does not keep somebody from signing up with their own contact', async () => {
    const node = await start()
    const own = createBalancedVisitor(node.url)
    await own.open('/sign-up?userType=user')
    await own.submit('sign-up', { email: VICTIM, password: GOOD_PASSWORD })
    const code = await codeFor(node.url, VICTIM)
    for (let chain = 0; chain < 3; chain++) {
      const stranger = createBalancedVisitor(node.url)
      await stranger.open('/sign-up?userType=user')
      await stranger.submit('sign-up', { email: VICTIM, password: GOOD_PASSWORD })
      for (let guess = 0; guess < 5; guess++) await stranger.post(stranger.fill('code', { code: WRONG_CODE }))
    }
    await own.submit('code', { code })
    expect(own.at.page.querySelector('[id="done"]')).not.toBeNull()
  })

  it('does not use up the sends that a right password has, nor do all strangers together', async () => {
    const spent = (settings: Settings): Settings => {
      const send = {
        ...settings.limits.send,
        perDestinationPer10Minutes: 1,
        perDestinationPerDay: 1,
        perIpPerHour: 1,
        unknownContactPerHour: 1,
        totalPerHour: 1,
      }
      return { ...settings, limits: { ...settings.limits, send } }
    }
    const node = await start(spent)
    await signUp(node, VICTIM)
    for (const email of [VICTIM, VICTIM, 'other@example.org']) {
      const stranger = createBalancedVisitor(node.url)
      await stranger.open('/sign-up?userType=user')
      await stranger.submit('sign-up', { email, password: GOOD_PASSWORD })
    }
    expect(await messagesTo(node.url, 'other@example.org')).toHaveLength(0)
    const visitor = await typePassword(node)
    expect(await typeCode(node, visitor, 2)).toBeTruthy()
  })
})

describe('a stranger who asks for codes in the name of somebody else', () => {
  const passwordless = { createsAccounts: false }
  const few = (settings: Settings): Settings => ({
    ...settings,
    userTypes: settings.userTypes.map((type) => (type.id === 'user' ? { ...type, passwordless } : type)),
    limits: {
      ...settings.limits,
      send: { ...settings.limits.send, perDestinationPerDay: 2, perIpPerHour: 3 },
    },
  })
  const codesOf = async (node: FastNode) =>
    (await messagesTo(node.url, VICTIM)).filter(({ code }) => code?.length === 8).length

  async function signInByCode(node: FastNode, visitor: BalancedVisitor): Promise<void> {
    await visitor.open(createRelyingParty(node.url).authorize({ prompt: 'login' }).url)
    await visitor.open(`${node.url}${new URL(visitor.at.url).pathname}/with-code`)
    await visitor.submit('sign-in-with-code', { identifier: VICTIM })
  }

  async function recover(node: FastNode, visitor: BalancedVisitor): Promise<void> {
    await forget(node.url, VICTIM, { visitor })
  }

  it.each([
    ['a sign-in by code', signInByCode],
    ['a forgotten password', recover],
  ])('uses up none of the sends that the known browser has for %s', async (_what, ask) => {
    const node = await start(few)
    const own = await signUp(node, VICTIM)
    for (let n = 0; n < 4; n++) await ask(node, createBalancedVisitor(node.url))
    await eventually('one of them was sent', async () => (await codesOf(node)) === 1)
    await ask(node, own)
    await eventually('the owner has a code too', async () => (await codesOf(node)) === 2)
    const browsers = Array.from({ length: 3 }, () => createBalancedVisitor(node.url))
    for (const browser of browsers) await ask(node, browser)
    await wait(200)
    expect(await codesOf(node)).toBe(2)
  })
})

describe('a device cookie', () => {
  it('never skips a code', async () => {
    const node = await start()
    const own = await signUp(node, VICTIM)
    await typePassword(node, { visitor: own })
    expect(isAtCodePage(own.at)).toBe(true)
    const done = await own.get(own.at.url.replace(/\/code.*/, ''))
    expect(done.location).toBeNull()
    expect(done.page.querySelector('form[id="sign-in"]')).not.toBeNull()
  })

  it('of another account helps nothing', async () => {
    const node = await start()
    await signUp(node, VICTIM)
    const mallory = await signUp(node, 'mallory@example.org')
    await pause(node)
    await typePassword(node, { visitor: mallory })
    expect(mallory.at.status).toBe(429)
  })

  it('that is forged helps nothing, and spares no wrong password of its forger', async () => {
    const node = await start()
    const own = await signUp(node, VICTIM)
    const mallory = await signUp(node, 'mallory@example.org')
    await pause(node)
    const { latchkey_device: secret = '', 'latchkey_device.sig': signature = '' } = deviceCookiesOf(own)
    const { 'latchkey_device.sig': foreign = '' } = deviceCookiesOf(mallory)
    expect(secret && signature && foreign).toBeTruthy()
    const stranger = createBalancedVisitor(node.url)
    await stranger.open(createRelyingParty(node.url).authorize().url)
    for (const planted of [
      `latchkey_device=${secret}`,
      `latchkey_device=${secret}; latchkey_device.sig=${foreign}`,
      `latchkey_device=${secret}; latchkey_device.sig=${'A'.repeat(signature.length)}`,
      `latchkey_device=${'A'.repeat(secret.length)}; latchkey_device.sig=${signature}`,
      'latchkey_device=; latchkey_device.sig=',
      `latchkey_device=${'%00'.repeat(500)}; latchkey_device.sig=${signature}`,
    ]) {
      expect((await postWithCookie(node, stranger, planted)).status).toBe(429)
    }
    const real = `latchkey_device=${secret}; latchkey_device.sig=${signature}`
    expect((await postWithCookie(node, stranger, real)).status).toBe(303)
  })
})

describe('an address', () => {
  const fewPerIp = (trustedProxies: Settings['trustedProxies']) => (settings: Settings) => ({
    ...settings,
    trustedProxies,
    limits: { ...settings.limits, password: { ...settings.limits.password, perIpPerHour: 4 } },
  })

  async function knockAs(node: FastNode, forwarded: readonly string[]): Promise<number[]> {
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(createRelyingParty(node.url).authorize().url)
    const statuses: number[] = []
    for (const [n, value] of forwarded.entries()) {
      const identifier = `p${n}@example.org`
      const { action, fields } = visitor.fill('sign-in', { identifier, password: WRONG_PASSWORD })
      const response = await fetch(action, {
        method: 'POST',
        body: new URLSearchParams({ ...fields }),
        headers: {
          accept: 'text/html',
          cookie: visitor.cookiesFor(action),
          'x-forwarded-for': value,
          forwarded: `for=${value}`,
          'x-real-ip': value,
        },
        redirect: 'manual',
      })
      await response.text()
      statuses.push(response.status)
    }
    return statuses
  }

  const CLAIMED = ['192.0.2.1', '192.0.2.2', '2001:db8::1', '192.0.2.4', '192.0.2.5', '192.0.2.6']
  const MALFORMED = ['', ',,,', 'unknown', '999.1.1.1', '[2001:db8::1', `${'x,'.repeat(900)}x`]

  it.each([
    ['claimed by a peer that nobody trusts', { trust: 'none' }, CLAIMED],
    [
      'claimed by a peer outside of the trusted networks',
      { trust: 'networks', networks: ['10.0.0.0/8'] },
      CLAIMED,
    ],
    ['that a trusted proxy garbles', { trust: 'hops', hops: 1 }, MALFORMED],
    [
      'behind what a stranger wrote before a trusted proxy did',
      { trust: 'hops', hops: 1 },
      CLAIMED.map((one) => `${one}, 198.51.100.1`),
    ],
  ] as const)('%s makes nobody another', async (_, trusted, claims) => {
    const node = await start(fewPerIp(trusted))
    expect(await knockAs(node, claims)).toEqual([422, 422, 422, 422, 429, 429])
  })

  it('that a trusted proxy names is the one that counts', async () => {
    const node = await start(fewPerIp({ trust: 'networks', networks: ['127.0.0.0/8', '::1/128'] }))
    expect(await knockAs(node, CLAIMED)).toEqual([422, 422, 422, 422, 422, 422])
  })
})
