import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage } from '../../src/storage/index.ts'
import { addAccount } from '../support/add-account.ts'
import { auditOf } from '../support/audit-records.ts'
import { type BalancedVisitor, createBalancedVisitor } from '../support/balanced-visitor.ts'
import { claim } from '../support/code-only.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { heldSignIns } from '../support/held-sign-ins.ts'
import { codeFor, GOOD_PASSWORD, messagesTo, tokensOf } from '../support/people.ts'
import { aUserType } from '../support/records.ts'
import { forgetInside, isAt, NEW_PASSWORD, proveContact, recoveryCodeFor } from '../support/recovery.ts'
import { claimsOf, createRelyingParty } from '../support/relying-party.ts'
import { type ShiftedClock, shiftedClock } from '../support/shifted-clock.ts'

const SMS = 'urn:latchkey:acr:password-sms'
const EMAIL = 'urn:latchkey:acr:password-email'
const RESEND_SECONDS = 30

/** Asks for a code on a new device only. */
const TRUSTING = aUserType({
  id: 'trusting',
  signUp: 'closed',
  identifiers: ['email', 'phone'],
  contacts: { email: 'optional', phone: 'optional' },
  otp: { ...aUserType().otp, channels: ['email', 'sms'], when: 'new-device' },
})

/** Signs in with a code alone, too. */
const BY_CODE = { ...TRUSTING, id: 'by-code', passwordless: { createsAccounts: false } }

const held = heldSignIns()
let node: FastNode
let clock: ShiftedClock
let people = 0

beforeAll(async () => {
  clock = shiftedClock()
  node = await startFastNode({
    clock,
    openData: held.openData,
    change: (settings) => ({ ...settings, userTypes: [...settings.userTypes, TRUSTING, BY_CODE] }),
  })
})

afterAll(() => node.stop())

/** Of the shipped type `user`, which sends by email first. */
async function addPerson(userType = 'user') {
  people += 1
  const email = `pat${people}@example.org`
  const phone = `+91987654${String(people).padStart(4, '0')}`
  const id = await addAccount(node, { userType, email, phone })
  return { id, email, phone }
}

async function recover(contact: string): Promise<void> {
  const visitor = await proveContact(node.url, contact)
  await visitor.submit('new-password', { newPassword: NEW_PASSWORD })
}

async function typePassword(
  identifier: string,
  { password = NEW_PASSWORD, visitor = createBalancedVisitor(node.url), acr = '' } = {},
) {
  const rp = createRelyingParty(node.url)
  const request = rp.authorize({ prompt: 'login', ...(acr === '' ? {} : { acr_values: acr }) })
  await visitor.open(request.url)
  await visitor.submit('sign-in', { identifier, password })
  return { rp, request, visitor }
}

/** Of sign-in, not of recovery: with six digits. */
async function signInCodesTo(contact: string): Promise<string[]> {
  const messages = await messagesTo(node.url, contact)
  return messages.flatMap(({ code }) => (code?.length === 6 ? [code] : []))
}

async function signInCodeFor(contact: string, count = 1): Promise<string> {
  for (let look = 0; look < 200; look++) {
    const [newest, ...more] = await signInCodesTo(contact)
    if (newest !== undefined && more.length + 1 >= count) return newest
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`No code reached ${contact}.`)
}

type Signing = Awaited<ReturnType<typeof typePassword>>

async function acrAfter({ rp, request, visitor }: Signing, code: string): Promise<unknown> {
  await visitor.submit('code', { code })
  const end = { url: visitor.at.location ?? '', status: visitor.at.status, text: visitor.at.text }
  return claimsOf((await tokensOf({ rp, request, end })).id_token)['acr']
}

const offersAnotherWay = ({ at }: BalancedVisitor) => isAt(at, 'choose-channel')

