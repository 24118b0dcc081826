import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage } from '../../src/storage/index.ts'
import { addAccount } from '../support/add-account.ts'
import { addEmployee } from '../support/add-employee.ts'
import { auditOf } from '../support/audit-records.ts'
import { type BalancedVisitor, createBalancedVisitor, type Reply } from '../support/balanced-visitor.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, GOOD_PASSWORD, messagesTo, signUp, tokensOf } from '../support/people.ts'
import { json, type RegisterService, startRegisterService, status } from '../support/register-service.ts'
import { claimsOf, createRelyingParty } from '../support/relying-party.ts'
import { type ShiftedClock, shiftedClock } from '../support/shifted-clock.ts'
import { aadhaarOf, civilian, EVERY_KIND, judge, userTypeLike } from '../support/user-types.ts'

const RESEND_SECONDS = 30

/** Types beside the shipped ones. */
const MORE_TYPES = [
  userTypeLike('user', { id: 'member', name: 'Member', signUp: 'approval', roles: ['member'] }),
  userTypeLike('user', { id: 'every', name: 'Every kind', fields: EVERY_KIND, roles: [] }),
  userTypeLike('judge', {
    id: 'clerk',
    name: 'Clerk',
    roles: ['clerk'],
    employee: { roles: ['clerk'], match: ['fullName'], contact: 'any' },
  }),
]

let node: FastNode
let clock: ShiftedClock

/** At the form of a type, alone. */
async function atForm(userType: string): Promise<BalancedVisitor> {
  const visitor = createBalancedVisitor(node.url)
  await visitor.open('/sign-up')
  await visitor.submit('choose-type', { userType })
  return visitor
}

/** As far as the page that asks for the code. */
async function typeDetails(
  userType: string,
  fields: Readonly<Record<string, string>>,
): Promise<BalancedVisitor> {
  const visitor = await atForm(userType)
  await visitor.submit('sign-up', fields)
  return visitor
}

async function typeCode(visitor: BalancedVisitor, to: string): Promise<Reply> {
  return visitor.submit('code', { code: await codeFor(node.url, to) })
}

/** All of a sign-up by phone, alone; ends at `id=done` or not. */
async function signUpBy(
  userType: string,
  fields: Readonly<Record<string, string>>,
): Promise<BalancedVisitor> {
  const visitor = await typeDetails(userType, fields)
  await typeCode(visitor, fields['phone'] ?? '')
  return visitor
}

function isDone({ at }: BalancedVisitor): boolean {
  return at.status === 200 && at.page.querySelector('#done') !== null
}

function problemsAt({ at }: BalancedVisitor): string[] {
  return at.page.querySelectorAll('#errors li a').map((link) => link.text)
}

async function reasons(): Promise<(string | null)[]> {
  return (await auditOf(node, 'sign-up.refused')).map(({ reason }) => reason)
}

async function signInStatus(identifier: string): Promise<number> {
  const visitor = createBalancedVisitor(node.url)
  await visitor.open(createRelyingParty(node.url).authorize().url)
  await visitor.submit('sign-in', { identifier, password: GOOD_PASSWORD })
  return visitor.at.page.querySelector('form[id="code"]') === null ? visitor.at.status : 200
}

