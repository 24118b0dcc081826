import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Account } from '../../src/domain/accounts/index.ts'
import type { UserType } from '../../src/domain/user-types/index.ts'
import { addSeconds, systemClock } from '../../src/lib/clock.ts'
import { openStorage, type Storage } from '../../src/storage/index.ts'
import { type AddedAccount, addAccount } from '../support/add-account.ts'
import { auditOf } from '../support/audit-records.ts'
import { type BalancedVisitor, createBalancedVisitor } from '../support/balanced-visitor.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, GOOD_PASSWORD, messagesTo, signIn, tokensOf } from '../support/people.ts'
import { aUserType } from '../support/records.ts'
import {
  forget,
  forgetInside,
  isAt,
  NEW_PASSWORD,
  proveContact,
  recoveryCodeFor,
  WRONG_RECOVERY_CODE,
} from '../support/recovery.ts'
import { createRelyingParty } from '../support/relying-party.ts'
import { type ShiftedClock, shiftedClock } from '../support/shifted-clock.ts'

const DAY = 86_400

/** Signs in by id alone; a code goes by text message first. */
const CLERK: UserType = aUserType({
  id: 'clerk',
  name: 'Clerk',
  identifiers: ['userId'],
  contacts: { email: 'optional', phone: 'optional' },
  otp: { ...aUserType().otp, channels: ['sms', 'email'] },
})

let node: FastNode
let clock: ShiftedClock
let people = 0

beforeAll(async () => {
  clock = shiftedClock()
  node = await startFastNode({
    clock,
    change: (settings) => ({ ...settings, userTypes: [...settings.userTypes, CLERK] }),
  })
})

afterAll(() => node.stop())

async function add(added: Omit<AddedAccount, 'email'> & { readonly email?: string } = {}) {
  people += 1
  const email = added.email ?? `ann${people}@example.org`
  const id = await addAccount(node, { ...added, email })
  return { id, email }
}

async function onStorage<T>(use: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = await openStorage(node.settings.storage, { clock: systemClock })
  try {
    return await use(storage)
  } finally {
    await storage.close()
  }
}

async function accountOf(id: string): Promise<Account> {
  const account = await onStorage(({ accounts }) => accounts.find(id))
  if (!account) throw new Error(`There is no account ${id}.`)
  return account
}

/** A change by another process on the same data, as another part of Latchkey makes it. */
async function change(id: string, changes: Partial<Account>, raises = false): Promise<void> {
  const account = await accountOf(id)
  await onStorage(({ accounts }) =>
    accounts.replace(
      { ...account, ...changes },
      {
        from: account.version,
        added: [],
        removed: [],
        raises: raises ? [{ owner: { kind: 'account', id }, signIn: true }] : [],
        audit: [],
        at: systemClock.now(),
      },
    ),
  )
}

/** A sign-in as far as the page after the password: the one for a code when it was right. */
async function typePassword(identifier: string, password: string): Promise<BalancedVisitor> {
  const visitor = createBalancedVisitor(node.url)
  await visitor.open(createRelyingParty(node.url).authorize().url)
  await visitor.submit('sign-in', { identifier, password })
  return visitor
}

const isRight = async (identifier: string, password: string) =>
  isAt((await typePassword(identifier, password)).at, 'code')

/** Long enough for whatever was queued to be sent. */
async function sentTo(contact: string) {
  await wait(30)
  await onStorage(async ({ messages }) => {
    while ((await messages.countWaiting(clock.now())) > 0) await wait(10)
  })
  return messagesTo(node.url, contact)
}

