import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { Browser, BrowserContextOptions, Page as Tab } from 'playwright-core'
import { addAccount } from '../support/add-account.ts'
import { openBrowser } from '../support/browser.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, GOOD_PASSWORD, messagesTo } from '../support/people.ts'
import { NEW_PASSWORD, recoveryCodeFor } from '../support/recovery.ts'
import { createRelyingParty, DEMO } from '../support/relying-party.ts'
import { openPerson, type Person } from './person.ts'

const WAYS: Readonly<Record<string, BrowserContextOptions>> = {
  'on a wide screen': {},
  'with JavaScript off': { javaScriptEnabled: false },
  'on a screen of 320 px': { viewport: { width: 320, height: 640 } },
}

let node: FastNode
let browser: Browser

beforeAll(async () => {
  node = await startFastNode()
  browser = await openBrowser()
})

afterAll(async () => {
  await browser?.close()
  await node?.stop()
})

const submit = (tab: Tab, form: string) => tab.locator(`form[id="${form}"] button`).click()

/** The application is not there: that the browser is sent back to it with a code is enough. */
async function arriveAtApplication(tab: Tab): Promise<URL> {
  const request = await tab.waitForRequest((one) => one.url().startsWith(DEMO.redirectUri))
  return new URL(request.url())
}

describe.each(Object.entries(WAYS))('a person %s', (way, options) => {
  let person: Person
  let tab: Tab
  const addressFor = (what: string) => `${what}.${Object.keys(WAYS).indexOf(way)}@example.org`

  beforeEach(async () => {
    person = await openPerson(browser, options)
    tab = person.tab
  })

  afterEach(async () => {
    await person.leave()
    expect(person.complaints).toEqual([])
  })

  it('who has forgotten the password sets another, signs in with it and goes on to the application', async () => {
    const email = addressFor('forgot')
    await addAccount(node, { email })
    await tab.goto(createRelyingParty(node.url).authorize().url)
    await tab.getByRole('link', { name: 'Forgot your password?' }).click()
    await tab.locator('form#forgot-password').waitFor()
    await person.look('forgot')
    await submit(tab, 'forgot-password')
    await tab.locator('#errors').waitFor()
    await person.look('forgot-missing')

    await tab.locator('#identifier').fill(email)
    await submit(tab, 'forgot-password')
    await tab.locator('form#code').waitFor()
    await person.look('recovery-code')
    await tab.locator('#code-input').fill('0000')
    await submit(tab, 'code')
    await tab.getByText('You have 4 tries left.').waitFor()
    await tab.locator('#code-input').fill(await recoveryCodeFor(node.url, email))
    await submit(tab, 'code')

    await tab.locator('form#new-password').waitFor()
    expect(await tab.locator('#newPassword:focus').count()).toBe(1)
    await person.look('new-password')
    await tab.locator('#newPassword').fill('password12345678')
    await submit(tab, 'new-password')
    await tab.locator('#errors').waitFor()
    expect(await tab.locator(':focus').getAttribute('id')).toBe('errors')
    await person.look('new-password-refused')
    await tab.locator('#newPassword').fill(NEW_PASSWORD)
    await submit(tab, 'new-password')

    await tab.getByText('Your password is changed. Sign in with the new one.').waitFor()
    await person.look('sign-in-recovered')
    await tab.locator('#identifier').fill(email)
    await tab.locator('#password').fill(NEW_PASSWORD)
    await submit(tab, 'sign-in')
    await tab.locator('form#code').waitFor()
    await tab.locator('#code-input').fill(await codeFor(node.url, email, 2))
    const [callback] = await Promise.all([arriveAtApplication(tab), submit(tab, 'code').catch(() => {})])
    expect(callback.searchParams.get('code')).toBeTruthy()
    expect((await messagesTo(node.url, email)).map(({ template }) => template)).toContain('password-changed')
  })

  it('who comes by the page alone ends there, and is out everywhere else', async () => {
    const email = addressFor('alone')
    await addAccount(node, { email })
    await tab.goto(`${node.url}/forgot-password`)
    await tab.locator('#identifier').fill(email)
    await submit(tab, 'forgot-password')
    await tab.locator('#code-input').fill(await recoveryCodeFor(node.url, email))
    await submit(tab, 'code')
    await tab.locator('#newPassword').fill(NEW_PASSWORD)
    const form = tab.url()
    await submit(tab, 'new-password')
    await tab.locator('#done').waitFor()
    await person.look('recovered')

    // Back in the browser's history stands the form; it works no more.
    await tab.goto(form)
    await tab.locator('#done').waitFor()
    await tab.goto(createRelyingParty(node.url).authorize().url)
    await tab.locator('#identifier').fill(email)
    await tab.locator('#password').fill(GOOD_PASSWORD)
    await submit(tab, 'sign-in')
    await tab.getByText('We could not sign you in').waitFor()
  })

  it('whose form was sent twice is told so', async () => {
    const email = addressFor('twice')
    await addAccount(node, { email })
    await tab.goto(`${node.url}/forgot-password`)
    await tab.locator('#identifier').fill(email)
    await submit(tab, 'forgot-password')
    await tab.locator('#code-input').fill(await recoveryCodeFor(node.url, email))
    await submit(tab, 'code')
    await tab.locator('#newPassword').waitFor()
    const other = await tab.context().newPage()
    await other.goto(tab.url())
    await other.locator('#newPassword').fill(NEW_PASSWORD)
    await submit(other, 'new-password')
    await other.locator('#done').waitFor()
    await tab.locator('#newPassword').fill(`${NEW_PASSWORD} again`)
    await submit(tab, 'new-password')
    await tab.locator('#errors').waitFor()
    await person.look('recovery-over')
  })
})