describe('the sign-in after a reset', () => {
  it.each(['email', 'phone'] as const)('sends its code by the other channel: reset by %s', async (by) => {
    const person = await addPerson()
    const other = by === 'email' ? 'phone' : 'email'
    await recover(person[by])
    const signing = await typePassword(person[by])
    expect(offersAnotherWay(signing.visitor)).toBe(false)
    const acr = await acrAfter(signing, await signInCodeFor(person[other]))
    expect(acr).toBe(other === 'phone' ? SMS : EMAIL)
    expect(await signInCodesTo(person[by])).toEqual([])
  })

  it('is by the other channel also when the same one is asked for, or the code again', async () => {
    const { email, phone } = await addPerson()
    await recover(email)
    const { visitor } = await typePassword(email)
    await signInCodeFor(phone)
    const { action, fields } = visitor.fill('resend')
    await clock.later(RESEND_SECONDS + 1, async () => {
      const asked = { csrf: fields['csrf'] ?? '', channel: 'email' }
      await visitor.follow(
        await visitor.post({ action: action.replace('/resend', '/choose-channel'), fields: asked }),
      )
      await signInCodeFor(phone, 2)
      await clock.later(120, () => visitor.submit('resend'))
      await signInCodeFor(phone, 3)
    })
    expect(await signInCodesTo(email)).toEqual([])
  })

  it('is by the other channel whatever the application wishes for', async () => {
    const { email, phone } = await addPerson()
    await recover(email)
    const signing = await typePassword(email, { acr: EMAIL })
    // As good as what was wished for, and better.
    expect(await acrAfter(signing, await signInCodeFor(phone))).toBe(SMS)
    expect(await signInCodesTo(email)).toEqual([])
  })

  it('tells what it really was where only the channel of the reset would do, and the next one does', async () => {
    const { email, phone } = await addPerson()
    await recover(phone)
    const wished = await typePassword(email, { acr: SMS })
    expect(await acrAfter(wished, await signInCodeFor(email))).toBe(EMAIL)
    expect(await acrAfter(await typePassword(email, { acr: SMS }), await signInCodeFor(phone))).toBe(SMS)
  })

  it('is by the one channel there is where no other contact is verified', async () => {
    people += 1
    const email = `sole${people}@example.org`
    await addAccount(node, { email, unverified: { phone: '+919876549999' } })
    await recover(email)
    const signing = await typePassword(email)
    expect(await acrAfter(signing, await signInCodeFor(email))).toBe(EMAIL)
  })

  it('is the last of its kind: the next one has both ways again', async () => {
    const { id, email, phone } = await addPerson()
    await recover(email)
    await acrAfter(await typePassword(email), await signInCodeFor(phone))
    const storage = await openStorage(node.settings.storage, { clock: systemClock })
    expect(await storage.accounts.find(id)).toMatchObject({ recoveredBy: null })
    await storage.close()
    const signing = await typePassword(email)
    expect(offersAnotherWay(signing.visitor)).toBe(true)
    expect(await acrAfter(signing, await signInCodeFor(email))).toBe(EMAIL)
  })

  it('is by the other channel also where one with the old password was ending during the reset', async () => {
    const { id, email, phone } = await addPerson()
    const before = await typePassword(email, { password: GOOD_PASSWORD })
    const form = before.visitor.fill('code', { code: await signInCodeFor(email) })
    const ending = held.hold()
    const reply = before.visitor.post(form)
    await ending
    await recover(email)
    held.release()
    await before.visitor.follow(await reply)
    expect(before.visitor.at.location ?? '').not.toContain('code=')

    const completed = await auditOf(node, 'sign-in.completed')
    expect(completed.filter(({ subjectId }) => subjectId === id)).toEqual([])
    const signing = await typePassword(email)
    expect(offersAnotherWay(signing.visitor)).toBe(false)
    expect(await acrAfter(signing, await signInCodeFor(phone))).toBe(SMS)
  })

  it('is by the other channel also after a sign-in by a code alone, which the one contact is enough for', async () => {
    const { email, phone } = await addPerson('by-code')
    await recover(email)
    const { visitor } = await claim(node.url, email)
    await visitor.submit('code', { code: await recoveryCodeFor(node.url, email, 2) })
    expect(visitor.at.location).toContain('code=')

    // In the same browser, too, which the right code has made known.
    const signing = await typePassword(email, { visitor })
    expect(offersAnotherWay(signing.visitor)).toBe(false)
    expect(await acrAfter(signing, await signInCodeFor(phone))).toBe(SMS)
  })

  it('begins anew with a second reset before it, by the channel of that one', async () => {
    const { email, phone } = await addPerson()
    await recover(email)
    await recover(phone)
    const signing = await typePassword(phone)
    expect(await acrAfter(signing, await signInCodeFor(email))).toBe(EMAIL)
  })

  it('asks for a code also in a browser that was trusted before', async () => {
    const { email, phone } = await addPerson('trusting')
    const visitor = createBalancedVisitor(node.url)
    await acrAfter(
      await typePassword(email, { password: GOOD_PASSWORD, visitor }),
      await signInCodeFor(email),
    )
    // Trusted: no code is asked for.
    const trusted = await typePassword(email, { password: GOOD_PASSWORD, visitor })
    expect(trusted.visitor.at.location).toContain('code=')

    const { start } = await forgetInside(node.url, visitor)
    await proveContact(node.url, email, { visitor, start })
    await visitor.submit('new-password', { newPassword: NEW_PASSWORD })
    const signing = await typePassword(email, { visitor })
    expect(isAt(visitor.at, 'code')).toBe(true)
    expect(await acrAfter(signing, await signInCodeFor(phone))).toBe(SMS)
  })
})

describe('the page for a password', () => {
  it('leads to the pages for a forgotten one, and says when it was set anew', async () => {
    const { email } = await addPerson()
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(createRelyingParty(node.url).authorize().url)
    const link = visitor.at.page.querySelector('a[href$="/forgot-password"]')
    expect(visitor.at.text).not.toContain('Your password is changed')
    await proveContact(node.url, email, { visitor, start: link?.getAttribute('href') ?? '' })
    await visitor.submit('new-password', { newPassword: NEW_PASSWORD })
    expect(isAt(visitor.at, 'sign-in')).toBe(true)
    expect(visitor.at.page.querySelector('[role="status"]')?.textContent).toContain(
      'Your password is changed',
    )
    await visitor.submit('sign-in', { identifier: email, password: GOOD_PASSWORD })
    expect(visitor.at.text).not.toContain('Your password is changed')
    await codeFor(node.url, email)
  })
})