describe('a sign-up of a civilian', () => {
  beforeAll(async () => {
    clock = shiftedClock()
    node = await startFastNode({ clock }, { userTypes: MORE_TYPES })
    const fields = { fullName: 'Civilian 20', aadhaar: aadhaarOf(20) }
    await addAccount(node, { userType: 'civilian', phone: '+919876510020', userId: 'civilian.20', fields })
  })

  afterAll(() => node.stop())

  it('offers the types that are open or need approval, and no other', async () => {
    const visitor = createBalancedVisitor(node.url)
    await visitor.open('/sign-up')
    const offered = visitor.at.page
      .querySelectorAll('form#choose-type button')
      .map((one) => one.getAttribute('value'))
    expect(offered).toEqual(['civilian', 'clerk', 'every', 'judge', 'lawyer', 'member', 'police', 'user'])
    for (const closed of ['admin', 'moderator', '__proto__']) {
      await visitor.open(`/sign-up?userType=${closed}`)
      expect(visitor.at.page.querySelector('form#choose-type')).not.toBeNull()
    }
  })

  it('has the inputs of the type and takes no other', async () => {
    const visitor = await atForm('civilian')
    const inputs = visitor.at.page
      .querySelectorAll('form#sign-up input')
      .map((one) => one.getAttribute('name'))
    const own = ['field.fullName', 'field.aadhaar', 'email', 'phone', 'userId', 'password']
    expect(inputs).toEqual(['csrf', 'userType', ...own])
    for (const extra of ['employeeId', 'field.role', 'field.__proto__', 'adminRole', 'status', 'aadhaar']) {
      const form = visitor.fill('sign-up', civilian(1, { [extra]: 'x' }))
      expect([extra, (await visitor.post(form)).status]).toEqual([extra, 400])
    }
  })

  it('makes an account of role, national id and phone, which signs in by user id and by phone', async () => {
    const visitor = createBalancedVisitor(node.url)
    const rp = createRelyingParty(node.url)
    const request = rp.authorize({ prompt: 'create' })
    await visitor.open(request.url)
    await visitor.submit('choose-type', { userType: 'civilian' })
    await visitor.submit('sign-up', civilian(1))
    expect(visitor.at.text).toContain('Step 3 of 3')
    const end = await typeCode(visitor, '+919876510001')
    const { access_token: token } = await tokensOf({ rp, request, end: { ...end, url: end.location ?? '' } })
    expect(claimsOf(token)).toMatchObject({
      user_type: 'civilian',
      roles: ['civilian'],
      acr: 'urn:latchkey:acr:password-sms',
    })
    expect(await signInStatus('CIVILIAN.1')).toBe(200)
    expect(await signInStatus('+91 98765 10001')).toBe(200)
    // The number is unique and finds nobody.
    expect(await signInStatus(aadhaarOf(1))).toBe(422)
  })

  it('makes nobody who may sign in before the code', async () => {
    await typeDetails('civilian', civilian(2))
    expect(await signInStatus('civilian.2')).toBe(422)
    expect(await signInStatus('+919876510002')).toBe(422)
    // Nothing of it is taken: somebody else may have the same id and number.
    const other = civilian(3, { userId: 'civilian.2', 'field.aadhaar': aadhaarOf(2) })
    expect(isDone(await signUpBy('civilian', other))).toBe(true)
  })

  it('keeps what was typed, but no password and nothing that is sensitive', async () => {
    const visitor = await typeDetails('civilian', civilian(4, { 'field.fullName': '' }))
    expect(visitor.at.status).toBe(422)
    const values = Object.fromEntries(
      visitor.at.page
        .querySelectorAll('form#sign-up input')
        .map((one) => [one.getAttribute('name'), one.getAttribute('value') ?? '']),
    )
    expect(values).toMatchObject({
      phone: '+919876510004',
      userId: 'civilian.4',
      'field.aadhaar': '',
      password: '',
    })
    expect(visitor.at.text).not.toContain(aadhaarOf(4))
    expect(visitor.at.text).not.toContain(GOOD_PASSWORD)
  })

  it('refuses a password that is the user id', async () => {
    const visitor = await typeDetails(
      'civilian',
      civilian(5, { userId: 'a-rather-long-name', password: 'A-Rather-Long-Name' }),
    )
    expect(problemsAt(visitor)).toEqual([expect.stringContaining('easy to guess')])
  })

  it.each([
    [21, 'the same national id', { 'field.aadhaar': aadhaarOf(20) }, 'field-taken'],
    [
      22,
      'that id, spelled otherwise',
      { 'field.aadhaar': aadhaarOf(20).replace(/(.{4})/g, '$1 ') },
      'field-taken',
    ],
    [23, 'the same user id', { userId: ' Civilian.20 ' }, 'name-taken'],
  ])(
    'is not confirmed (%i) when an account has %s, and says no more than that',
    async (n, _what, same, reason) => {
      const before = await reasons()
      const visitor = await signUpBy('civilian', civilian(n, same))
      expect([visitor.at.status, isDone(visitor)]).toEqual([422, false])
      expect(visitor.at.page.querySelector('#errors[role="alert"] h2')?.text).toBe(
        'We could not confirm these details',
      )
      for (const typed of Object.values(civilian(n, same))) expect(visitor.at.text).not.toContain(typed)
      expect((await reasons()).slice(before.length)).toEqual([reason])
    },
  )

  it('is not confirmed when the contact was taken while the code was on its way', async () => {
    const visitor = await typeDetails('civilian', civilian(30))
    await addAccount(node, { phone: '+919876510030' })
    expect((await typeCode(visitor, '+919876510030')).status).toBe(422)
    expect((await reasons()).at(-1)).toBe('contact-taken')
  })

  it('sends a new code, after which the old one opens nothing', async () => {
    const visitor = await typeDetails('civilian', civilian(31))
    const old = await codeFor(node.url, '+919876510031')
    await clock.later(RESEND_SECONDS + 1, async () => {
      await visitor.submit('resend')
      const fresh = await codeFor(node.url, '+919876510031', 2)
      if (old !== fresh) expect((await visitor.submit('code', { code: old })).status).toBe(422)
      await visitor.submit('code', { code: fresh })
    })
    expect(isDone(visitor)).toBe(true)
  })

  it('is finished once, however often its last form is posted', async () => {
    const before = await reasons()
    const visitor = await typeDetails('civilian', civilian(32))
    const form = visitor.fill('code', { code: await codeFor(node.url, '+919876510032') })
    const replies = await Promise.all([1, 2, 3].map(() => visitor.post(form)))
    // Whoever comes while the first one is at it may have to look again.
    expect(replies.filter(({ status }) => status !== 303 && status !== 422)).toEqual([])
    await visitor.follow(await visitor.post(form))
    expect(isDone(visitor)).toBe(true)
    expect(await reasons()).toEqual(before)
  })

  it('verifies the contact of the channel that is chosen, and leaves the other to whoever owns it', async () => {
    const email = 'chosen@example.org'
    const phone = '+919876510033'
    const visitor = await typeDetails('civilian', civilian(33, { email }))
    expect(visitor.at.page.querySelector('form#choose-channel')?.text).toContain(email)
    await clock.later(RESEND_SECONDS + 1, async () => {
      await visitor.submit('choose-channel', { channel: 'email' })
      expect(visitor.at.text).toContain(email)
      await typeCode(visitor, email)
    })
    expect(isDone(visitor)).toBe(true)
    // The number reserves nothing and identifies nobody.
    expect(await signInStatus(phone)).toBe(422)
    expect(isDone(await signUpBy('civilian', civilian(34, { phone })))).toBe(true)
    expect(await signInStatus(phone)).toBe(200)
  })

  it('is sent to the account that is open already, alone but not inside a request for another', async () => {
    const { visitor } = await signUp(node.url, 'here@example.org')
    for (const answer of [await visitor.get('/sign-up'), await visitor.get('/sign-up?userType=user')]) {
      expect([answer.status, answer.headers['location']]).toEqual([303, '/account'])
    }
    await visitor.follow(await visitor.get(createRelyingParty(node.url).authorize({ prompt: 'create' }).url))
    expect(visitor.at.page.querySelector('form#choose-type')).not.toBeNull()
  })
})

