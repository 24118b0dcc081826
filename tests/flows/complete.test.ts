import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage } from '../../src/storage/index.ts'
import { addAccount } from '../support/add-account.ts'
import { auditOf } from '../support/audit-records.ts'
import { type BalancedVisitor, createBalancedVisitor } from '../support/balanced-visitor.ts'
import { changeUserType } from '../support/change-user-type.ts'
import { endOf } from '../support/code-only.ts'
import { GOOD_PASSWORD, tokensOf } from '../support/people.ts'
import { aUserType } from '../support/records.ts'
import { claimsOf, createRelyingParty } from '../support/relying-party.ts'
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.ts'

const CHOICES = [
  { value: 'pune', label: 'Pune City' },
  { value: 'nagpur', label: 'Nagpur' },
]
const DISTRICT = { name: 'district', label: 'District', kind: 'choice', required: true, choices: CHOICES }
const AADHAAR = {
  name: 'aadhaar',
  label: 'Aadhaar number',
  kind: 'nationalId',
  scheme: 'aadhaar',
  required: true,
  unique: true,
  sensitive: true,
}
/** Right check digits (Verhoeff). */
const NUMBERS = ['234123412346', '999941057058', '499118665246', '397788000234']

let nodes: TwoNodes
let people = 0
let types = 0

beforeAll(async () => {
  nodes = await startTwoNodes({
    userTypes: Array.from({ length: 30 }, (_, n) =>
      aUserType({ id: `type${n}`, name: `Officer ${n}`, identifiers: ['email'] }),
    ),
  })
})

afterAll(() => nodes.stop())

/** A type that nobody else uses. */
const nextType = () => `type${types++}`

async function newPerson(userType: string) {
  people += 1
  const email = `com${people}@example.org`
  return { email, id: await addAccount(nodes.first, { userType, email }) }
}

async function typePassword(email: string, visitor = nodes.visitor()) {
  const rp = createRelyingParty(nodes.issuer)
  const request = rp.authorize({ prompt: 'login' })
  await visitor.open(request.url)
  const path = new URL(visitor.at.url).pathname
  await visitor.submit('sign-in', { identifier: email, password: GOOD_PASSWORD })
  return { rp, request, visitor, path }
}

/** Password and code, whatever comes then. */
async function proveAll(email: string, count = 1) {
  const begun = await typePassword(email)
  await begun.visitor.submit('code', { code: await nodes.codeFor(email, count) })
  return begun
}

/** A person of a type that requires more than they have, at the page that asks for it. */
async function atComplete(...fields: readonly object[]) {
  const userType = nextType()
  const person = await newPerson(userType)
  await require(userType, ...fields)
  return { userType, ...person, ...(await proveAll(person.email)) }
}

async function require(userType: string, ...fields: readonly object[]): Promise<void> {
  const changed = await changeUserType(nodes.first, userType, (type) => ({
    ...type,
    fields: [...type.fields, ...fields],
  }))
  expect(changed.ok).toBe(true)
}

async function accountOf(id: string) {
  const storage = await openStorage(nodes.first.settings.storage, { clock: systemClock })
  return storage.accounts.find(id).finally(() => storage.close())
}

function namesAsked({ at }: BalancedVisitor): string[] {
  const inputs = at.page.querySelectorAll('form[id="complete"] input, form[id="complete"] select')
  const names = inputs
    .map((input) => input.getAttribute('name') ?? '')
    .filter((name) => name !== 'csrf' && name !== 'account')
  return [...new Set(names)]
}

async function isSignedIn(visitor: BalancedVisitor): Promise<boolean> {
  const silent = await visitor.get(createRelyingParty(nodes.issuer).authorize({ prompt: 'none' }).url)
  return new URL(silent.location ?? silent.url).searchParams.get('code') !== null
}

