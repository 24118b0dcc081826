import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage, type Storage } from '../../src/storage/index.ts'
import { addAccount } from '../support/add-account.ts'
import { auditOf } from '../support/audit-records.ts'
import { createBalancedVisitor } from '../support/balanced-visitor.ts'
import { changeUserType } from '../support/change-user-type.ts'
import { atWithCode, claim, endOf, TYPES } from '../support/code-only.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, codeOf, GOOD_PASSWORD, messagesTo, tokensOf } from '../support/people.ts'
import { claimsOf, createRelyingParty } from '../support/relying-party.ts'
import { type ShiftedClock, shiftedClock } from '../support/shifted-clock.ts'

const CODE = 'urn:latchkey:acr:code'
const PASSWORD_SMS = 'urn:latchkey:acr:password-sms'
/** Eight digits are never nine: wrong for certain. */
const WRONG_CODE = '000000000'

let node: FastNode
let clock: ShiftedClock

beforeAll(async () => {
  clock = shiftedClock()
  node = await startFastNode({ clock }, { userTypes: TYPES })
})

afterAll(() => node.stop())

async function inStore<T>(look: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = await openStorage(node.settings.storage, { clock: systemClock })
  return look(storage).finally(() => storage.close())
}

const ownerOf = (space: 'email' | 'phone', value: string) =>
  inStore((storage) => storage.accounts.findByIdentifier({ space, value }))

/** Claims, types the code that is sent to `contact`, and redeems what the application gets. */
async function signIn(typed: string, contact: string, count = 1, options = {}) {
  const begun = await claim(node.url, typed, options)
  const page = begun.visitor.at
  await begun.visitor.submit('code', { code: await codeFor(node.url, contact, count) })
  const tokens = await tokensOf({ ...begun, end: endOf(begun.visitor) })
  return { ...begun, page, id: claimsOf(tokens.id_token), access: claimsOf(tokens.access_token) }
}

describe('a first-time contact', () => {
  it.each([
    ['email', 'new@example.org', ['otp']],
    ['phone', '+919876500001', ['otp', 'sms']],
  ] as const)('by %s becomes an account after the right code, not before', async (space, contact, amr) => {
    const { visitor, rp, request } = await claim(node.url, contact)
    expect(visitor.at.text).toContain(contact)
    const code = await codeFor(node.url, contact)
    expect(code).toMatch(/^\d{8}$/)
    expect(visitor.at.text).toContain('8-digit code')
    await visitor.submit('code', { code: WRONG_CODE })
    expect(visitor.at.status).toBe(422)
    expect(await ownerOf(space, contact)).toBeNull()

    await visitor.submit('code', { code })
    const account = await ownerOf(space, contact)
    expect(account).toMatchObject({ userType: 'user', status: 'active', passwordHash: null, fields: {} })
    expect(account?.[space]?.verifiedAt).toBeInstanceOf(Date)
    const tokens = await tokensOf({ rp, request, end: endOf(visitor) })
    expect(claimsOf(tokens.access_token)).toMatchObject({
      sub: account?.id,
      acr: CODE,
      amr,
      user_type: 'user',
      roles: ['user'],
    })
  })

  it('is the same person the next time, in another spelling too', async () => {
    const first = await signIn('Twice@Example.org', 'twice@example.org')
    const second = await signIn(' twice@example.org ', 'twice@example.org', 2)
    expect(second.access['sub']).toBe(first.access['sub'])
    expect(await auditOf(node, 'sign-up.completed')).toContainEqual(
      expect.objectContaining({ subjectId: first.access['sub'] }),
    )
  })

  it('is one account, however often its right code is posted at once, and every post goes on', async () => {
    const { visitor } = await claim(node.url, 'often@example.org')
    const form = visitor.fill('code', { code: await codeFor(node.url, 'often@example.org') })
    const replies = await Promise.all(Array.from({ length: 10 }, () => visitor.post(form)))
    expect(replies.map(({ status }) => status)).toEqual(Array(10).fill(303))
    const { id } = (await ownerOf('email', 'often@example.org')) ?? { id: null }
    const made = await auditOf(node, 'sign-up.completed')
    expect(made.filter(({ subjectId }) => subjectId === id)).toHaveLength(1)
  })

  it('that somebody signs up with meanwhile, and by a type that needs a password, gets nothing', async () => {
    const { visitor } = await claim(node.url, 'meanwhile@example.org')
    const code = await codeFor(node.url, 'meanwhile@example.org')
    await addAccount(node, { userType: 'reader', email: 'meanwhile@example.org' })
    await visitor.submit('code', { code })
    expect(visitor.at.status).toBe(422)
    expect(visitor.at.page.querySelector('form[id="sign-in-with-code"]')).not.toBeNull()
    expect(await auditOf(node, 'sign-up.refused')).toContainEqual(
      expect.objectContaining({ reason: 'contact-taken' }),
    )
  })

  it('signs in to the account that was made of it meanwhile, where a code alone does', async () => {
    const { visitor, rp, request } = await claim(node.url, 'faster@example.org')
    const code = await codeFor(node.url, 'faster@example.org')
    const id = await addAccount(node, { email: 'faster@example.org' })
    await visitor.submit('code', { code })
    const { id_token } = await tokensOf({ rp, request, end: endOf(visitor) })
    expect(claimsOf(id_token)['sub']).toBe(id)
  })
})

