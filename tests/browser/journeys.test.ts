import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { Page as Tab } from 'playwright-core'
import { fastHasher } from '../support/fast-hasher.ts'
import { createVisitor } from '../support/form-visitor.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { codeFor, GOOD_PASSWORD, messagesTo } from '../support/people.ts'
import { freePort } from '../support/ports.ts'
import { type RunningProcess, startNode as startProcess } from '../support/processes.ts'
import { claimsOf, DEMO } from '../support/relying-party.ts'
import { shiftedClock } from '../support/shifted-clock.ts'
import { openStage, type Person, type Stage, WAYS } from './person.ts'

const DEMO_SERVER = join(import.meta.dirname, '../../examples/demo-app/server.ts')
const RESEND_SECONDS = 30

let node: TestNode
let demo: RunningProcess
let demoUrl: string
let stage: Stage
/** The node's: a person who waits does so in no time. */
const clock = shiftedClock()

beforeAll(async () => {
  const demoPort = await freePort()
  demoUrl = `http://localhost:${demoPort}`
  node = await startNode({ env: { LATCHKEY_DEMO_PORT: String(demoPort) }, clock, hasher: fastHasher() })
  demo = startProcess(DEMO_SERVER, {
    DEMO_ISSUER: node.url,
    DEMO_PORT: String(demoPort),
    DEMO_CLIENT_ID: DEMO.id,
    DEMO_CLIENT_SECRET: DEMO.secret,
  })
  await demo.waitFor(/^Demo application: /m)
  stage = await openStage()
})

afterAll(async () => {
  await stage?.close()
  await demo?.stop()
  await node?.stop()
})

/** An account made without a browser, for tests in which sign-up is not the point. */
async function makeAccount(email: string): Promise<void> {
  const visitor = createVisitor(node.url)
  await visitor.get('/sign-up?userType=user')
  await visitor.submit('sign-up', { email, password: GOOD_PASSWORD })
  await visitor.submit('code', { code: await codeFor(node.url, email) })
  if (visitor.at.page.querySelector('#done') === null) throw new Error(`No account: ${visitor.at.text}`)
}

async function submit(tab: Tab, form: string): Promise<void> {
  await tab.locator(`form[id="${form}"] button:not([name])`).click()
}

/** From the application's page to the page that asks for a code; answers the code that was sent. */
async function typePassword(tab: Tab, email: string): Promise<string> {
  const before = (await messagesTo(node.url, email)).filter(({ code }) => code !== null).length
  await tab.goto(demoUrl)
  await submit(tab, 'sign-in')
  await tab.locator('#identifier').fill(email)
  await tab.locator('#password').fill(GOOD_PASSWORD)
  await submit(tab, 'sign-in')
  await tab.locator('form#code').waitFor()
  return codeFor(node.url, email, before + 1)
}

async function typeCode(tab: Tab, code: string): Promise<void> {
  await tab.locator('#code-input').fill(code)
  await submit(tab, 'code')
}

/** Waits for the application's own page, and answers the claims of the two tokens that it shows. */
async function readTokens(
  tab: Tab,
): Promise<{ access: Record<string, unknown>; id: Record<string, unknown> }> {
  await tab.locator('form#call-userinfo').waitFor()
  expect(new URL(tab.url()).origin).toBe(demoUrl)
  const read = async (token: string) => claimsOf((await tab.locator(token).textContent()) ?? '')
  return { access: await read('#raw-access-token'), id: await read('#raw-id-token') }
}

function anotherCode(code: string): string {
  return code === '000000' ? '000001' : '000000'
}

