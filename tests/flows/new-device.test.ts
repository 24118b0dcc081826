import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { UserType } from '../../src/domain/user-types/index.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage } from '../../src/storage/index.ts'
import { addAccount } from '../support/add-account.ts'
import { type BalancedVisitor, createBalancedVisitor } from '../support/balanced-visitor.ts'
import { endOf } from '../support/code-only.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, GOOD_PASSWORD, messagesTo, tokensOf } from '../support/people.ts'
import { aUserType } from '../support/records.ts'
import { claimsOf, createRelyingParty } from '../support/relying-party.ts'
import { type ShiftedClock, shiftedClock } from '../support/shifted-clock.ts'

const PASSWORD = 'urn:latchkey:acr:password'
const PASSWORD_SMS = 'urn:latchkey:acr:password-sms'
const PASSWORD_EMAIL = 'urn:latchkey:acr:password-email'
const CODE = 'urn:latchkey:acr:code'
const DAY = 86_400

const both: Pick<UserType, 'identifiers' | 'contacts'> = {
  identifiers: ['email', 'phone'],
  contacts: { email: 'optional', phone: 'optional' },
}
const otp = (when: UserType['otp']['when']): UserType['otp'] => ({
  ...aUserType().otp,
  channels: ['email', 'sms'],
  when,
})
const TYPES = [
  aUserType({ id: 'user', ...both, otp: otp('new-device'), passwordless: { createsAccounts: false } }),
  aUserType({ id: 'careful', ...both, otp: otp('always') }),
]

let node: FastNode
let clock: ShiftedClock
let people = 0

beforeAll(async () => {
  clock = shiftedClock()
  node = await startFastNode({ clock }, { userTypes: TYPES })
})

afterAll(() => node.stop())

async function newPerson(changes: { userType?: string; phone?: string } = {}) {
  people += 1
  const email = `dev${people}@example.org`
  return { email, id: await addAccount(node, { email, ...changes }) }
}

/** A right password; `prompt=login`, since the browser may be signed in already. */
async function typePassword(
  email: string,
  visitor: BalancedVisitor = createBalancedVisitor(node.url),
  parameters: Readonly<Record<string, string>> = {},
) {
  const rp = createRelyingParty(node.url)
  const request = rp.authorize({ prompt: 'login', ...parameters })
  await visitor.open(request.url)
  await visitor.submit('sign-in', { identifier: email, password: GOOD_PASSWORD })
  return { rp, request, visitor }
}

async function codes(email: string): Promise<number> {
  return (await messagesTo(node.url, email)).filter(({ code }) => code !== null).length
}

function asksForCode({ at }: BalancedVisitor): boolean {
  return at.page.querySelector('form[id="code"]') !== null
}

/** Password and code, so that the device is known from now on. */
async function trustDevice(email: string, visitor?: BalancedVisitor) {
  const sent = await codes(email)
  const begun = await typePassword(email, visitor)
  expect(asksForCode(begun.visitor)).toBe(true)
  await begun.visitor.submit('code', { code: await codeFor(node.url, email, sent + 1) })
  const { id_token } = await tokensOf({ ...begun, end: endOf(begun.visitor) })
  expect(claimsOf(id_token)['acr']).toBe(PASSWORD_EMAIL)
  return begun.visitor
}

async function acrOf(begun: Awaited<ReturnType<typeof typePassword>>) {
  const { id_token, access_token } = await tokensOf({ ...begun, end: endOf(begun.visitor) })
  expect(claimsOf(access_token)['acr']).toBe(claimsOf(id_token)['acr'])
  return { acr: claimsOf(id_token)['acr'], amr: claimsOf(access_token)['amr'] }
}

describe('a device that a right code made known', () => {
  it('is asked for a password alone, and the application is told so', async () => {
    const { email } = await newPerson()
    const visitor = await trustDevice(email)
    const begun = await typePassword(email, visitor)
    expect(await acrOf(begun)).toEqual({ acr: PASSWORD, amr: ['pwd'] })
    expect(await codes(email)).toBe(1)
  })

  it('needs a right password all the same', async () => {
    const { email } = await newPerson()
    const visitor = await trustDevice(email)
    await visitor.open(createRelyingParty(node.url).authorize({ prompt: 'login' }).url)
    await visitor.submit('sign-in', { identifier: email, password: 'not-the-password-at-all' })
    expect(visitor.at.status).toBe(422)
  })

  it('goes on once, however often the form is posted at once', async () => {
    const { email } = await newPerson()
    const visitor = await trustDevice(email)
    await visitor.open(createRelyingParty(node.url).authorize({ prompt: 'login' }).url)
    const form = visitor.fill('sign-in', { identifier: email, password: GOOD_PASSWORD })
    const replies = await Promise.all(Array.from({ length: 6 }, () => visitor.post(form)))
    for (const { status, location } of replies) {
      expect(status).toBe(303)
      expect(location).toContain('/auth/')
    }
    expect(await codes(email)).toBe(1)
  })

  it('may be made known by a code that stood alone', async () => {
    const { email } = await newPerson()
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(createRelyingParty(node.url).authorize().url)
    await visitor.open(`${visitor.at.url}/with-code`)
    await visitor.submit('sign-in-with-code', { identifier: email })
    await visitor.submit('code', { code: await codeFor(node.url, email) })
    expect((await acrOf(await typePassword(email, visitor))).acr).toBe(PASSWORD)
  })

  it('survives the sign-out of its session', async () => {
    const { email } = await newPerson()
    const visitor = await trustDevice(email)
    await visitor.open('/session/end')
    await visitor.submit('sign-out', { decision: 'sign-out' })
    const silent = await visitor.get(createRelyingParty(node.url).authorize({ prompt: 'none' }).url)
    expect(silent.location).toContain('error=login_required')
    expect((await acrOf(await typePassword(email, visitor))).acr).toBe(PASSWORD)
  })
})