describe('a form of every kind of field', () => {
  beforeAll(async () => {
    node = await startFastNode({}, { userTypes: MORE_TYPES })
  })

  afterAll(() => node.stop())

  const RIGHT = {
    'field.motto': 'fiat lux',
    'field.court': 'north',
    email: 'every@example.org',
    password: GOOD_PASSWORD,
  }

  it.each([
    ['motto', '', 'Motto: Fill this in.'],
    ['motto', 'ab', 'Motto: This is too short. Use at least 3 characters.'],
    ['motto', 'abcdefghijklm', 'Motto: This is too long. Use at most 12 characters.'],
    ['motto', 'Fiat Lux', 'Motto: This is not written as we need it.'],
    ['mailbox', 'nobody', 'Second mailbox: This is not a whole email address.'],
    ['landline', '12', 'Landline: This is not a whole phone number.'],
    ['bornOn', '2001-02-30', 'Born on: This is not a date.'],
    ['bornOn', '1899-12-31', 'Born on: This day is too early. The first we take is 1900-01-01.'],
    ['bornOn', '2021-01-01', 'Born on: This day is too late. The last we take is 2020-12-31.'],
    ['court', '', 'Court: Choose one of these.'],
    ['court', 'west', 'Court: Choose one of these.'],
    ['rooms', 'three', 'Rooms: This is not a number.'],
    ['rooms', '0', 'Rooms: This is too small. The smallest we take is 1.'],
    ['rooms', '41', 'Rooms: This is too large. The largest we take is 40.'],
    ['aadhaar', `${aadhaarOf(1).slice(0, -1)}x`, 'Aadhaar number: This is not a whole Aadhaar number.'],
  ])('says what is wrong with %s when it is %j', async (name, value, problem) => {
    const visitor = await typeDetails('every', { ...RIGHT, [`field.${name}`]: value })
    expect(visitor.at.status).toBe(422)
    expect(problemsAt(visitor)).toEqual([expect.stringContaining(problem)])
    const { page } = visitor.at
    const id = page.querySelector('#errors li a')?.getAttribute('href')?.slice(1) ?? ''
    const input = page.getElementById(id)
    expect(input?.getAttribute('name')).toBe(`field.${name}`)
    expect(input?.getAttribute('aria-invalid')).toBe('true')
    expect(page.getElementById(`field.${name}-error`)).not.toBeNull()
    expect(await messagesTo(node.url, RIGHT.email)).toEqual([])
  })

  it('says all of them at once, in the order of the form', async () => {
    const visitor = await typeDetails('every', { email: 'nobody', password: 'short' })
    const heads = problemsAt(visitor).map((problem) => problem.slice(0, 12))
    expect(heads).toEqual(['Motto: Fill ', 'Court: Choos', 'This is not ', 'This passwor'])
  })

  it('takes what is right, and keeps what was typed where something else is wrong', async () => {
    const typed = {
      'field.bornOn': '1990-04-23',
      'field.court': 'east',
      'field.rooms': '3',
      'field.motto': 'fiat',
    }
    const visitor = await typeDetails('every', { ...RIGHT, ...typed, password: '' })
    const { page } = visitor.at
    expect(page.getElementById('field.bornOn')?.getAttribute('value')).toBe('1990-04-23')
    expect(page.querySelector('input[name="field.court"][checked]')?.getAttribute('value')).toBe('east')
    await visitor.submit('sign-up', { ...RIGHT, ...typed })
    await typeCode(visitor, RIGHT.email)
    expect(isDone(visitor)).toBe(true)
  })
})

