import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { addAccount } from '../support/add-account.ts'
import { auditOf } from '../support/audit-records.ts'
import { createBalancedVisitor, type Reply } from '../support/balanced-visitor.ts'
import { claim, endOf, TYPES } from '../support/code-only.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, codeOf, GOOD_PASSWORD, messagesTo } from '../support/people.ts'
import { createRelyingParty } from '../support/relying-party.ts'
import { shapeOf } from '../support/shape-of.ts'
import { type ShiftedClock, shiftedClock } from '../support/shifted-clock.ts'

/** Eight digits are never nine: wrong for certain. */
const WRONG_CODE = '000000000'
const NO_CREATOR = TYPES.map((type) =>
  type.passwordless ? { ...type, passwordless: { createsAccounts: false } } : type,
)

let clock: ShiftedClock
/** One type makes accounts of first-time contacts; none does. */
let creating: FastNode
let plain: FastNode

beforeAll(async () => {
  clock = shiftedClock()
  creating = await startFastNode({ clock, env: { LATCHKEY_PHONE_REGION: 'IN' } }, { userTypes: TYPES })
  plain = await startFastNode({ clock }, { userTypes: NO_CREATOR })
})

afterAll(async () => {
  await creating.stop()
  await plain.stop()
})

/** Everything a stranger can do with an identifier, and what is answered. */
async function walk(node: FastNode, typed: string): Promise<object[]> {
  const visitor = createBalancedVisitor(node.url)
  await visitor.open(createRelyingParty(node.url).authorize().url)
  await visitor.open(`${node.url}${new URL(visitor.at.url).pathname}/with-code`)
  const shapes: object[] = []
  const note = (reply: Reply) => shapes.push(shapeOf(reply, typed))
  const post = async (form: string, fields = {}) => {
    const reply = await visitor.post(visitor.fill(form, fields))
    note(reply)
    if (reply.location !== null) note(await visitor.follow(reply))
  }
  const channel = async () => {
    const { action, fields } = visitor.fill('resend')
    note(
      await visitor.post({
        action: action.replace('resend', 'choose-channel'),
        fields: { ...fields, channel: 'email' },
      }),
    )
  }
  await post('sign-in-with-code', { identifier: typed })
  await post('resend')
  await channel()
  await post('code', { code: '' })
  await post('code', { code: WRONG_CODE })
  await clock.later(31, () => post('resend'))
  for (let guess = 0; guess < 4; guess++) await post('code', { code: WRONG_CODE })
  await clock.later(200, () => post('resend'))
  return shapes
}

function statusesOf(shapes: readonly object[]): unknown[] {
  return shapes.map((shape) => ('status' in shape ? shape.status : null))
}

const WALKED = [303, 200, 429, 429, 422, 422, 303, 200, 422, 422, 422, 429, 429]

async function codesSentTo(node: FastNode, to: string): Promise<number> {
  return (await messagesTo(node.url, to)).filter(({ code }) => code !== null).length
}

/** Whoever waits for a message long enough. */
const untilSent = () => wait(300)