describe.each(Object.entries(WAYS))('a person %s', (way, options) => {
  let person: Person
  let tab: Tab
  const addressFor = (what: string) => `${what}.${Object.keys(WAYS).indexOf(way)}@example.org`

  beforeAll(async () => {
    person = await stage.enter(options)
    tab = person.tab
  })
  beforeEach(() => person.startAfresh())
  afterEach(() => expect(person.complaints).toEqual([]))
  afterAll(() => person?.leave())

  it('creates an account with the code of the outbox and comes back with both tokens', async () => {
    const email = addressFor('create')
    await tab.goto(demoUrl)
    await person.look('demo')
    await tab.getByRole('button', { name: 'Create an account' }).click()
    await tab.locator('form#choose-type').waitFor()
    await person.look('choose-type')
    await tab.locator('button[name="userType"][value="user"]').click()
    await tab.locator('form#sign-up').waitFor()
    await person.look('sign-up')
    await tab.locator('#email').fill(email)
    await tab.locator('#password').fill(GOOD_PASSWORD)
    await submit(tab, 'sign-up')
    await tab.locator('form#code').waitFor()
    await person.look('sign-up-code')

    await codeFor(node.url, email)
    await tab.goto(`${node.url}/dev/outbox`)
    await person.look('outbox')
    const code = await tab.locator('article', { hasText: email }).locator('dl mark').innerText()
    await tab.goBack()
    await typeCode(tab, code)

    const { access, id } = await readTokens(tab)
    await person.look('demo-signed-in')
    expect(access).toMatchObject({ iss: node.url, roles: ['user'], acr: 'urn:latchkey:acr:password-email' })
    expect(id).toMatchObject({ aud: 'demo', email, email_verified: true, sub: access['sub'] })
    expect(await tab.getByRole('table', { name: 'access token' }).locator('mark').allInnerTexts()).toEqual([
      'user',
    ])
  })

  it('signs in with a password and the right code, and with no other', async () => {
    const email = addressFor('sign-in')
    await makeAccount(email)
    await tab.goto(demoUrl)
    await submit(tab, 'sign-in')
    await tab.locator('#identifier').fill(email)
    await person.look('sign-in')
    await tab.locator('#password').fill('not-the-password-at-all')
    await submit(tab, 'sign-in')
    await tab.locator('#errors').waitFor()
    await person.look('sign-in-wrong')
    expect(await tab.locator('#identifier').inputValue()).toBe(email)

    const code = await typePassword(tab, email)
    await person.look('code')
    await typeCode(tab, anotherCode(code))
    await tab.getByText('You have 4 tries left.').waitFor()
    await person.look('code-wrong')
    expect(await tab.locator(':focus').getAttribute('id')).toBe('errors')

    await typeCode(tab, `${code.slice(0, 3)} ${code.slice(3)}`)
    const { access, id } = await readTokens(tab)
    expect(access['sub']).toMatch(/^acc_/)
    expect(id['email']).toBe(email)
  })

  it('gets a new code, not too soon, and only that one works then', async () => {
    const email = addressFor('resend')
    await makeAccount(email)
    const first = await typePassword(tab, email)
    await submit(tab, 'resend')
    await tab.getByText('Too soon for a new code').waitFor()
    await person.look('code-too-soon')

    await clock.later(RESEND_SECONDS, async () => {
      await submit(tab, 'resend')
      await tab.getByText('We sent you a new code.').waitFor()
    })
    await person.look('code-resent')
    const second = await codeFor(node.url, email, 3)
    if (first !== second) {
      await typeCode(tab, first)
      await tab.getByText('That code does not match', { exact: true }).waitFor()
    }
    await typeCode(tab, second)
    expect((await readTokens(tab)).id['email']).toBe(email)
  })

  it('is asked by a request that proves nothing, and may stay; the application signs out at once', async () => {
    const email = addressFor('sign-out')
    await makeAccount(email)
    await typeCode(tab, await typePassword(tab, email))
    const { id } = await readTokens(tab)

    const request = { client_id: DEMO.id, post_logout_redirect_uri: `${demoUrl}/` }
    await tab.goto(`${node.url}/session/end?${new URLSearchParams(request)}`)
    await tab.locator('form#sign-out button[value="stay"]').waitFor()
    await person.look('sign-out')
    await tab.locator('button[value="stay"]').click()
    await tab.locator('#done').waitFor()
    await person.look('stayed')
    await tab.getByRole('link', { name: /^Back to/ }).click()
    expect((await readTokens(tab)).id['sid']).toBe(id['sid'])

    await submit(tab, 'sign-out')
    await tab.getByText('You are signed out of this application.').waitFor()
    expect(new URL(tab.url()).origin).toBe(demoUrl)
    await submit(tab, 'sign-in')
    await tab.locator('#password').waitFor()
    expect(new URL(tab.url()).origin).toBe(node.url)
  })
})