describe('somebody who is known', () => {
  const contacts = (n: number) => ({ email: `kay${n}@example.org`, phone: `+9198765100${n + 10}` })

  it.each([
    ['email', 'email'],
    ['phone', 'phone'],
    ['userId', 'phone'],
    ['employeeId', 'phone'],
  ] as const)('by %s gets the code at the %s, and nothing but what was typed is shown', async (by, at) => {
    const n = ['email', 'phone', 'userId', 'employeeId'].indexOf(by)
    const { email, phone } = contacts(n)
    const person = { email, phone, userId: `kay-${n}`, employeeId: `clk-${n}` }
    await addAccount(node, { userType: 'clerk', ...person })
    const { page, access } = await signIn(person[by], person[at])
    expect(access).toMatchObject({ acr: CODE, user_type: 'clerk' })
    const told = page.text.replace(/\s+/g, ' ')
    if (by === at) expect(told).toContain(person[by])
    else expect(told).toContain('to the phone or email of the account')
    expect(page.text).not.toContain('•')
    const other = at === 'phone' ? email : phone
    expect(page.text).not.toContain(other)
    expect(page.page.querySelector('form[id="choose-channel"]')).toBeNull()
    const toOther = await messagesTo(node.url, other)
    expect(toOther.filter(({ code }) => code !== null)).toEqual([])
  })

  it('has an account without a password too, and never gets one by it', async () => {
    const id = await addAccount(node, { email: 'bare@example.org', password: null })
    expect((await signIn('bare@example.org', 'bare@example.org')).access['sub']).toBe(id)
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(createRelyingParty(node.url).authorize().url)
    await visitor.submit('sign-in', { identifier: 'bare@example.org', password: GOOD_PASSWORD })
    expect(visitor.at.status).toBe(422)
  })

  it.each([
    ['is disabled', async (id: string) => inStore((storage) => setStatus(storage, id))],
    [
      'has everything ended',
      async (id: string) =>
        inStore((storage) =>
          storage.revocations.raise([{ owner: { kind: 'account', id }, signIn: true }], new Date(), []),
        ),
    ],
  ])('and %s after the code was sent is not signed in by it', async (what, end) => {
    const email = `${what.replaceAll(' ', '-')}@example.org`
    const id = await addAccount(node, { email })
    const { visitor } = await claim(node.url, email)
    const code = await codeFor(node.url, email)
    await end(id)
    await visitor.submit('code', { code })
    expect(visitor.at.status).toBe(422)
    expect(visitor.at.page.querySelector('form[id="sign-in-with-code"]')).not.toBeNull()
    expect(await isSignedIn(visitor)).toBe(false)
  })

  it('gets one code when the same form is posted twice', async () => {
    await addAccount(node, { email: 'double@example.org' })
    const { visitor } = await atWithCode(node.url)
    const form = visitor.fill('sign-in-with-code', { identifier: 'double@example.org' })
    const replies = await Promise.all(Array.from({ length: 6 }, () => visitor.post(form)))
    expect(replies.map(({ status }) => status)).toEqual(Array(6).fill(303))
    await codeFor(node.url, 'double@example.org')
    await wait(300)
    expect(await messagesTo(node.url, 'double@example.org')).toHaveLength(1)
    const page = await visitor.get(form.action.replace('with-code', 'code'))
    expect(page.page.querySelector('form[id="code"]')).not.toBeNull()
  })

  it('can have a new code, which kills the old one and keeps the tries that were left', async () => {
    await addAccount(node, { email: 'resent@example.org' })
    const { visitor, rp, request } = await claim(node.url, 'resent@example.org')
    const old = await codeFor(node.url, 'resent@example.org')
    await visitor.submit('code', { code: WRONG_CODE })
    expect(visitor.at.text).toContain('4 tries left')
    expect((await visitor.post(visitor.fill('resend'))).status).toBe(429)
    await clock.later(31, async () => {
      await visitor.submit('resend')
      const fresh = await codeFor(node.url, 'resent@example.org', 2)
      if (fresh !== old) expect((await visitor.submit('code', { code: old })).text).toContain('3 tries left')
      await visitor.submit('code', { code: fresh })
    })
    const { id_token } = await tokensOf({ rp, request, end: endOf(visitor) })
    expect(claimsOf(id_token)['acr']).toBe(CODE)
  })

  it('is told what a code alone is for: nothing of a password', async () => {
    await addAccount(node, { email: 'words@example.org' })
    await claim(node.url, 'words@example.org')
    await codeFor(node.url, 'words@example.org')
    const [message] = await messagesTo(node.url, 'words@example.org')
    expect(message?.text).toContain('without the code nobody gets in')
    expect(message?.text).not.toContain('password')
  })
})