describe('a new required field', () => {
  it('is asked for once, after the code, and then the sign-in goes on', async () => {
    const userType = nextType()
    const { email, id } = await newPerson(userType)
    await require(userType, DISTRICT, { name: 'motto', label: 'Motto', kind: 'text' })
    const begun = await proveAll(email)
    expect(begun.visitor.at.url).toMatch(/\/complete$/)
    expect(namesAsked(begun.visitor)).toEqual(['field.district'])
    expect(begun.visitor.at.text).toContain('Officer')
    await begun.visitor.submit('complete', { 'field.district': 'nagpur' })
    const { id_token } = await tokensOf({ ...begun, end: endOf(begun.visitor) })
    expect(claimsOf(id_token)).toMatchObject({ sub: id, acr: 'urn:latchkey:acr:password-email' })
    expect(await accountOf(id)).toMatchObject({ fields: { district: 'nagpur' }, userTypeVersion: 2 })
    expect(await auditOf(nodes.first, 'account.completed')).toContainEqual(
      expect.objectContaining({ subjectId: id, details: { fields: ['district'], userTypeVersion: 2 } }),
    )

    const again = await proveAll(email, 2)
    expect((await tokensOf({ ...again, end: endOf(again.visitor) })).id_token).toBeTruthy()
  })

  it('is asked for with all others that are lacking, and with none that is there', async () => {
    const first = await atComplete(DISTRICT)
    await first.visitor.submit('complete', { 'field.district': 'pune' })
    await require(first.userType, {
      name: 'fullName',
      label: 'Full name',
      kind: 'text',
      required: true,
    }, AADHAAR)
    const { visitor } = await proveAll(first.email, 2)
    expect(namesAsked(visitor)).toEqual(['field.fullName', 'field.aadhaar'])
  })

  it('that is sensitive is sealed at rest and shown nowhere', async () => {
    const { visitor, id } = await atComplete(AADHAAR)
    await visitor.submit('complete', { 'field.aadhaar': '2341 2341 2346' })
    expect(await isSignedIn(visitor)).toBe(true)
    const account = await accountOf(id)
    expect(account?.fields).toEqual({ aadhaar: { sealed: expect.any(String) } })
    expect(JSON.stringify(await auditOf(nodes.first))).not.toContain(NUMBERS[0])
  })

  it('is asked for after a code that stood alone too, of an account that was made by it just now', async () => {
    const userType = nextType()
    await changeUserType(nodes.first, userType, (type) => ({
      ...type,
      passwordless: { createsAccounts: true },
      fields: [DISTRICT],
    }))
    const visitor = nodes.visitor()
    const rp = createRelyingParty(nodes.issuer)
    const request = rp.authorize()
    await visitor.open(request.url)
    await visitor.open(`${visitor.at.url}/with-code`)
    await visitor.submit('sign-in-with-code', { identifier: 'newcomer@example.org' })
    await visitor.submit('code', { code: await nodes.codeFor('newcomer@example.org') })
    expect(namesAsked(visitor)).toEqual(['field.district'])
    const form = visitor.fill('complete', { 'field.district': 'pune' })
    expect(await isSignedIn(visitor)).toBe(false)
    await visitor.follow(await visitor.post(form))
    const { id_token } = await tokensOf({ rp, request, end: endOf(visitor) })
    expect(claimsOf(id_token)['acr']).toBe('urn:latchkey:acr:code')
    await changeUserType(nodes.first, userType, (type) => ({ ...type, passwordless: null }))
  })

  it('is asked for on a device that skips the code', async () => {
    const userType = nextType()
    await changeUserType(nodes.first, userType, (type) => ({
      ...type,
      otp: { ...type.otp, when: 'new-device' },
    }))
    const { email } = await newPerson(userType)
    const { visitor } = await proveAll(email)
    await require(userType, DISTRICT)
    const begun = await typePassword(email, visitor)
    expect(namesAsked(begun.visitor)).toEqual(['field.district'])
    await begun.visitor.submit('complete', { 'field.district': 'pune' })
    const { id_token } = await tokensOf({ ...begun, end: endOf(begun.visitor) })
    expect(claimsOf(id_token)['acr']).toBe('urn:latchkey:acr:password')
  })
})