describe('a forgotten password', () => {
  it('is set anew by who reads the code; from then on it alone is right', async () => {
    const { id, email } = await add()
    const visitor = await forget(node.url, email)
    expect(visitor.at.url).toBe(`${node.url}/forgot-password/code`)
    const code = await recoveryCodeFor(node.url, email)
    expect(code).toMatch(/^\d{8}$/)
    await visitor.submit('code', { code: `${code.slice(0, 4)} ${code.slice(4)}` })
    const form = visitor.at.page.querySelector('form[id="new-password"]')
    expect(form?.querySelector('input[autocomplete="username"]')?.getAttribute('value')).toBe(email)
    expect(form?.querySelector('input[name="newPassword"]')?.getAttribute('autocomplete')).toBe(
      'new-password',
    )

    await visitor.submit('new-password', { newPassword: NEW_PASSWORD })
    expect(visitor.at.status).toBe(200)
    expect(visitor.at.page.querySelector('#done')).not.toBeNull()
    expect(await isRight(email, GOOD_PASSWORD)).toBe(false)
    expect(await isRight(email, NEW_PASSWORD)).toBe(true)
    const [record, ...more] = (await auditOf(node, 'password.reset')).filter(
      ({ subjectId }) => subjectId === id,
    )
    expect(record).toMatchObject({ outcome: 'success' })
    expect(more).toEqual([])
  })

  it('leads back to the sign-in of the request in which it was set', async () => {
    const { email } = await add()
    const { visitor, request, start } = await forgetInside(node.url)
    await proveContact(node.url, email, { visitor, start })
    await visitor.submit('new-password', { newPassword: NEW_PASSWORD })
    expect(isAt(visitor.at, 'sign-in')).toBe(true)
    await visitor.submit('sign-in', { identifier: email, password: NEW_PASSWORD })
    await visitor.submit('code', { code: await codeFor(node.url, email, 2) })
    const end = { url: visitor.at.location ?? '', status: visitor.at.status, text: visitor.at.text }
    const rp = createRelyingParty(node.url)
    expect((await tokensOf({ rp, request, end })).access_token).toBeTruthy()
  })

  it('may be one that a code-only account never had', async () => {
    const { email } = await add({ password: null })
    const visitor = await proveContact(node.url, email)
    await visitor.submit('new-password', { newPassword: NEW_PASSWORD })
    expect(await isRight(email, NEW_PASSWORD)).toBe(true)
  })

  it('asks who it is about', async () => {
    const visitor = await forget(node.url, '  ')
    expect(visitor.at.status).toBe(422)
    expect(visitor.at.page.querySelector('#errors[role="alert"]')).not.toBeNull()
  })
})