describe('a code for one purpose', () => {
  it('opens no other: the one after a password not alone, and not the other way round', async () => {
    await addAccount(node, { email: 'cross@example.org' })
    const alone = await claim(node.url, 'cross@example.org')
    const aloneCode = await codeFor(node.url, 'cross@example.org')
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(createRelyingParty(node.url).authorize().url)
    await visitor.submit('sign-in', { identifier: 'cross@example.org', password: GOOD_PASSWORD })
    const afterPassword = await codeFor(node.url, 'cross@example.org', 2)
    expect(afterPassword).toMatch(/^\d{6}$/)
    expect((await visitor.submit('code', { code: aloneCode })).status).toBe(422)
    expect((await alone.visitor.submit('code', { code: afterPassword })).status).toBe(422)
    expect(await isSignedIn(visitor)).toBe(false)
  })
})

describe('what the application asks for', () => {
  const essential = (...values: string[]) => ({
    claims: JSON.stringify({ id_token: { acr: { essential: true, values } } }),
  })

  it('is not offered, and not begun, with a code alone where that can never do', async () => {
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(createRelyingParty(node.url).authorize(essential(PASSWORD_SMS)).url)
    expect(visitor.at.page.querySelector('a[href$="/with-code"]')).toBeNull()
    const { action, fields } = visitor.fill('sign-in')
    const page = await visitor.open(`${action}/with-code`)
    expect(page.page.querySelector('form[id="sign-in"]')).not.toBeNull()
    const posted = await visitor.post({
      action: `${action}/with-code`,
      fields: { csrf: fields['csrf'] ?? '', identifier: 'essential@example.org' },
    })
    expect(posted.location).toMatch(/\?sign-in$/)
    await wait(300)
    expect(await messagesTo(node.url, 'essential@example.org')).toEqual([])
  })

  it('leads there at once where nothing else will do', async () => {
    await addAccount(node, { email: 'only@example.org' })
    const rp = createRelyingParty(node.url)
    const request = rp.authorize(essential(CODE))
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(request.url)
    await visitor.submit('sign-in-with-code', { identifier: 'only@example.org' })
    await visitor.submit('code', { code: await codeFor(node.url, 'only@example.org') })
    const { id_token } = await tokensOf({ rp, request, end: endOf(visitor) })
    expect(claimsOf(id_token)['acr']).toBe(CODE)
  })

  it('is a wish otherwise: the application is told what it really was', async () => {
    await addAccount(node, { email: 'wish@example.org' })
    const parameters = { acr_values: PASSWORD_SMS }
    const { id } = await signIn('wish@example.org', 'wish@example.org', 1, { parameters })
    expect(id['acr']).toBe(CODE)
  })
})

