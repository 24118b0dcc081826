import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { addAccount } from '../support/add-account.ts'
import { auditOf } from '../support/audit-records.ts'
import { type BalancedVisitor, createBalancedVisitor, type Reply } from '../support/balanced-visitor.ts'
import { changeUserType } from '../support/change-user-type.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, codeOf, GOOD_PASSWORD, messagesTo, tokensOf } from '../support/people.ts'
import { aUserType } from '../support/records.ts'
import { claimsOf, createRelyingParty } from '../support/relying-party.ts'
import { shapeOf } from '../support/shape-of.ts'
import { type ShiftedClock, shiftedClock } from '../support/shifted-clock.ts'

/** The shipped type `user` sends by email first, by SMS if asked. */
interface Person {
  readonly email: string
  readonly phone: string
}

const RESEND_SECONDS = 30
const PASSWORD_SMS = 'urn:latchkey:acr:password-sms'
const PASSWORD_EMAIL = 'urn:latchkey:acr:password-email'
/** Six digits are never seven: wrong for certain. */
const WRONG_CODE = '0000000'

const COURIER = aUserType({
  id: 'courier',
  identifiers: ['email', 'phone'],
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
    change: (settings) => ({ ...settings, userTypes: [...settings.userTypes, COURIER] }),
  })
})

afterAll(() => node.stop())

async function newPerson(): Promise<Person> {
  people += 1
  const person = { email: `zoe${people}@example.org`, phone: `+9198765432${String(people).padStart(2, '0')}` }
  await addAccount(node, person)
  return person
}

async function typePassword(identifier: string, parameters: Readonly<Record<string, string>> = {}) {
  const rp = createRelyingParty(node.url)
  const request = rp.authorize(parameters)
  const visitor = createBalancedVisitor(node.url)
  await visitor.open(request.url)
  const before = visitor.at
  await visitor.submit('sign-in', { identifier, password: GOOD_PASSWORD })
  return { rp, request, visitor, before }
}

/** Where the application's answer leads. */
function endOf({ at }: BalancedVisitor) {
  return { url: at.location ?? at.url, status: at.status, text: at.text }
}

const afterTheWait = <T>(look: () => Promise<T>) => clock.later(RESEND_SECONDS + 1, look)

async function sentTo({ email, phone }: Person): Promise<[emails: number, texts: number]> {
  return [(await messagesTo(node.url, email)).length, (await messagesTo(node.url, phone)).length]
}

function triesLeft({ text }: Reply): string | undefined {
  return /(\d+) tr(?:y|ies) left/.exec(text)?.[1]
}

async function switchToSms(visitor: BalancedVisitor): Promise<Reply> {
  return visitor.submit('choose-channel', { channel: 'sms' })
}

describe('the way of a code', () => {
  it.each(['email', 'phone'] as const)('is the first of the type, whoever signs in by %s', async (by) => {
    const person = await newPerson()
    await typePassword(person[by])
    await codeFor(node.url, person.email)
    expect(await sentTo(person)).toEqual([1, 0])
  })

  it.each([
    [PASSWORD_SMS, 'phone'],
    [`${PASSWORD_SMS} ${PASSWORD_EMAIL}`, 'phone'],
    [`${PASSWORD_EMAIL} ${PASSWORD_SMS}`, 'email'],
  ] as const)('reaches what the application asks for: %s', async (acr, contact) => {
    const person = await newPerson()
    const { rp, request, visitor } = await typePassword(person.email, { acr_values: acr })
    await visitor.submit('code', { code: await codeFor(node.url, person[contact]) })
    const { id_token } = await tokensOf({ rp, request, end: endOf(visitor) })
    expect(claimsOf(id_token)['acr']).toBe(contact === 'phone' ? PASSWORD_SMS : PASSWORD_EMAIL)
  })

  it('shows where it goes only after the right password, and never the whole', async () => {
    const { email, phone } = await newPerson()
    const stranger = createBalancedVisitor(node.url)
    await stranger.open(createRelyingParty(node.url).authorize().url)
    await stranger.submit('sign-in', { identifier: email, password: 'not-the-password-at-all' })
    expect(stranger.at.status).toBe(422)
    expect(stranger.at.text).not.toContain('•')
    const { visitor, before } = await typePassword(email)
    expect(before.text).not.toContain('•')
    expect(visitor.at.text).toContain('z••••@example.org')
    expect(visitor.at.text).toContain(phone.slice(-3))
    expect(visitor.at.text).not.toContain(email)
    expect(visitor.at.text.replace(/\s/g, '')).not.toContain(phone.slice(-10))
  })

  it('that a new version of the type has closed makes a right password look like a wrong one', async () => {
    const phone = '+919876543299'
    await addAccount(node, { userType: 'courier', phone })
    expect((await typePassword(phone)).visitor.at.status).toBe(200)
    const changed = await changeUserType(node, 'courier', (type) => ({
      ...type,
      contacts: { email: 'required', phone: 'optional' },
      otp: { ...type.otp, channels: ['email'] },
    }))
    expect(changed.ok).toBe(true)
    const wrong = createBalancedVisitor(node.url)
    await wrong.open(createRelyingParty(node.url).authorize().url)
    const wanted = await wrong.submit('sign-in', { identifier: phone, password: 'not-the-password-at-all' })
    expect(wanted.status).toBe(422)
    const { visitor } = await typePassword(phone)
    expect(shapeOf(visitor.at, phone)).toEqual(shapeOf(wanted, phone))
    const [refused] = await auditOf(node, 'sign-in.refused')
    expect(refused).toMatchObject({ reason: 'unreachable', outcome: 'failure' })
  })
})