describe('what is typed', () => {
  it.each([
    ['nothing', {}, 'District: Choose one of these.'],
    ['another choice', { 'field.district': 'mumbai' }, 'District: Choose one of these.'],
  ])('is refused when it is %s, says so at its input, and stores nothing', async (_, fields, text) => {
    const { visitor, id } = await atComplete(DISTRICT)
    await visitor.submit('complete', { 'field.district': '', ...fields })
    expect(visitor.at.status).toBe(422)
    expect(visitor.at.page.querySelector('#errors')?.text).toContain(text)
    const buttons = visitor.at.page.querySelectorAll('input[name="field.district"]')
    expect(buttons.map((button) => button.getAttribute('aria-invalid'))).toEqual(['true', 'true'])
    const group = visitor.at.page.querySelector('fieldset.field')
    expect(group?.getAttribute('aria-describedby')).toBe('field.district-error')
    expect((await accountOf(id))?.fields).toEqual({})
    expect(await isSignedIn(visitor)).toBe(false)
  })

  it('stays when another field is wrong', async () => {
    const { visitor } = await atComplete(DISTRICT, AADHAAR)
    await visitor.submit('complete', { 'field.district': 'nagpur', 'field.aadhaar': '234123412345' })
    expect(visitor.at.status).toBe(422)
    expect(visitor.at.page.querySelector('input[checked]')?.getAttribute('value')).toBe('nagpur')
    expect(visitor.at.page.querySelectorAll('#errors a')).toHaveLength(1)
  })

  it.each([
    ['a role', { roles: 'admin' }],
    ['a status', { status: 'active' }],
    ['a list', { 'field.district[]': 'pune' }],
  ])('never sets what is not asked for: %s', async (_, forged) => {
    const { visitor, id } = await atComplete(DISTRICT)
    const form = visitor.fill('complete', { 'field.district': 'pune', ...forged })
    const reply = await visitor.post(form)
    const before = await accountOf(id)
    if ('field.district[]' in forged) expect(before?.fields).toEqual({ district: 'pune' })
    else expect([reply.status, before?.fields]).toEqual([400, {}])
    expect(before).toMatchObject({ roles: [], adminRole: null, status: 'active' })
  })

  it('never changes what the account has', async () => {
    const { visitor, id, email, userType } = await atComplete(DISTRICT)
    await visitor.submit('complete', { 'field.district': 'pune' })
    await require(userType, { name: 'motto', label: 'Motto', kind: 'text', required: true })
    const next = await proveAll(email, 2)
    const form = next.visitor.fill('complete', { 'field.motto': 'Onward', 'field.district': 'nagpur' })
    expect((await next.visitor.post(form)).status).toBe(303)
    expect((await accountOf(id))?.fields).toEqual({ district: 'pune', motto: 'Onward' })
  })

  it('cannot be used when somebody of the type has it; more is not said, and not often', async () => {
    const first = await atComplete(AADHAAR)
    const other = await newPerson(first.userType)
    await first.visitor.submit('complete', { 'field.aadhaar': NUMBERS[1] ?? '' })
    const { visitor } = await proveAll(other.email)
    await visitor.submit('complete', { 'field.aadhaar': `${NUMBERS[1]}` })
    expect(visitor.at.status).toBe(422)
    expect(visitor.at.text).toContain('This could not be used.')
    expect((await accountOf(other.id))?.fields).toEqual({})
    expect(await auditOf(nodes.first, 'account.not-completed')).toContainEqual(
      expect.objectContaining({ subjectId: other.id, reason: 'field-taken' }),
    )
    for (let guess = 1; guess < 10; guess++) {
      expect((await visitor.submit('complete', { 'field.aadhaar': NUMBERS[1] ?? '' })).status).toBe(422)
    }
    await visitor.submit('complete', { 'field.aadhaar': NUMBERS[2] ?? '' })
    expect(visitor.at.status).toBe(429)
    expect(Number(visitor.at.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await accountOf(other.id))?.fields).toEqual({})
  })

  it('is had by one of many who type it at once, over two processes', async () => {
    const userType = nextType()
    const some = await Promise.all(Array.from({ length: 6 }, () => newPerson(userType)))
    await require(userType, AADHAAR)
    const waiting: { visitor: BalancedVisitor }[] = []
    for (const { email } of some) waiting.push(await proveAll(email))
    const replies = await Promise.all(
      waiting.map(({ visitor }) =>
        visitor.post(visitor.fill('complete', { 'field.aadhaar': NUMBERS[3] ?? '' })),
      ),
    )
    expect(replies.map(({ status }) => status).sort()).toEqual([303, 422, 422, 422, 422, 422])
    const stored = await Promise.all(some.map(({ id }) => accountOf(id)))
    expect(stored.filter((account) => account && 'aadhaar' in account.fields)).toHaveLength(1)
  })

  it('goes on once, however often the form is posted at once', async () => {
    const { visitor, id } = await atComplete(DISTRICT)
    const form = visitor.fill('complete', { 'field.district': 'pune' })
    const replies = await Promise.all(Array.from({ length: 6 }, () => visitor.post(form)))
    for (const { status, location } of replies) {
      expect(status).toBe(303)
      expect(location).toContain('/auth/')
    }
    const completed = await auditOf(nodes.first, 'account.completed')
    expect(completed.filter(({ subjectId }) => subjectId === id)).toHaveLength(1)
  })
})