describe('a sign-up through the register', () => {
  beforeEach(async () => {
    clock = shiftedClock()
    node = await startFastNode({ clock }, { userTypes: MORE_TYPES })
    await addEmployee(node, {})
  })

  afterEach(() => node.stop())

  it('makes a judge of who is in the register and has a contact that it knows; they sign in by employee id', async () => {
    expect(
      isDone(
        await signUpBy('judge', judge({ employeeId: ' jdg-7001 ', 'field.fullName': 'meera  KRISHNAN' })),
      ),
    ).toBe(true)
    const visitor = createBalancedVisitor(node.url)
    const rp = createRelyingParty(node.url)
    const request = rp.authorize()
    await visitor.open(request.url)
    await visitor.submit('sign-in', { identifier: 'JDG-7001', password: GOOD_PASSWORD })
    const end = await visitor.submit('code', { code: await codeFor(node.url, '+919876507101', 2) })
    const { access_token: token } = await tokensOf({ rp, request, end: { ...end, url: end.location ?? '' } })
    expect(claimsOf(token)).toMatchObject({ user_type: 'judge', roles: ['judge'] })
    expect(await signInStatus('+919876507101')).toBe(422)
  })

  it.each([
    ['nobody of that id', judge({ employeeId: 'JDG-9999' }), 'no-record'],
    ['another name', judge({ 'field.fullName': 'Meera Krishna' }), 'no-match'],
    ['a contact that is a stranger’s', judge({ phone: '+919876599999' }), 'contact'],
  ])('gives nothing to who knows the register but is not it: %s', async (_what, fields, reason) => {
    const visitor = await signUpBy('judge', fields)
    expect([visitor.at.status, isDone(visitor)]).toEqual([422, false])
    expect(await reasons()).toEqual([reason])
    expect(await signInStatus('JDG-7001')).toBe(422)
    expect(isDone(await signUpBy('judge', judge()))).toBe(true)
  })

  it.each([
    ['suspended', { status: 'suspended' }, 'not-active'],
    ['ended', { status: 'ended' }, 'not-active'],
    ['of another role', { role: 'clerk' }, 'role'],
  ] as const)('does not confirm a record that is %s', async (_what, record, reason) => {
    const contact = { phone: '+919876500202', email: null }
    await addEmployee(node, { employeeId: 'jdg-2', shownId: 'JDG-2', ...contact, ...record })
    const visitor = await signUpBy('judge', judge({ employeeId: 'JDG-2', phone: contact.phone }))
    expect(visitor.at.status).toBe(422)
    expect(await reasons()).toEqual([reason])
  })

  it('does not confirm an employee id that is claimed, also by who owns the other contact of the record', async () => {
    expect(isDone(await signUpBy('judge', judge()))).toBe(true)
    const visitor = await typeDetails(
      'judge',
      judge({ email: 'meera@courts.example', phone: '+919876507109' }),
    )
    await clock.later(RESEND_SECONDS + 1, async () => {
      await visitor.submit('choose-channel', { channel: 'email' })
      await typeCode(visitor, 'meera@courts.example')
    })
    expect(visitor.at.status).toBe(422)
    expect(await reasons()).toEqual(['claimed'])
  })

  it('lets a record without contacts wait for approval, which claims nothing and signs nobody in', async () => {
    await addEmployee(node, { employeeId: 'jdg-3', shownId: 'JDG-3', phone: null, email: null })
    for (const phone of ['+919876500301', '+919876500302']) {
      const visitor = await signUpBy('judge', judge({ employeeId: 'JDG-3', phone }))
      expect(isDone(visitor)).toBe(true)
      expect(visitor.at.page.querySelector('h1')?.text).toBe('Your account waits for approval')
      expect(visitor.at.text).toContain(phone)
    }
    expect(await signInStatus('JDG-3')).toBe(422)
    expect(await auditOf(node, 'sign-up.completed')).toEqual([])
    expect(await auditOf(node, 'sign-up.awaits-approval')).toHaveLength(2)
  })

  it('lets accounts of a type with approval wait, inside the request of an application too', async () => {
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(createRelyingParty(node.url).authorize({ prompt: 'create' }).url)
    await visitor.submit('choose-type', { userType: 'member' })
    await visitor.submit('sign-up', { email: 'member@example.org', password: GOOD_PASSWORD })
    await typeCode(visitor, 'member@example.org')
    expect(isDone(visitor)).toBe(true)
    expect(visitor.at.page.querySelector('h1')?.text).toBe('Your account waits for approval')
    expect(await signInStatus('member@example.org')).toBe(422)
    const silent = await visitor.get(createRelyingParty(node.url).authorize({ prompt: 'none' }).url)
    expect(new URL(silent.location ?? '').searchParams.get('error')).toBe('login_required')
  })

  it('gives nobody a user id that is an employee id', async () => {
    const visitor = await signUpBy('civilian', civilian(1, { userId: 'JDG-7001' }))
    expect(visitor.at.status).toBe(422)
    expect(await reasons()).toEqual(['user-id-is-employee-id'])
    expect(isDone(await signUpBy('judge', judge()))).toBe(true)
  })

  it('starts again with the form when the type was changed meanwhile', async () => {
    const visitor = await typeDetails('judge', judge())
    await addVersion('judge')
    await typeCode(visitor, '+919876507101')
    expect(visitor.at.page.querySelector('form#sign-up')).not.toBeNull()
    expect(visitor.at.url).toContain('userType=judge')
    expect(await auditOf(node, 'sign-up.completed')).toEqual([])
  })
})

