import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { auditOf } from '../support/audit-records.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import {
  addAccount,
  anAadhaar,
  type Browser,
  CLERK,
  openBrowser,
  openPage,
  openStaleBrowser,
} from '../support/my-account.ts'
import { shiftedClock } from '../support/shifted-clock.ts'

const clock = shiftedClock()
let node: FastNode
let count = 0
let email: string
let here: Browser
let aadhaar: string

beforeAll(async () => {
  node = await startFastNode({ clock }, { userTypes: [CLERK] })
})

afterAll(() => node.stop())

beforeEach(async () => {
  count += 1
  email = `ann.${count}@example.org`
  aadhaar = anAadhaar(count)
  const fields = { fullName: 'Asha Rao', district: 'north', motto: 'Slowly on' }
  await addAccount(node, { userType: 'clerk', email, userId: `clerk-${count}`, fields })
  here = await openBrowser(node.url, email)
})

async function save(fields: Readonly<Record<string, string>>) {
  await openPage(here.visitor, '/account/profile')
  return here.visitor.submit('profile', fields)
}

function valueAt(name: string): string | undefined {
  return here.visitor.at.page.querySelector(`[id="${name}"]`)?.getAttribute('value')
}

describe('the account page', () => {
  it('shows what the type has, choices by their labels, and links what may be changed', async () => {
    const page = await openPage(here.visitor)
    for (const shown of ['Court clerk', 'Asha Rao', 'North shore', 'Slowly on', `clerk-${count}`, 'clerk']) {
      expect(page.text).toContain(shown)
    }
    const links = page.page.querySelectorAll('a[href^="/account/profile"]').map((a) => a.getAttribute('href'))
    expect(links).toContain('/account/profile#field.district')
    expect(links).not.toContain('/account/profile#field.fullName')
  })

  it('says nothing that its address made up', async () => {
    for (const done of ['<b>', '__proto__', 'constructor', 'profile&done=x']) {
      expect((await openPage(here.visitor, `/account?done=${done}`)).page.querySelector('#done')).toBeNull()
    }
  })
})

describe('the profile', () => {
  it('is saved with the fields that a person may write', async () => {
    const end = await save({
      'field.motto': '  On we  go ',
      'field.district': 'south',
      'field.born': '1990-02-28',
      'field.desk': '7',
      'field.aadhaar': aadhaar.replace(/(....)/g, '$1 '),
    })
    expect([end.status, end.url]).toEqual([200, `${node.url}/account?done=profile`])
    for (const shown of ['On we go', 'South shore', '1990-02-28', `••••••••${aadhaar.slice(-4)}`, 'Asha Rao'])
      expect(end.text).toContain(shown)
    expect(end.text).not.toContain(aadhaar)
    const [record] = await auditOf(node, 'account.profile-changed')
    expect(JSON.stringify(record)).not.toContain(aadhaar)
  })

  it('never shows a sensitive value again; its input left empty keeps it', async () => {
    await save({ 'field.aadhaar': aadhaar })
    const page = await openPage(here.visitor, '/account/profile')
    expect(valueAt('field.aadhaar')).toBe('')
    expect(page.text).toContain(aadhaar.slice(-4))
    expect(page.text).not.toContain(aadhaar)
    expect((await save({})).text).toContain(`••••••••${aadhaar.slice(-4)}`)
  })

  it('clears what is optional', async () => {
    const end = await save({ 'field.motto': '' })
    expect(end.url).toContain('done=profile')
    expect(end.text).not.toContain('Slowly on')
  })

  it.each([
    ['field.motto', 'ab'],
    ['field.motto', 'x'.repeat(21)],
    ['field.district', ''],
    ['field.district', 'west'],
    ['field.aadhaar', '123412341234'],
    ['field.born', '2020-01-01'],
    ['field.born', 'yesterday'],
    ['field.desk', '41'],
    ['field.desk', 'seven'],
  ])('refuses in %s the value "%s", and keeps what was typed but a sensitive one', async (name, value) => {
    const page = await save({ [name]: value })
    expect(page.status).toBe(422)
    expect(page.page.querySelector(`#errors a[href="#${name}"]`)).not.toBeNull()
    expect(page.page.querySelector(`[id="${name}"]`)?.getAttribute('aria-invalid')).toBe('true')
    if (name !== 'field.district') expect(valueAt(name)).toBe(name === 'field.aadhaar' ? '' : value)
    expect((await openPage(here.visitor)).text).toContain('Slowly on')
  })

  it.each(['field.fullName', 'field.roles', 'field.', 'field.__proto__', 'status', 'userId'])(
    'takes no input %s, and changes nothing',
    async (name) => {
      expect((await save({ [name]: 'x', 'field.motto': 'Changed' })).status).toBe(400)
      expect((await openPage(here.visitor)).text).toContain('Slowly on')
    },
  )

  it('refuses a value that is somebody’s in words that do not say so', async () => {
    const other = `other.${count}@example.org`
    const fields = { fullName: 'Ben', district: 'north', aadhaar }
    await addAccount(node, { userType: 'clerk', email: other, fields })
    const page = await save({ 'field.aadhaar': aadhaar })
    expect(page.status).toBe(422)
    expect(page.text).toContain('This could not be used.')
    expect(await auditOf(node, 'account.profile-refused')).toContainEqual(
      expect.objectContaining({ subjectId: here.accountId, reason: 'taken' }),
    )
    expect((await openPage(here.visitor)).text).not.toContain(aadhaar.slice(-4))
  })

  it('says only so often whether a value is free; what is nobody’s alone is saved all the same', async () => {
    const fields = { fullName: 'Ben', district: 'north', aadhaar }
    await addAccount(node, { userType: 'clerk', email: `other.${count}@example.org`, fields })
    for (let guess = 0; guess < 10; guess++) {
      expect((await save({ 'field.aadhaar': aadhaar })).status).toBe(422)
    }
    const paused = await save({ 'field.aadhaar': anAadhaar(count + 5000) })
    expect([paused.status, Number(paused.headers['retry-after']) > 0]).toEqual([429, true])
    expect((await save({ 'field.motto': 'Still here' })).text).toContain('Still here')
  })

  it('does not count what was free', async () => {
    for (let change = 1; change <= 12; change++) {
      expect((await save({ 'field.aadhaar': anAadhaar(count * 20 + 6000 + change) })).status).toBe(200)
    }
  })

  it('has no page where the type lets a person write nothing', async () => {
    await addAccount(node, { email: `plain.${count}@example.org` })
    const { visitor } = await openBrowser(node.url, `plain.${count}@example.org`)
    expect((await visitor.get('/account/profile')).status).toBe(404)
  })
})