describe('the code of a recovery', () => {
  it('goes to the contact that was typed, and the page says so', async () => {
    const phone = '+919876500001'
    const { email } = await add({ phone })
    const visitor = await forget(node.url, '+91 98765 00001')
    await recoveryCodeFor(node.url, phone)
    expect(await sentTo(email)).toHaveLength(0)
    expect(visitor.at.page.querySelector('main strong')?.textContent).toBe(phone)
  })

  it('goes by the first channel of the type to who typed an id, and the page does not say where', async () => {
    const phone = '+919876500002'
    const { email } = await add({ userType: 'clerk', userId: 'clerk-two', phone })
    const visitor = await forget(node.url, 'CLERK-two')
    await recoveryCodeFor(node.url, phone)
    expect(await sentTo(email)).toHaveLength(0)
    expect(visitor.at.text).toContain('to the phone or email of the account')
    expect(visitor.at.text).not.toContain('•')
    await add({ userType: 'clerk', userId: 'clerk-three', email: 'three@example.org' })
    await forget(node.url, 'clerk-three')
    await recoveryCodeFor(node.url, 'three@example.org')
  })

  it('never goes to a contact that was not verified', async () => {
    await add({
      userType: 'clerk',
      userId: 'clerk-four',
      unverified: { phone: '+919876500003' },
      email: 'four@example.org',
    })
    await forget(node.url, 'clerk-four')
    await recoveryCodeFor(node.url, 'four@example.org')
    await forget(node.url, '+919876500003')
    expect(await sentTo('+919876500003')).toHaveLength(0)
  })

  it('works as long as limits.json says and is sent again after a minute, then the new one alone', async () => {
    const { email } = await add()
    const visitor = await forget(node.url, email)
    const first = await recoveryCodeFor(node.url, email)
    expect((await visitor.post(visitor.fill('resend'))).status).toBe(429)
    await clock.later(58, async () => expect((await visitor.post(visitor.fill('resend'))).status).toBe(429))
    await clock.later(61, async () => {
      await visitor.submit('resend')
      expect(visitor.at.status).toBe(200)
      const second = await recoveryCodeFor(node.url, email, 2)
      if (first !== second) expect((await visitor.submit('code', { code: first })).status).toBe(422)
      await clock.later(301, async () => {
        expect((await visitor.submit('code', { code: second })).status).toBe(422)
        expect(isAt(visitor.at, 'new-password')).toBe(false)
      })
      await visitor.submit('code', { code: second })
      expect(isAt(visitor.at, 'new-password')).toBe(true)
    })
  })

  it('is sent once for the same identifier posted again a moment later', async () => {
    const { email } = await add()
    const visitor = await forget(node.url, email)
    await forget(node.url, email.toUpperCase(), { visitor })
    expect(await sentTo(email)).toHaveLength(1)
    await visitor.submit('code', { code: await recoveryCodeFor(node.url, email) })
    expect(isAt(visitor.at, 'new-password')).toBe(true)
  })

  it('leads on once, and the second of two posts goes the same way', async () => {
    const { email } = await add()
    const visitor = await forget(node.url, email)
    const form = visitor.fill('code', { code: await recoveryCodeFor(node.url, email) })
    const replies = await Promise.all([visitor.post(form), visitor.post(form)])
    const later = await visitor.post(form)
    for (const { location } of [...replies, later]) {
      expect([`${node.url}/forgot-password/new-password`, null]).toContain(location)
    }
    expect(later.location).toBe(`${node.url}/forgot-password/new-password`)
    const records = await auditOf(node, 'code.verified')
    expect(records.filter(({ details }) => details['purpose'] === 'recovery').length).toBeGreaterThan(0)
  })

  it('sets the password of whom the page named, and of nobody whose code was typed in another tab since', async () => {
    const [one, other] = [await add(), await add()]
    const before = [await accountOf(one.id), await accountOf(other.id)]
    const visitor = await proveContact(node.url, one.email)
    const form = visitor.fill('new-password', { newPassword: NEW_PASSWORD })
    await proveContact(node.url, other.email, { visitor })
    await visitor.follow(await visitor.post(form))
    expect(isAt(visitor.at, 'new-password')).toBe(true)
    expect(visitor.at.page.querySelector('#identifier')?.getAttribute('value')).toBe(other.email)
    expect([await accountOf(one.id), await accountOf(other.id)]).toEqual(before)
    await visitor.submit('new-password', { newPassword: NEW_PASSWORD })
    expect((await accountOf(other.id)).passwordHash).not.toBe(before[1]?.passwordHash)
  })

  it('opens nothing in another browser, nor does the page behind it', async () => {
    const { email } = await add()
    await forget(node.url, email)
    const code = await recoveryCodeFor(node.url, email)
    const thief = createBalancedVisitor(node.url)
    await thief.open('/forgot-password')
    const csrf = thief.fill('forgot-password').fields['csrf'] ?? ''
    for (const [path, fields] of [
      ['code', { code }],
      ['resend', {}],
      ['new-password', { newPassword: NEW_PASSWORD }],
    ] as const) {
      const reply = await thief.post({
        action: `${node.url}/forgot-password/${path}`,
        fields: { csrf, ...fields },
      })
      expect([reply.status, reply.location]).toEqual([303, `${node.url}/forgot-password`])
    }
    expect((await thief.get('/forgot-password/done')).status).toBe(303)
    expect(await isRight(email, GOOD_PASSWORD)).toBe(true)
  })

  it('has to be typed before a password is taken', async () => {
    const { email } = await add()
    const visitor = await forget(node.url, email)
    const { fields } = visitor.fill('code')
    const action = `${node.url}/forgot-password/new-password`
    const reply = await visitor.post({
      action,
      fields: { csrf: fields['csrf'] ?? '', newPassword: NEW_PASSWORD },
    })
    expect(reply.status).toBe(303)
    expect(await isRight(email, GOOD_PASSWORD)).toBe(true)
  })
})