describe('a sign-up through a register elsewhere', () => {
  let service: RegisterService

  beforeEach(async () => {
    service = await startRegisterService()
    node = await startFastNode({
      env: { LATCHKEY_REGISTER_URL: service.url, LATCHKEY_REGISTER_TOKEN: 'abc.def' },
    })
  })

  afterEach(async () => {
    await node.stop()
    await service.close()
  })

  const MEERA = {
    employeeId: 'JDG-7001',
    role: 'judge',
    status: 'active',
    fullName: 'Meera Krishnan',
    phone: '+919876507101',
  }

  it('says to try again while the register is down, keeps the code, and then goes on', async () => {
    service.answer(status(503))
    const visitor = await signUpBy('judge', judge())
    expect([visitor.at.status, Number(visitor.at.headers.get('retry-after')) > 0]).toEqual([503, true])
    expect(visitor.at.page.querySelector('#errors[role="alert"] h1')?.text).toContain('right now')
    expect((await visitor.submit('finish')).status).toBe(503)
    // Whoever looks at the page again is still there; nothing was claimed, and nothing counted.
    expect((await visitor.open('/sign-up/code')).page.querySelector('form#finish')).not.toBeNull()
    expect(await reasons()).toEqual([])
    expect(await signInStatus('JDG-7001')).toBe(422)

    service.answer(json(MEERA))
    await visitor.submit('finish')
    expect(isDone(visitor)).toBe(true)
    expect(await messagesTo(node.url, '+919876507101')).toHaveLength(1)
    expect(await signInStatus('JDG-7001')).toBe(200)
  })

  it('says the same of a user id, which may be an employee id', async () => {
    service.answer(status(503))
    const visitor = await signUpBy('civilian', civilian(1))
    expect(visitor.at.status).toBe(503)
    service.answer(status(404))
    await visitor.submit('finish')
    expect(isDone(visitor)).toBe(true)
  })

  it('is not asked before the code was right', async () => {
    const visitor = await typeDetails('judge', judge())
    expect((await visitor.submit('code', { code: '0000000' })).status).toBe(422)
    expect(service.asked).toEqual([])
    expect((await typeCode(visitor, '+919876507101')).status).toBe(422)
    expect(service.asked.length).toBeGreaterThan(0)
    expect(await reasons()).toEqual(['no-record'])
  })
})

/** The same definition as a version of its own. */
async function addVersion(id: string): Promise<void> {
  const storage = await openStorage(node.settings.storage, { clock: systemClock })
  try {
    const stored = await storage.userTypes.find(id)
    if (!stored) throw new Error(`There is no type ${id}.`)
    await storage.userTypes.replace(stored.type, stored.version, systemClock.now(), { audit: [], raises: [] })
  } finally {
    await storage.close()
  }
}