describe('with the keyboard alone a person', () => {
  it('signs in and out, and always sees where they are', async () => {
    const email = 'keys@example.org'
    await makeAccount(email)
    const person = await stage.enter()
    const { tab } = person
    await tab.goto(demoUrl)
    await tabTo(tab, 'form#sign-in button:not([name])')
    await tab.keyboard.press('Enter')
    await tab.locator('#identifier').waitFor()
    await tabTo(tab, '#identifier')
    await tab.keyboard.type(email)
    await tabTo(tab, '#password')
    await tab.keyboard.type(GOOD_PASSWORD)
    await tab.keyboard.press('Enter')

    // The code's input has the focus already.
    await tab.locator('#code-input:focus').waitFor()
    await tab.keyboard.type(await codeFor(node.url, email, 2))
    await tab.keyboard.press('Enter')
    expect((await readTokens(tab)).id['email']).toBe(email)

    await tabTo(tab, 'form#sign-out button')
    await tab.keyboard.press('Enter')
    await tab.getByText('You are signed out of this application.').waitFor()
    expect(person.complaints).toEqual([])
    await person.leave()
  })

  /** Presses Tab until the focus is there; on the way each thing that has it shows it. */
  async function tabTo(tab: Tab, selector: string): Promise<void> {
    for (let presses = 0; presses < 20; presses++) {
      await tab.keyboard.press('Tab')
      expect(await tab.evaluate('getComputedStyle(document.activeElement).outline')).toContain('solid 3px')
      if ((await tab.locator(`${selector}:focus`).count()) > 0) return
    }
    throw new Error(`Tab does not lead to ${selector} on ${tab.url()}.`)
  }
})

describe('the first owner', () => {
  it('is made from the setup link, which opens nothing afterwards', async () => {
    const phone = '+14155550132'
    const link = `${node.url}/setup?token=${node.serving.setupSecret}`
    const person = await stage.enter()
    const { tab } = person
    await tab.goto(link)
    await person.look('setup')
    await tab.locator('#phone').fill('+1 (415) 555-0132')
    await tab.locator('#password').fill(GOOD_PASSWORD)
    await submit(tab, 'setup')
    await tab.locator('form#code').waitFor()
    await person.look('setup-code')
    await typeCode(tab, await codeFor(node.url, phone))
    await tab.locator('#done').waitFor()
    await person.look('set-up')

    await typeCode(tab, await typePassword(tab, phone))
    const { access } = await readTokens(tab)
    expect(access).toMatchObject({ roles: ['admin'], acr: 'urn:latchkey:acr:password-sms' })

    const again = await tab.goto(link)
    expect(again?.status()).toBe(404)
    await person.look('setup-over')
    expect(person.complaints).toEqual([])
    await person.leave()
  })
})

describe('a person who looks', () => {
  it('hears what the browser refuses', async () => {
    const person = await stage.enter()
    const { tab } = person
    await tab.goto(`${node.url}/sign-up`)
    const foreign = "document.body.append(Object.assign(new Image(), { src: 'https://elsewhere.example/x' }))"
    await Promise.all([tab.waitForEvent('console'), tab.evaluate(foreign)])
    expect(person.complaints).toEqual([expect.stringContaining('Content Security Policy')])
    await person.leave()
  })
})
