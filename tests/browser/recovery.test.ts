import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { Page as Tab } from 'playwright-core'
import { addAccount } from '../support/add-account.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, GOOD_PASSWORD, messagesTo } from '../support/people.ts'
import { NEW_PASSWORD, recoveryCodeFor } from '../support/recovery.ts'
import { createRelyingParty, DEMO } from '../support/relying-party.ts'
import { openStage, type Person, type Stage, WAYS } from './person.ts'

let node: FastNode
let stage: Stage

beforeAll(async () => {
  node = await startFastNode()
  stage = await openStage()
})

afterAll(async () => {
  await stage?.close()
  await node?.stop()
})

const submit = (tab: Tab, form: string) => tab.locator(`form[id="${form}"] button`).click()

/** The application is not there, so somebody answers in its place. */
const AT_APPLICATION = `${DEMO.redirectUri}?**`

describe.each(Object.entries(WAYS))('a person %s', (way, options) => {
  let person: Person
  let tab: Tab
  const addressFor = (what: string) => `${what}.${Object.keys(WAYS).indexOf(way)}@example.org`

  beforeAll(async () => {
    person = await stage.enter(options)
    tab = person.tab
    await tab.route(AT_APPLICATION, (route) => route.fulfill({ body: 'Back at the application' }))
  })
  beforeEach(() => person.startAfresh())
  afterEach(() => expect(person.complaints).toEqual([]))
  afterAll(() => person?.leave())

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
    await submit(tab, 'code')
    await tab.waitForURL(AT_APPLICATION)
    expect(new URL(tab.url()).searchParams.get('code')).toBeTruthy()
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