describe('wrong codes of recoveries', () => {
  /** As far as a chain of codes and the hour let it; answers the statuses. */
  async function guess(visitor: BalancedVisitor, guesses: number): Promise<number[]> {
    const statuses: number[] = []
    for (let n = 0; n < guesses; n++) {
      const form = visitor.fill('code', { code: WRONG_RECOVERY_CODE })
      statuses.push((await visitor.post(form)).status)
    }
    return statuses
  }

  it.each(['known', 'unknown'])('are counted for what was typed, over all chains: %s', async (who) => {
    const email = who === 'known' ? (await add()).email : 'nobody-at-all@example.org'
    const chain = async (identifier: string, guesses: number) =>
      guess(await forget(node.url, identifier), guesses)
    expect(await chain(email, 6)).toEqual([422, 422, 422, 422, 429, 429])
    expect(await chain(email.toUpperCase(), 6)).toEqual([422, 422, 422, 422, 429, 429])
    expect(await chain(email, 1)).toEqual([429])
    // Sign-in has counters of its own.
    if (who === 'known') expect(await isRight(email, GOOD_PASSWORD)).toBe(true)
  })

  it('of strangers do not hold up a browser in which the owner signed in before', async () => {
    const { email } = await add()
    const known = createBalancedVisitor(node.url)
    await known.open(createRelyingParty(node.url).authorize().url)
    await known.submit('sign-in', { identifier: email, password: GOOD_PASSWORD })
    await known.submit('code', { code: await codeFor(node.url, email) })
    for (let chain = 0; chain < 2; chain++) await guess(await forget(node.url, email), 6)
    expect(await guess(await forget(node.url, email), 1)).toEqual([429])
    await forget(node.url, email, { visitor: known })
    await known.submit('code', { code: await recoveryCodeFor(node.url, email, 4) })
    expect(isAt(known.at, 'new-password')).toBe(true)
  })
})

describe('who is not helped', () => {
  it.each([
    ['disabled', { status: 'disabled' }],
    ['awaiting-approval', { status: 'awaiting-approval' }],
    ['invited', { status: 'invited' }],
    ['owner', { userType: 'admin', adminRole: 'owner' }],
    ['identifier-not-allowed', { userType: 'clerk', userId: 'clerk-five' }],
    ['deactivated', { status: 'deactivated', deactivatedAt: addSeconds(systemClock.now(), -30 * DAY - 60) }],
  ] as const)('gets the page and no code, and the record says why: %s', async (reason, added) => {
    const { id, email } = await add(added)
    const visitor = await forget(node.url, email)
    expect(isAt(visitor.at, 'code')).toBe(true)
    expect(await sentTo(email)).toEqual([])
    const records = await auditOf(node, 'code.withheld')
    expect(records.at(-1)).toMatchObject({
      outcome: 'failure',
      reason,
      subjectId: id,
      details: { purpose: 'recovery' },
    })
    expect(await accountOf(id)).toMatchObject({ recoveredBy: null })
  })

  it('gets none as an unknown person, whatever was typed', async () => {
    for (const typed of ['nobody@example.org', 'no-such-id', '@@@', 'a'.repeat(1000), '\0']) {
      const visitor = await forget(node.url, typed)
      expect(isAt(visitor.at, 'code')).toBe(true)
      expect((await visitor.submit('code', { code: '12345678' })).status).toBe(422)
      expect((await visitor.post(visitor.fill('resend'))).status).toBe(429)
    }
    expect(await sentTo('nobody@example.org')).toEqual([])
  })

  it('may be another administrator than an owner', async () => {
    const { email } = await add({ userType: 'admin', adminRole: 'operator' })
    const visitor = await proveContact(node.url, email)
    await visitor.submit('new-password', { newPassword: NEW_PASSWORD })
    expect(await isRight(email, NEW_PASSWORD)).toBe(true)
  })
})

