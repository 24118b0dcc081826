import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { Page as Tab } from 'playwright-core'
import { addEmployee } from '../support/add-employee.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, GOOD_PASSWORD } from '../support/people.ts'
import { aadhaarOf, EVERY_KIND, userTypeLike } from '../support/user-types.ts'
import { openStage, type Person, type Stage, WAYS } from './person.ts'

let node: FastNode
let stage: Stage

beforeAll(async () => {
  const every = userTypeLike('user', { id: 'every', name: 'Every kind of field', fields: EVERY_KIND })
  node = await startFastNode({}, { userTypes: [every] })
  stage = await openStage()
  for (const way of Object.keys(WAYS).keys()) {
    const office = { role: 'police', fullName: 'Asha Rao', email: null } as const
    const known = { employeeId: `pol-${way}`, shownId: `POL-${way}`, phone: `+9198765432${way}0` }
    await addEmployee(node, { ...office, ...known })
    const unreachable = { employeeId: `pol-${way}-new`, shownId: `POL-${way}-NEW`, phone: null }
    await addEmployee(node, { ...office, ...unreachable })
  }
})

afterAll(async () => {
  await stage?.close()
  await node?.stop()
})

describe.each(Object.entries(WAYS))('a person %s', (way, options) => {
  const nth = Object.keys(WAYS).indexOf(way)
  let person: Person
  let tab: Tab

  beforeAll(async () => {
    person = await stage.enter(options)
    tab = person.tab
  })
  beforeEach(() => person.startAfresh())
  afterEach(() => expect(person.complaints).toEqual([]))
  afterAll(() => person?.leave())

  async function chooseType(userType: string): Promise<void> {
    await tab.goto(`${node.url}/sign-up`)
    await tab.locator(`button[name="userType"][value="${userType}"]`).click()
    await tab.locator('form#sign-up').waitFor()
  }

  async function fill(values: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(values)) await tab.locator(`input[name="${name}"]`).fill(value)
  }

  async function submit(form: string): Promise<void> {
    await tab.locator(`form[id="${form}"] button:not([name])`).click()
  }

  async function typeCode(to: string): Promise<void> {
    await tab.locator('form#code').waitFor()
    await fill({ code: await codeFor(node.url, to) })
    await submit('code')
  }

  it('becomes a civilian', async () => {
    const phone = `+9198765100${nth}1`
    await chooseType('civilian')
    await person.look('sign-up-civilian')
    const details = { phone, email: `civilian.${nth}@example.org`, userId: `civilian.${nth}` }
    await fill({ 'field.fullName': 'Asha Rao', 'field.aadhaar': '1234 5678 9012', ...details })
    await submit('sign-up')
    await tab.locator('#errors').waitFor()
    await person.look('sign-up-civilian-wrong')
    expect(await tab.locator(':focus').getAttribute('id')).toBe('errors')
    await tab.getByRole('link', { name: /^Aadhaar number: This is not a whole Aadhaar number/ }).click()
    expect(await tab.locator(':focus').getAttribute('name')).toBe('field.aadhaar')
    expect(await tab.locator('[id="field.aadhaar"]').inputValue()).toBe('')
    expect(await tab.locator('#userId').inputValue()).toBe(details.userId)

    await fill({ 'field.aadhaar': aadhaarOf(nth), password: GOOD_PASSWORD })
    await submit('sign-up')
    await tab.locator('form#choose-channel').waitFor()
    await person.look('sign-up-civilian-code')
    await typeCode(phone)
    await tab.locator('#done').waitFor()
    await person.look('signed-up')
  })

  it('becomes a police officer when the register knows them, and hears nothing when it does not', async () => {
    const phone = `+9198765432${nth}0`
    const details = { employeeId: `POL-${nth}`, phone, password: GOOD_PASSWORD }
    await chooseType('police')
    await person.look('sign-up-police')
    await fill({ ...details, 'field.fullName': 'Asha Roy' })
    await submit('sign-up')
    await typeCode(phone)
    await tab.locator('#errors').waitFor()
    await person.look('not-confirmed')
    expect(await tab.locator('main').innerText()).not.toContain('POL')

    await tab.getByRole('link', { name: 'Check my details' }).click()
    await fill({ ...details, 'field.fullName': 'asha rao' })
    await submit('sign-up')
    await tab.locator('form#code').waitFor()
    await fill({ code: await codeFor(node.url, phone, 2) })
    await submit('code')
    await tab.locator('#done').waitFor()
    expect(await tab.locator('h1').innerText()).toBe('Your account is ready')
  })

  it('waits for approval where the register knows no contact', async () => {
    const phone = `+9198765433${nth}0`
    await chooseType('police')
    await fill({ employeeId: `POL-${nth}-NEW`, 'field.fullName': 'Asha Rao', phone, password: GOOD_PASSWORD })
    await submit('sign-up')
    await typeCode(phone)
    await tab.locator('#done').waitFor()
    await person.look('awaiting-approval')
    expect(await tab.locator('h1').innerText()).toBe('Your account waits for approval')
  })

  it('meets every kind of field', async () => {
    await chooseType('every')
    await person.look('sign-up-every')
    await submit('sign-up')
    await tab.locator('#errors').waitFor()
    await person.look('sign-up-every-wrong')
    await tab.getByRole('link', { name: 'Court: Choose one of these.' }).click()
    await tab.getByLabel('South').check()
    await fill({ 'field.motto': 'fiat lux', 'field.bornOn': '1990-04-23', email: `every.${nth}@example.org` })
    await fill({ password: GOOD_PASSWORD })
    await submit('sign-up')
    await typeCode(`every.${nth}@example.org`)
    await tab.locator('#done').waitFor()
  })
})