describe('a contact', () => {
  it('that is typed is answered the same whoever has it, and whether a code is sent or not', async () => {
    // All of one length, as `Content-Length` tells lengths.
    const email = (who: string) => `${who}-walk@example.org`
    await addAccount(creating, { email: email('user') })
    await addAccount(creating, { userType: 'clerk', email: email('clrk'), employeeId: 'clrk-w' })
    await addAccount(creating, { userType: 'reader', email: email('read') })
    await addAccount(creating, { userType: 'warden', email: email('ward'), employeeId: 'ward-w' })
    for (const status of ['disabled', 'awaiting-approval', 'deactivated', 'invited'] as const) {
      await addAccount(creating, { status, email: email(status.slice(0, 4)) })
    }
    const newcomer = await walk(creating, email('newc'))
    expect(statusesOf(newcomer)).toEqual(WALKED)
    for (const who of ['user', 'clrk', 'read', 'ward', 'disa', 'awai', 'deac', 'invi']) {
      expect(await walk(creating, email(who))).toEqual(newcomer)
    }
    await untilSent()
    for (const [who, sent] of Object.entries({
      newc: 2,
      user: 2,
      clrk: 2,
      read: 0,
      ward: 0,
      disa: 0,
      awai: 0,
    })) {
      expect([who, await codesSentTo(creating, email(who))]).toEqual([who, sent])
    }
  })

  it('that nobody has is answered the same where no type makes accounts of it, and gets nothing', async () => {
    await addAccount(plain, { email: 'have-plain@example.org' })
    const known = await walk(plain, 'have-plain@example.org')
    expect(statusesOf(known)).toEqual(WALKED)
    expect(await walk(plain, 'none-plain@example.org')).toEqual(known)
    await untilSent()
    expect(await messagesTo(plain.url, 'none-plain@example.org')).toEqual([])
    expect(await codesSentTo(plain, 'have-plain@example.org')).toBe(2)
  })

  it('by phone is answered the same', async () => {
    const phone = (n: number) => `+91987650220${n}`
    await addAccount(creating, { phone: phone(1) })
    await addAccount(creating, { userType: 'judge', phone: phone(2), employeeId: 'jdg-p2' })
    const newcomer = await walk(creating, phone(0))
    expect(statusesOf(newcomer)).toEqual(WALKED)
    for (const n of [1, 2]) expect(await walk(creating, phone(n))).toEqual(newcomer)
    await untilSent()
    expect(await Promise.all([0, 1, 2].map((n) => codesSentTo(creating, phone(n))))).toEqual([2, 2, 0])
  })
})

describe('an id', () => {
  it('is answered the same whoever has it, without a word of where a code went', async () => {
    const phone = (n: number) => `+91987650330${n}`
    await addAccount(creating, { userType: 'clerk', phone: phone(1), userId: 'id-one', employeeId: 'id-own' })
    await addAccount(creating, { userType: 'judge', phone: phone(2), employeeId: 'id-two' })
    await addAccount(creating, { userType: 'warden', phone: phone(3), userId: 'id-wrd', employeeId: 'wrd-9' })
    await addAccount(creating, { userType: 'clerk', status: 'disabled', phone: phone(4), userId: 'id-dis' })
    const nobody = await walk(creating, 'id-not')
    expect(statusesOf(nobody)).toEqual(WALKED)
    expect(JSON.stringify(nobody)).toContain('to the phone or email of the account')
    for (const id of ['id-one', 'id-own', 'id-two', 'id-wrd', 'id-dis']) {
      expect(await walk(creating, id)).toEqual(nobody)
    }
    await untilSent()
    expect(await Promise.all([1, 2, 3, 4].map((n) => codesSentTo(creating, phone(n))))).toEqual([4, 0, 0, 0])
  })

  it.each([['a password, typed into the wrong field'], ['@@'], ['\u200b\u200b'], ['x'.repeat(300)]])(
    'that nobody can have is taken like any other: %s',
    async (typed) => {
      const { visitor } = await claim(creating.url, typed)
      expect(visitor.at.status).toBe(200)
      expect(visitor.at.page.querySelector('form[id="code"]')).not.toBeNull()
    },
  )

  it('of ten digits may be a phone number too, and the page says of neither', async () => {
    await addAccount(creating, { userType: 'clerk', phone: '+919876504401', employeeId: '9876504499' })
    for (const typed of ['9876504499', '9876504488']) {
      const { visitor } = await claim(creating.url, typed)
      expect(visitor.at.text).toContain('to the phone or email of the account')
    }
    // The officer's code goes to the officer, and the number that nobody has gets one of its own.
    const officer = await claim(creating.url, '9876504499')
    await officer.visitor.submit('code', { code: await codeFor(creating.url, '+919876504401', 2) })
    expect(codeOf(endOf(officer.visitor))).toBeTruthy()
    await codeFor(creating.url, '+919876504488')
    expect(await messagesTo(creating.url, '+919876504499')).toEqual([])
  })
})

describe('the true reason', () => {
  it('is in the audit', async () => {
    await addAccount(plain, { userType: 'judge', phone: '+919876505501', employeeId: 'jdg-audit' })
    await addAccount(plain, { userType: 'reader', email: 'audit-read@example.org' })
    await addAccount(plain, { status: 'disabled', email: 'audit-gone@example.org' })
    const before = (await auditOf(plain, 'code.withheld')).length
    for (const typed of [
      'jdg-audit',
      '+919876505501',
      'audit-read@example.org',
      'audit-gone@example.org',
      'x-nobody',
    ]) {
      await claim(plain.url, typed)
    }
    const reasons = (await auditOf(plain, 'code.withheld')).slice(before).map(({ reason }) => reason)
    expect(reasons.sort()).toEqual(
      [
        'password-needed',
        'identifier-not-allowed',
        'password-needed',
        'disabled',
        'unknown-identifier',
      ].sort(),
    )
  })
})

