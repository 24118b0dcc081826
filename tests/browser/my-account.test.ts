import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { Page as Tab } from 'playwright-core'
import { addAccount } from '../support/add-account.ts'
import { codesSentTo } from '../support/applications.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { CLERK } from '../support/my-account.ts'
import { codeFor, GOOD_PASSWORD } from '../support/people.ts'
import { recoveryCodeFor } from '../support/recovery.ts'
import { openStage, type Person, type Stage, WAYS } from './person.ts'

const NEW_PASSWORD = 'seven-grey-herons-at-noon'

let node: FastNode
let stage: Stage

beforeAll(async () => {
  node = await startFastNode({}, { userTypes: [CLERK] })
  stage = await openStage()
})

afterAll(async () => {
  await stage?.close()
  await node?.stop()
})

async function submit(tab: Tab, form: string): Promise<void> {
  await tab.locator(`form[id="${form}"] button`).first().click()
}

/** Signs in at the page at hand, and is where that leads. */
async function signIn(tab: Tab, email: string, password = GOOD_PASSWORD): Promise<void> {
  const before = await codesSentTo(node.url, email)
  await tab.locator('#identifier').fill(email)
  await tab.locator('#password').fill(password)
  await submit(tab, 'sign-in')
  await tab.locator('#code-input').fill(await codeFor(node.url, email, before + 1))
  await submit(tab, 'code')
}

async function openAccount(tab: Tab, email: string): Promise<void> {
  await tab.goto(`${node.url}/account`)
  await signIn(tab, email)
  await tab.getByRole('heading', { name: 'Your account', exact: true }).waitFor()
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

  it('changes profile, contact and password', async () => {
    const email = addressFor('change')
    const next = addressFor('changed')
    const fields = { fullName: 'Asha Rao', district: 'north' }
    await addAccount(node, { userType: 'clerk', email, userId: email.replace('@', '-'), fields })
    await openAccount(tab, email)
    await person.look('account')

    await tab.getByRole('link', { name: 'Change District' }).click()
    await person.look('account-profile')
    await tab.locator('input[name="field.district"][value="south"]').check()
    await submit(tab, 'profile')
    await tab.locator('#done').waitFor()
    await tab.getByText('South shore').waitFor()

    await tab.getByRole('link', { name: 'Change Email' }).click()
    await person.look('account-contact')
    await tab.locator('#contact').fill(next)
    await submit(tab, 'change-contact')
    await tab.locator('#code-input').waitFor()
    await person.look('account-contact-code')
    await tab.locator('#code-input').fill(await codeFor(node.url, next))
    await submit(tab, 'code')
    await tab.locator('#done').waitFor()
    await tab.getByText(next).waitFor()

    await tab.getByRole('link', { name: 'Change Password' }).click()
    await person.look('account-password')
    await tab.locator('#currentPassword').fill(GOOD_PASSWORD)
    await tab.locator('#newPassword').fill(NEW_PASSWORD)
    await submit(tab, 'change-password')
    await tab.locator('#done').waitFor()
    await person.look('account-done')
  })

  it('ends the session of another browser, which is out at its next request', async () => {
    const email = addressFor('other')
    await addAccount(node, { email })
    const other = await stage.enter()
    await openAccount(other.tab, email)
    await openAccount(tab, email)
    const button = tab.locator('form#end-session li', { hasNotText: 'This device' }).locator('button')
    expect(await button.count()).toBe(1)
    await button.click()
    await tab.locator('#done').waitFor()
    await other.tab.reload()
    await other.tab.locator('form#sign-in').waitFor()
    await tab.reload()
    await tab.getByRole('heading', { name: 'Your account', exact: true }).waitFor()
    await other.leave()
  })

  it('deactivates the account, signs in no more, and comes back by a new password', async () => {
    const email = addressFor('leave')
    await addAccount(node, { email })
    await openAccount(tab, email)
    await tab.getByRole('link', { name: 'Download' }).click()
    await person.look('account-download')
    await tab.getByRole('link', { name: 'Back to your account' }).click()
    await tab.getByRole('link', { name: 'Deactivate…' }).click()
    await person.look('account-deactivate')
    await tab.locator('#currentPassword').fill(GOOD_PASSWORD)
    await submit(tab, 'deactivate')
    await tab.locator('#done').waitFor()
    await person.look('account-deactivated')
    await tab.goto(`${node.url}/account`)
    await tab.locator('#identifier').fill(email)
    await tab.locator('#password').fill(GOOD_PASSWORD)
    await submit(tab, 'sign-in')
    await tab.locator('#errors').waitFor()

    await tab.goto(`${node.url}/forgot-password`)
    await tab.locator('#identifier').fill(email)
    await submit(tab, 'forgot-password')
    await tab.locator('#code-input').fill(await recoveryCodeFor(node.url, email))
    await submit(tab, 'code')
    await tab.locator('#newPassword').fill(NEW_PASSWORD)
    await submit(tab, 'new-password')
    await tab.locator('#done').waitFor()
    await tab.goto(`${node.url}/account`)
    await signIn(tab, email, NEW_PASSWORD)
    await tab.getByRole('heading', { name: 'Your account', exact: true }).waitFor()
  })

  it('signs out everywhere', async () => {
    const email = addressFor('everywhere')
    await addAccount(node, { email })
    await openAccount(tab, email)
    await submit(tab, 'sign-out-everywhere')
    await tab.locator('#done').waitFor()
    await person.look('account-signed-out-everywhere')
    await tab.getByRole('link', { name: 'Sign in again' }).click()
    await tab.locator('form#sign-in').waitFor()
  })
})