describe('the download', () => {
  async function exported(browser: Browser) {
    const answer = await browser.visitor.get('/account/export')
    return { answer, body: JSON.parse(answer.text) }
  }

  it('is a JSON file of everything held, sensitive values in clear after a fresh sign-in', async () => {
    await save({ 'field.aadhaar': aadhaar })
    const { answer, body } = await exported(here)
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toContain('application/json')
    expect(answer.headers['content-disposition']).toMatch(/^attachment; filename="account-\d+\.json"$/)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(body.account).toMatchObject({
      id: here.accountId,
      status: 'active',
      userType: { id: 'clerk' },
      email: { value: email },
      userId: `clerk-${count}`,
      fields: { fullName: 'Asha Rao', district: 'north', motto: 'Slowly on', aadhaar },
      effectiveRoles: ['clerk'],
      hasPassword: true,
    })
    expect(body.sessions).toEqual([expect.objectContaining({ isThisOne: true })])
    expect(body.applications).toEqual([expect.objectContaining({ clientId: 'demo' })])
    expect(body.trustedDevices).toHaveLength(1)
    expect(body.events.map(({ event }: { event: string }) => event)).toContain('sign-in.completed')
    expect(answer.text).not.toMatch(/passwordHash|v1\$|sealed/)
  })

  it('masks sensitive values when the sign-in is old; a page leads to a new one and back', async () => {
    await save({ 'field.aadhaar': aadhaar })
    const stale = await openStaleBrowser(clock, node.url, email)
    const { answer, body } = await exported(stale)
    expect(body.account.fields.aadhaar).toMatch(/^•{8}\d{4}$/)
    expect(answer.text).not.toContain(aadhaar)
    const page = await openPage(stale.visitor, '/account/download')
    const again = page.page.querySelector('.notice a')?.getAttribute('href') ?? ''
    const asked = new URL((await stale.visitor.get(again)).url)
    expect([asked.pathname, asked.searchParams.get('state')]).toEqual(['/auth', '/account/download'])
    expect((await openPage(here.visitor, '/account/download')).page.querySelector('.notice')).toBeNull()
  })

  it('makes a record of each, and tells nobody’s address but the person’s own', async () => {
    await exported(here)
    const { body } = await exported(here)
    const records = (await auditOf(node, 'account.exported')).filter(
      ({ subjectId }) => subjectId === here.accountId,
    )
    expect(records).toHaveLength(2)
    for (const event of body.events) if (event.by !== 'you') expect(event).not.toHaveProperty('ip')
  })
})