describe('a code is asked for', () => {
  it('in every other browser', async () => {
    const { email } = await newPerson()
    await trustDevice(email)
    expect(asksForCode((await typePassword(email)).visitor)).toBe(true)
  })

  it('of another person in the same browser', async () => {
    const visitor = await trustDevice((await newPerson()).email)
    const { email } = await newPerson()
    expect(asksForCode((await typePassword(email, visitor)).visitor)).toBe(true)
  })

  it('where the type always asks', async () => {
    const { email } = await newPerson({ userType: 'careful' })
    const visitor = await trustDevice(email)
    expect(asksForCode((await typePassword(email, visitor)).visitor)).toBe(true)
  })

  it('once everything of the account has ended', async () => {
    const { email, id } = await newPerson()
    const visitor = await trustDevice(email)
    const storage = await openStorage(node.settings.storage, { clock: systemClock })
    await storage.revocations.raise([{ owner: { kind: 'account', id }, signIn: true }], new Date(), [])
    await storage.close()
    expect(asksForCode((await typePassword(email, visitor)).visitor)).toBe(true)
  })

  it('30 days after the last right code, however often the password was typed meanwhile', async () => {
    const { email } = await newPerson()
    const visitor = await trustDevice(email)
    await clock.later(29 * DAY, async () => {
      const { visitor: later } = await typePassword(email, visitor)
      expect(new URL(endOf(later).url).searchParams.get('code')).toBeTruthy()
      expect(await codes(email)).toBe(1)
    })
    // The page itself is over by then for the OIDC library, whose clock cannot be moved; the code is sent.
    await clock.later(30 * DAY + 60, async () => {
      await typePassword(email, visitor)
      await codeFor(node.url, email, 2)
    })
  })

  const essential = (...values: string[]) => ({
    claims: JSON.stringify({ id_token: { acr: { essential: true, values } } }),
  })

  it.each([
    ['a wish for more', { acr_values: PASSWORD_SMS }, PASSWORD_SMS],
    ['the more of two', { acr_values: PASSWORD_EMAIL }, PASSWORD_EMAIL],
    ['a wish for a code', { acr_values: CODE }, PASSWORD_EMAIL],
    ['what nothing else will do', essential(PASSWORD_SMS), PASSWORD_SMS],
  ])('where the application asks for more that is in reach: %s', async (_, parameters, acr) => {
    const phone = `+9198765990${String(people + 10)}`
    const { email } = await newPerson({ phone })
    const visitor = await trustDevice(email)
    const begun = await typePassword(email, visitor, parameters)
    expect(asksForCode(begun.visitor)).toBe(true)
    const [contact, count] = acr === PASSWORD_SMS ? ([phone, 1] as const) : ([email, 2] as const)
    await begun.visitor.submit('code', { code: await codeFor(node.url, contact, count) })
    expect((await acrOf(begun)).acr).toBe(acr)
  })

  it.each([
    ['a wish that this person cannot reach', { acr_values: PASSWORD_SMS }],
    ['a wish for no more than a password', { acr_values: `${PASSWORD_EMAIL} ${PASSWORD}` }],
    ['a password and nothing else', essential(PASSWORD)],
  ])('not for %s', async (_, parameters) => {
    const { email } = await newPerson()
    const visitor = await trustDevice(email)
    const begun = await typePassword(email, visitor, parameters)
    expect((await acrOf(begun)).acr).toBe(PASSWORD)
  })
})

describe('a password of such a type', () => {
  it('has 15 characters at least, since it may stand alone', async () => {
    const visitor = createBalancedVisitor(node.url)
    await visitor.open('/sign-up?userType=user')
    const input = visitor.at.page.querySelector('input[name="password"]')
    expect(input?.getAttribute('minlength')).toBe('15')
    await visitor.submit('sign-up', { email: 'short@example.org', password: 'quiet-lamps-14' })
    expect(visitor.at.status).toBe(422)
  })
})