describe('a password', () => {
  async function answerTo(typed: string, password: string): Promise<object> {
    const visitor = createBalancedVisitor(creating.url)
    await visitor.open(createRelyingParty(creating.url).authorize().url)
    return shapeOf(await visitor.post(visitor.fill('sign-in', { identifier: typed, password })), typed)
  }

  it.each([
    ['email', 'any-pwd@example.org'],
    ['phone', '+919876506601'],
    ['userId', 'any-pwd'],
    ['employeeId', 'clk-pwd'],
  ] as const)('signs in by %s, where the type allows it', async (kind, typed) => {
    const userType = kind === 'employeeId' ? 'judge' : 'reader'
    const contact = kind === 'phone' ? typed : kind === 'email' ? typed : `${kind.toLowerCase()}@example.org`
    const reached = contact.startsWith('+') ? { phone: contact } : { email: contact }
    await addAccount(creating, { userType, ...reached, [kind]: typed })
    const visitor = createBalancedVisitor(creating.url)
    await visitor.open(createRelyingParty(creating.url).authorize().url)
    await visitor.submit('sign-in', { identifier: typed, password: GOOD_PASSWORD })
    await visitor.submit('code', { code: await codeFor(creating.url, contact) })
    expect(codeOf(endOf(visitor))).toBeTruthy()
  })

  it('of a judge signs in by the employee id alone; with the phone it is as wrong as for nobody', async () => {
    const phone = '+919876507701'
    await addAccount(creating, { userType: 'judge', phone, employeeId: 'jdg-7', userId: 'jdg-user' })
    const nobody = await answerTo('+919876507709', GOOD_PASSWORD)
    expect(nobody).toMatchObject({ status: 422 })
    expect(await answerTo(phone, GOOD_PASSWORD)).toEqual(nobody)
    expect(await answerTo(phone, 'not-the-password-at-all')).toEqual(
      await answerTo('+919876507709', 'not-the-password-at-all'),
    )
    expect(await answerTo('jdg-user', GOOD_PASSWORD)).toEqual(await answerTo('jdg-none', GOOD_PASSWORD))
    expect(await answerTo('jdg-7', GOOD_PASSWORD)).toMatchObject({ status: 303 })
    const refused = await auditOf(creating, 'sign-in.refused')
    expect(refused).toContainEqual(expect.objectContaining({ reason: 'identifier-not-allowed' }))
  })
})

describe('a country', () => {
  it('that is not sent to gets no first code, and the same page', async () => {
    const node = await startFastNode(
      {
        change: (settings) => ({
          ...settings,
          limits: { ...settings.limits, send: { ...settings.limits.send, refuseCountries: ['DE'] } },
        }),
      },
      { userTypes: TYPES },
    )
    try {
      const { visitor } = await claim(node.url, '+4915112345678')
      expect(visitor.at.page.querySelector('form[id="code"]')).not.toBeNull()
      await untilSent()
      expect(await messagesTo(node.url, '+4915112345678')).toEqual([])
    } finally {
      await node.stop()
    }
  })
})

describe('a spent budget', () => {
  it('is not told to anybody, and shows in the audit alone', async () => {
    const node = await startFastNode(
      {
        change: (settings) => ({
          ...settings,
          limits: { ...settings.limits, send: { ...settings.limits.send, perIpPerHour: 1 } },
        }),
      },
      { userTypes: TYPES },
    )
    try {
      const first = await claim(node.url, 'id-nobody')
      const second = await claim(node.url, 'new@example.org')
      expect([first.visitor.at.status, second.visitor.at.status]).toEqual([200, 200])
      await untilSent()
      // A decoy has its price too: or whoever has spent the budget would see who is there.
      expect(await messagesTo(node.url, 'new@example.org')).toEqual([])
      expect(await auditOf(node, 'code.send-refused')).toMatchObject([{ reason: 'budget-spent' }])
    } finally {
      await node.stop()
    }
  })
})