describe('the page', () => {
  it('is not to be left out: nothing else finishes the sign-in', async () => {
    const { visitor, path, email } = await atComplete(DISTRICT)
    const csrf = visitor.fill('complete').fields['csrf'] ?? ''
    const code = await nodes.codeFor(email)
    for (const [step, fields] of [
      ['/code', { code }],
      ['/code', { code: '000000' }],
      ['/resend', {}],
    ] as const) {
      const reply = await visitor.post({
        action: `${nodes.issuer}${path}${step}`,
        fields: { csrf, ...fields },
      })
      expect(reply.location ?? '').not.toContain('code=')
      expect(await isSignedIn(visitor)).toBe(false)
    }
    const resumed = await visitor.open(`${nodes.issuer}/auth/${path.split('/').at(-1)}`)
    expect(resumed.location ?? '').not.toContain('code=')
    expect(await isSignedIn(visitor)).toBe(false)
  })

  it.each(['nothing', 'password'] as const)('is no way around the code, after %s', async (after) => {
    const userType = nextType()
    const { email, id } = await newPerson(userType)
    await require(userType, DISTRICT)
    const visitor = createBalancedVisitor(nodes.issuer)
    await visitor.open(createRelyingParty(nodes.issuer).authorize().url)
    const { action, fields } = visitor.fill('sign-in')
    if (after === 'password') await visitor.submit('sign-in', { identifier: email, password: GOOD_PASSWORD })
    const forged = { csrf: fields['csrf'] ?? '', 'field.district': 'pune' }
    const posted = await visitor.post({ action: `${action}/complete`, fields: forged })
    expect([posted.status, posted.location]).toEqual([303, action])
    expect((await visitor.get(`${action}/complete`)).location).toBe(action)
    expect((await accountOf(id))?.fields).toEqual({})
    expect(await isSignedIn(visitor)).toBe(false)
  })

  it('takes no form that was made for another person, who was signing in in this browser before', async () => {
    const { userType, visitor, path } = await atComplete(DISTRICT)
    const form = visitor.fill('complete', { 'field.district': 'pune' })
    const other = await newPerson(userType)
    await visitor.open(`${nodes.issuer}${path}?sign-in`)
    await visitor.submit('sign-in', { identifier: other.email, password: GOOD_PASSWORD })
    await visitor.submit('code', { code: await nodes.codeFor(other.email) })
    await visitor.follow(await visitor.post(form))
    expect(new URL(visitor.at.url).pathname).toBe(`${path}/complete`)
    expect((await accountOf(other.id))?.fields).toEqual({})
    await visitor.submit('complete', { 'field.district': 'nagpur' })
    expect((await accountOf(other.id))?.fields).toEqual({ district: 'nagpur' })
  })

  it('takes no form without its proof', async () => {
    const { visitor } = await atComplete(DISTRICT)
    const form = visitor.fill('complete', { 'field.district': 'pune', csrf: 'A'.repeat(43) })
    expect((await visitor.post(form)).status).toBe(403)
    const { csrf: _, ...fields } = form.fields
    expect((await visitor.post({ ...form, fields })).status).toBe(403)
  })

  it('ends, and stores nothing, once everything of the account has ended', async () => {
    const { visitor, id } = await atComplete(DISTRICT)
    const storage = await openStorage(nodes.first.settings.storage, { clock: systemClock })
    await storage.revocations.raise([{ owner: { kind: 'account', id }, signIn: true }], new Date(), [])
    await storage.close()
    await visitor.submit('complete', { 'field.district': 'pune' })
    expect(visitor.at.status).toBe(422)
    expect(visitor.at.page.querySelector('form[id="sign-in"]')).not.toBeNull()
    expect((await accountOf(id))?.fields).toEqual({})
  })

  it('goes on where another browser was faster, or the field is no more', async () => {
    const { visitor, email, userType, ...begun } = await atComplete(DISTRICT)
    const other = await proveAll(email, 2)
    await other.visitor.submit('complete', { 'field.district': 'pune' })
    await visitor.submit('complete', { 'field.district': 'nagpur' })
    expect((await tokensOf({ ...begun, end: endOf(visitor) })).id_token).toBeTruthy()

    const second = await newPerson(userType)
    await require(userType, { name: 'motto', label: 'Motto', kind: 'text', required: true })
    const late = await proveAll(second.email)
    await changeUserType(nodes.first, userType, (type) => ({ ...type, fields: [] }))
    await late.visitor.submit('complete', { 'field.district': 'pune', 'field.motto': 'x' })
    expect((await tokensOf({ ...late, end: endOf(late.visitor) })).id_token).toBeTruthy()
  })
})