describe('choosing the other way', () => {
  it('is refused too soon, with the time from which on it may be', async () => {
    const person = await newPerson()
    const { visitor } = await typePassword(person.email)
    const answer = await visitor.post(visitor.fill('choose-channel', { channel: 'sms' }))
    expect(answer.status).toBe(429)
    const seconds = Number(answer.headers.get('retry-after'))
    expect(seconds).toBeGreaterThan(RESEND_SECONDS - 10)
    expect(seconds).toBeLessThanOrEqual(RESEND_SECONDS)
    const named = answer.page.querySelector('#errors time')?.getAttribute('datetime') ?? ''
    expect(Math.abs(Date.parse(named) - (clock.now().getTime() + seconds * 1000))).toBeLessThan(2000)
    await codeFor(node.url, person.email)
    expect(await sentTo(person)).toEqual([1, 0])
  })

  it('sends a code that way, kills the old one and keeps the attempts that were left', async () => {
    const person = await newPerson()
    const { rp, request, visitor } = await typePassword(person.email)
    const old = await codeFor(node.url, person.email)
    expect(triesLeft(await visitor.submit('code', { code: WRONG_CODE }))).toBe('4')
    expect(triesLeft(await visitor.submit('code', { code: WRONG_CODE }))).toBe('3')
    const stale = visitor.fill('code', { code: old })
    await afterTheWait(async () => {
      expect((await switchToSms(visitor)).status).toBe(200)
      expect(visitor.at.text).toContain(person.phone.slice(-3))
      const fresh = await codeFor(node.url, person.phone)
      if (fresh !== old) expect(triesLeft(await visitor.follow(await visitor.post(stale)))).toBe('2')
      await visitor.submit('code', { code: fresh })
    })
    const { id_token } = await tokensOf({ rp, request, end: endOf(visitor) })
    expect(claimsOf(id_token)).toMatchObject({ acr: PASSWORD_SMS, amr: ['pwd', 'otp', 'sms', 'mfa'] })
  })

  it('leads back as well, and the wait grows no shorter by it', async () => {
    const person = await newPerson()
    const { visitor } = await typePassword(person.email)
    await codeFor(node.url, person.email)
    await afterTheWait(async () => {
      await switchToSms(visitor)
      await codeFor(node.url, person.phone)
      const back = visitor.fill('choose-channel', { channel: 'email' })
      const refused = await visitor.post(back)
      expect(refused.status).toBe(429)
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(RESEND_SECONDS - 10)
      await clock.later(120, () => visitor.submit('choose-channel', { channel: 'email' }))
      await codeFor(node.url, person.email, 2)
    })
    expect(await sentTo(person)).toEqual([2, 1])
  })

  it('sends one message, however often the button is pressed at once', async () => {
    const person = await newPerson()
    const { visitor } = await typePassword(person.email)
    await codeFor(node.url, person.email)
    const form = visitor.fill('choose-channel', { channel: 'sms' })
    await afterTheWait(async () => {
      const replies = await Promise.all(Array.from({ length: 10 }, () => visitor.post(form)))
      for (const { status } of replies) expect([303, 429]).toContain(status)
      await codeFor(node.url, person.phone)
      await wait(100)
      expect(await sentTo(person)).toEqual([1, 1])
      await visitor.follow(await visitor.get(form.action.replace('choose-channel', 'code')))
      await visitor.submit('code', { code: await codeFor(node.url, person.phone) })
      expect(codeOf(endOf(visitor))).toBeTruthy()
    })
  })

  it('is not offered to who has one way only, and asking for it all the same reaches nobody else', async () => {
    await addAccount(node, { email: 'single@example.org' })
    const { visitor } = await typePassword('single@example.org')
    expect(visitor.at.page.querySelector('form[id="choose-channel"]')).toBeNull()
    const resend = visitor.fill('resend')
    const action = resend.action.replace(/resend$/, 'choose-channel')
    await afterTheWait(async () => {
      const answer = await visitor.post({ action, fields: { ...resend.fields, channel: 'sms' } })
      expect(answer.status).toBe(303)
      await codeFor(node.url, 'single@example.org', 2)
    })
    for (const channel of ['pigeon', '', '__proto__']) {
      const answer = await visitor.post({ action, fields: { ...resend.fields, channel } })
      expect(answer.status).toBe(400)
    }
  })
})