describe('a deactivated account', () => {
  it('comes back with the new password within 30 days', async () => {
    const deactivatedAt = addSeconds(systemClock.now(), -30 * DAY + 600)
    const { id, email } = await add({ status: 'deactivated', deactivatedAt })
    const visitor = await proveContact(node.url, email)
    expect((await accountOf(id)).status).toBe('deactivated')
    await visitor.submit('new-password', { newPassword: NEW_PASSWORD })
    expect(await accountOf(id)).toMatchObject({ status: 'active', deactivatedAt: null, recoveredBy: 'email' })
    expect(await isRight(email, NEW_PASSWORD)).toBe(true)
  })

  it('does not come back when the days end before the password is set', async () => {
    const deactivatedAt = addSeconds(systemClock.now(), -30 * DAY + 120)
    const { id, email } = await add({ status: 'deactivated', deactivatedAt })
    const visitor = await proveContact(node.url, email)
    await clock.later(180, () => visitor.submit('new-password', { newPassword: NEW_PASSWORD }))
    expect(visitor.at.status).toBe(422)
    expect(isAt(visitor.at, 'new-password')).toBe(false)
    expect((await accountOf(id)).status).toBe('deactivated')
  })
})

describe('what was begun before a new password', () => {
  const refresh = (token: string | undefined) =>
    createRelyingParty(node.url).token({ grant_type: 'refresh_token', refresh_token: token ?? '' })
  const userinfo = async (token: string) =>
    (await fetch(`${node.url}/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status

  it('is dead: session, tokens, device, and a sign-in that waits for its code', async () => {
    const { id, email } = await add()
    const signedIn = await signIn(node.url, email)
    const tokens = await tokensOf(signedIn)
    const half = await typePassword(email, GOOD_PASSWORD)
    const code = await codeFor(node.url, email, 2)
    expect(await userinfo(tokens.access_token)).toBe(200)

    const visitor = await proveContact(node.url, email)
    // Nothing ends before the password is set.
    expect(await userinfo(tokens.access_token)).toBe(200)
    await visitor.submit('new-password', { newPassword: NEW_PASSWORD })

    expect(await userinfo(tokens.access_token)).toBe(401)
    expect((await refresh(tokens.refresh_token)).body.error).toBe('invalid_grant')
    const silent = await signedIn.visitor.get(createRelyingParty(node.url).authorize({ prompt: 'none' }).url)
    expect(silent.url).toContain('error=login_required')
    expect((await half.submit('code', { code })).status).toBe(422)
    expect(isAt(half.at, 'sign-in')).toBe(true)
    expect(await onStorage(({ devices }) => devices.listByAccount(id, clock.now(), 10))).toEqual([])
  })

  it('is dead: another recovery, at its code and at its password', async () => {
    const { email } = await add()
    const atCode = await forget(node.url, email)
    const code = await recoveryCodeFor(node.url, email)
    const atPassword = await proveContact(node.url, email, { count: 2 })
    const winner = await proveContact(node.url, email, { count: 3 })
    await winner.submit('new-password', { newPassword: NEW_PASSWORD })
    await atCode.submit('code', { code })
    const late = await atPassword.submit('new-password', { newPassword: 'some-other-quiet-words-here' })
    for (const { at } of [atCode, { at: late }]) {
      expect(at.status).toBe(422)
      expect(at.page.querySelector('#errors[role="alert"]')).not.toBeNull()
      expect(isAt(at, 'new-password')).toBe(false)
    }
    expect(await isRight(email, NEW_PASSWORD)).toBe(true)
    expect(await isRight(email, 'some-other-quiet-words-here')).toBe(false)
  })

  it.each([
    ['disabled', { status: 'disabled' }, false],
    ['signed out everywhere', {}, true],
    ['given a new password', { passwordChangedAt: new Date(systemClock.now().getTime() + 5) }, false],
    ['made an owner', { adminRole: 'owner' }, false],
  ] as const)('a recovery ends with an account that is %s meanwhile', async (_, changes, raises) => {
    const { id, email } = await add()
    const visitor = await proveContact(node.url, email)
    await change(id, changes, raises)
    const before = await accountOf(id)
    await visitor.submit('new-password', { newPassword: NEW_PASSWORD })
    expect(visitor.at.status).toBe(422)
    expect(isAt(visitor.at, 'new-password')).toBe(false)
    expect(await accountOf(id)).toEqual(before)
    const refused = await auditOf(node, 'password.reset-refused')
    expect(refused.at(-1)).toMatchObject({ subjectId: id, reason: 'void' })
  })

  it('goes on beside a change that has nothing to do with it', async () => {
    const { id, email } = await add()
    const visitor = await proveContact(node.url, email)
    await change(id, { roles: ['reader'] })
    await visitor.submit('new-password', { newPassword: NEW_PASSWORD })
    expect(await accountOf(id)).toMatchObject({ roles: ['reader'], recoveredBy: 'email' })
  })
})

describe('the owner of the account', () => {
  it('is told at every verified contact, each time', async () => {
    const phone = '+919876500010'
    const { email } = await add({ phone })
    for (let times = 1; times <= 2; times++) {
      const visitor = await proveContact(node.url, email, { count: times })
      await visitor.submit('new-password', { newPassword: `${NEW_PASSWORD} ${times}` })
      for (const contact of [email, phone]) {
        const notices = (await sentTo(contact)).filter(({ template }) => template === 'password-changed')
        expect(notices).toHaveLength(times)
        expect(notices[0]?.text).not.toMatch(/https?:/)
      }
    }
  })

  it('is told at no contact that is not verified', async () => {
    const { email } = await add({ unverified: { phone: '+919876500011' } })
    const visitor = await proveContact(node.url, email)
    await visitor.submit('new-password', { newPassword: NEW_PASSWORD })
    expect(await sentTo('+919876500011')).toEqual([])
    expect((await sentTo(email)).map(({ template }) => template)).toContain('password-changed')
  })
})

describe('a form of a recovery', () => {
  it('is refused without the token of this browser, or with inputs that it does not have', async () => {
    const { email } = await add()
    const visitor = createBalancedVisitor(node.url)
    await visitor.open('/forgot-password')
    const { action, fields } = visitor.fill('forgot-password', { identifier: email })
    expect((await visitor.post({ action, fields: { ...fields, csrf: 'x' } })).status).toBe(403)
    expect((await visitor.post({ action, fields: { ...fields, accountId: 'acc_x' } })).status).toBe(400)
    expect((await visitor.post({ action, fields: { ...fields, identifier: 'a'.repeat(1025) } })).status).toBe(
      400,
    )
    expect(await sentTo(email)).toEqual([])
  })

  it('belongs to the request that it was opened in', async () => {
    const { visitor, start } = await forgetInside(node.url)
    const { start: other } = await forgetInside(node.url)
    await visitor.open(start)
    const { fields } = visitor.fill('forgot-password', { identifier: 'ann@example.org' })
    expect((await visitor.post({ action: `${node.url}${other}`, fields })).status).toBe(400)
    expect(visitor.at.headers.get('content-security-policy')).toContain(
      "form-action 'self' http://localhost:3001",
    )
  })
})