describe('wrong codes', () => {
  async function guessUntilBlocked(typed: string): Promise<number[]> {
    const { visitor } = await claim(node.url, typed)
    const statuses: number[] = []
    for (let guess = 0; guess < 5; guess++) {
      statuses.push((await visitor.post(visitor.fill('code', { code: WRONG_CODE }))).status)
    }
    return statuses
  }

  it.each([
    ['somebody', 'guessed1@example.org'],
    ['a contact that nobody has', 'guessed2@example.org'],
    ['a user id that nobody has', 'guessed-3'],
    ['somebody who needs a password', 'guessed4@example.org'],
  ])('pause the identifier of %s after ten, over all chains and for everybody', async (who, typed) => {
    if (who === 'somebody') await addAccount(node, { email: typed })
    if (who === 'somebody who needs a password') await addAccount(node, { userType: 'reader', email: typed })
    expect(await guessUntilBlocked(typed)).toEqual([422, 422, 422, 422, 429])
    expect(await guessUntilBlocked(typed.toUpperCase())).toEqual([422, 422, 422, 422, 429])
    const { visitor } = await claim(node.url, typed)
    expect(visitor.at.status).toBe(429)
    expect(Number(visitor.at.headers.get('retry-after'))).toBeGreaterThan(1000)
    expect(visitor.at.page.querySelector('[id="errors"] time')).not.toBeNull()
  })

  it('of strangers do not pause the browser that the account is known in', async () => {
    await addAccount(node, { email: 'spared@example.org' })
    const { visitor } = await signIn('spared@example.org', 'spared@example.org')
    for (let chain = 0; chain < 2; chain++) await guessUntilBlocked('spared@example.org')
    expect((await claim(node.url, 'spared@example.org')).visitor.at.status).toBe(429)
    const own = await claim(node.url, 'spared@example.org', { visitor, parameters: { prompt: 'login' } })
    expect(own.visitor.at.status).toBe(200)
    await own.visitor.submit('code', { code: await codeFor(node.url, 'spared@example.org', 4) })
    expect(codeOf(endOf(own.visitor))).toBeTruthy()
  })

  it('do not pause the code after a password, which has a count of its own', async () => {
    await addAccount(node, { email: 'apart@example.org' })
    for (let chain = 0; chain < 2; chain++) await guessUntilBlocked('apart@example.org')
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(createRelyingParty(node.url).authorize().url)
    await visitor.submit('sign-in', { identifier: 'apart@example.org', password: GOOD_PASSWORD })
    await visitor.submit('code', { code: await codeFor(node.url, 'apart@example.org', 3) })
    expect(codeOf(endOf(visitor))).toBeTruthy()
  })
})

// The last of its file: it changes the types.
describe('the page', () => {
  it('asks for something, and keeps what was typed', async () => {
    const { visitor } = await atWithCode(node.url)
    await visitor.submit('sign-in-with-code', { identifier: '  ' })
    expect(visitor.at.status).toBe(422)
    expect(visitor.at.page.querySelector('#errors a[href="#identifier"]')).not.toBeNull()
    expect(visitor.at.page.querySelector('form[id="sign-in-with-code"]')).not.toBeNull()
  })

  it.each([
    ['an input that it has not', { identifier: 'x', password: 'y' }],
    ['a longer text than anybody types', { identifier: 'x'.repeat(1025) }],
  ])('takes no form with %s', async (_, fields) => {
    const { visitor } = await atWithCode(node.url)
    const filled = visitor.fill('sign-in-with-code')
    const reply = await visitor.post({ ...filled, fields: { ...filled.fields, ...fields } })
    expect(reply.status).toBe(400)
  })

  it('takes no form without its proof', async () => {
    const { visitor } = await atWithCode(node.url)
    const filled = visitor.fill('sign-in-with-code', { identifier: 'x@example.org', csrf: 'A'.repeat(43) })
    expect((await visitor.post(filled)).status).toBe(403)
  })

  it('is not there where no type signs in so', async () => {
    for (const id of ['user', 'clerk', 'warden']) {
      const changed = await changeUserType(node, id, (type) => ({ ...type, passwordless: null }))
      expect(changed.ok).toBe(true)
    }
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(createRelyingParty(node.url).authorize().url)
    expect(visitor.at.page.querySelector('a[href$="/with-code"]')).toBeNull()
    const { action, fields } = visitor.fill('sign-in')
    expect((await visitor.get(`${action}/with-code`)).location).toMatch(/\?sign-in$/)
    const form = { csrf: fields['csrf'] ?? '', identifier: 'none@example.org' }
    expect((await visitor.post({ action: `${action}/with-code`, fields: form })).location).toMatch(
      /\?sign-in$/,
    )
  })
})

async function setStatus(storage: Storage, id: string): Promise<void> {
  const account = await storage.accounts.find(id)
  if (!account) throw new Error(`There is no account ${id}.`)
  const change = {
    from: account.version,
    added: [],
    removed: [],
    raises: [],
    audit: [],
    at: systemClock.now(),
  }
  await storage.accounts.replace({ ...account, status: 'disabled' }, change)
}

async function isSignedIn(visitor: ReturnType<typeof createBalancedVisitor>): Promise<boolean> {
  const silent = await visitor.get(createRelyingParty(node.url).authorize({ prompt: 'none' }).url)
  return new URL(silent.location ?? silent.url).searchParams.get('code') !== null
}
