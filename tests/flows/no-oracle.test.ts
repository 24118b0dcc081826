import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { addAccount } from '../support/add-account.ts'
import { addEmployee } from '../support/add-employee.ts'
import { auditOf } from '../support/audit-records.ts'
import { type BalancedVisitor, createBalancedVisitor, type Reply } from '../support/balanced-visitor.ts'
import { eventually } from '../support/eventually.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, GOOD_PASSWORD, messagesTo } from '../support/people.ts'
import { aUserType } from '../support/records.ts'
import { forget, forgetInside, NEW_PASSWORD, proveContact, WRONG_RECOVERY_CODE } from '../support/recovery.ts'
import { createRelyingParty } from '../support/relying-party.ts'
import { shapeOf } from '../support/shape-of.ts'
import { type ShiftedClock, shiftedClock } from '../support/shifted-clock.ts'
import { aadhaarOf, civilian, judge } from '../support/user-types.ts'

const WRONG_PASSWORD = 'not-the-password-at-all'
/** Six digits are never seven: wrong for certain. */
const WRONG_CODE = '0000000'
const RESEND_SECONDS = 30

/** Signs in by an id too. */
const CLERK = aUserType({ id: 'clerk', signUp: 'closed', identifiers: ['email', 'userId'] })

let node: FastNode
let clock: ShiftedClock

beforeAll(async () => {
  clock = shiftedClock()
  node = await startFastNode({
    clock,
    change: (settings) => ({ ...settings, userTypes: [...settings.userTypes, CLERK] }),
  })
})

afterAll(() => node.stop())

async function atSignIn(): Promise<BalancedVisitor> {
  const visitor = createBalancedVisitor(node.url)
  await visitor.open(createRelyingParty(node.url).authorize().url)
  return visitor
}

async function tryToSignIn(identifier: string, password: string): Promise<object> {
  const visitor = await atSignIn()
  return shapeOf(await visitor.post(visitor.fill('sign-in', { identifier, password })), identifier)
}

// All of one length, as `Content-Length` tells lengths.
const PEOPLE = ['active', 'disabled', 'awaiting-approval', 'deactivated', 'invited'] as const
const emailOf = (status: string, test: string) => `${status.slice(0, 4)}-${test}@example.org`

async function addPeople(test: string): Promise<void> {
  for (const status of PEOPLE) await addAccount(node, { status: status, email: emailOf(status, test) })
}

describe('a password page', () => {
  it('answers a wrong password of anybody, and a right one of who may not sign in, as for nobody', async () => {
    await addPeople('once')
    const forNobody = await tryToSignIn(emailOf('nobody', 'once'), WRONG_PASSWORD)
    expect(forNobody).toMatchObject({ status: 422 })
    for (const status of PEOPLE) {
      expect(await tryToSignIn(emailOf(status, 'once'), WRONG_PASSWORD)).toEqual(forNobody)
      if (status !== 'active')
        expect(await tryToSignIn(emailOf(status, 'once'), GOOD_PASSWORD)).toEqual(forNobody)
    }
  })

  it('pauses after as many tries for anybody, also for a right password', async () => {
    await addPeople('more')
    async function tryUntilPaused(who: string): Promise<object[]> {
      const shapes: object[] = []
      for (let n = 0; n < 4; n++) shapes.push(await tryToSignIn(emailOf(who, 'more'), WRONG_PASSWORD))
      shapes.push(await tryToSignIn(emailOf(who, 'more'), GOOD_PASSWORD))
      return shapes
    }
    const forNobody = await tryUntilPaused('nobody')
    expect(forNobody).toMatchObject([422, 422, 422, 429, 429].map((status) => ({ status })))
    for (const status of PEOPLE) expect(await tryUntilPaused(status)).toEqual(forNobody)
  })

  it('counts a right password of who may not sign in as a wrong one', async () => {
    await addAccount(node, { status: 'disabled', email: emailOf('disabled', 'hope') })
    async function tryWithHope(who: string): Promise<object[]> {
      const shapes: object[] = []
      for (let n = 0; n < 4; n++) shapes.push(await tryToSignIn(emailOf(who, 'hope'), GOOD_PASSWORD))
      return shapes
    }
    expect(await tryWithHope('disabled')).toEqual(await tryWithHope('nobody'))
  })

  it('has nothing behind it for who typed no right password', async () => {
    await addAccount(node, { status: 'active', email: emailOf('active', 'skip') })
    async function skipAhead(who: string): Promise<object[]> {
      const visitor = await atSignIn()
      const { action, fields } = visitor.fill('sign-in', {
        identifier: emailOf(who, 'skip'),
        password: WRONG_PASSWORD,
      })
      await visitor.post({ action, fields })
      const shapes: object[] = []
      const csrf = { csrf: fields['csrf'] ?? '' }
      for (const [step, more] of [
        ['resend', {}],
        ['choose-channel', { channel: 'email' }],
        ['code', { code: WRONG_CODE }],
      ] as const) {
        const reply = await visitor.post({ action: `${action}/${step}`, fields: { ...csrf, ...more } })
        shapes.push(shapeOf(reply, emailOf(who, 'skip')))
      }
      shapes.push(shapeOf(await visitor.get(`${action}/code`), emailOf(who, 'skip')))
      return shapes
    }
    const forNobody = await skipAhead('nobody')
    expect(forNobody).toMatchObject([303, 303, 303, 303].map((status) => ({ status })))
    expect(await skipAhead('active')).toEqual(forNobody)
  })
})

/** Everything a stranger can do with a contact at sign-up, and what is answered. */
async function walkSignUp(start: string, email: string): Promise<object[]> {
  const visitor = createBalancedVisitor(node.url)
  await visitor.open(start)
  await visitor.submit('choose-type', { userType: 'user' })
  const shapes: object[] = []
  const note = (reply: Reply) => shapes.push(shapeOf(reply, email))
  const post = async (form: string, fields = {}) => {
    const reply = await visitor.post(visitor.fill(form, fields))
    note(reply)
    if (reply.location !== null) note(await visitor.follow(reply))
  }
  await post('sign-up', { email, password: 'short' })
  await post('sign-up', { email, password: GOOD_PASSWORD })
  await post('resend')
  await post('code', { code: '' })
  await post('code', { code: WRONG_CODE })
  await clock.later(RESEND_SECONDS + 1, () => post('resend'))
  for (let guess = 0; guess < 5; guess++) await post('code', { code: WRONG_CODE })
  await clock.later(RESEND_SECONDS * 5, () => post('resend'))
  return shapes
}

describe('a sign-up', () => {
  it.each(['alone', 'inside an authorization request'])(
    '%s answers for a contact that is taken, by whomever, as for a free one',
    async (where) => {
      const test = where.slice(0, 5)
      await addPeople(test)
      const start = () =>
        where === 'alone' ? '/sign-up' : createRelyingParty(node.url).authorize({ prompt: 'create' }).url
      const free = await walkSignUp(start(), emailOf('free', test))
      const statuses = free.map((shape) => ('status' in shape ? shape.status : 0))
      expect(new Set(statuses)).toEqual(new Set([422, 303, 200, 429]))
      for (const status of PEOPLE) {
        expect(await walkSignUp(start(), emailOf(status, test))).toEqual(free)
      }
    },
  )

  it('sends the owner of a contact, and nobody else, no code', async () => {
    await addAccount(node, { status: 'active', email: emailOf('active', 'sent') })
    for (const who of ['active', 'free']) {
      const visitor = createBalancedVisitor(node.url)
      await visitor.open('/sign-up?userType=user')
      await visitor.submit('sign-up', { email: emailOf(who, 'sent'), password: GOOD_PASSWORD })
    }
    await codeFor(node.url, emailOf('free', 'sent'))
    const [message, ...more] = await messagesTo(node.url, emailOf('active', 'sent'))
    expect(message).toMatchObject({ template: 'known-contact', code: null, reference: null })
    expect(more).toEqual([])
  })
})

describe('what a stranger causes to be sent', () => {
  const TAKEN = 'taken@example.org'
  // Of one length, and known to nobody.
  const FREE = 'free!@example.org'
  const OWN_INBOX = 'own-inbox@example.org'
  type Send = Partial<FastNode['settings']['limits']['send']>

  /** A node with these budgets and `TAKEN` an account of it. */
  async function withBudgets(send: Send, use: (tight: FastNode) => Promise<void>): Promise<void> {
    const change = (settings: FastNode['settings']) => ({
      ...settings,
      userTypes: settings.userTypes.map((type) =>
        type.id === 'user' ? { ...type, passwordless: { createsAccounts: false } } : type,
      ),
      limits: { ...settings.limits, send: { ...settings.limits.send, ...send } },
    })
    const tight = await startFastNode({ change })
    try {
      await addAccount(tight, { email: TAKEN })
      await use(tight)
    } finally {
      await tight.stop()
    }
  }

  type Ask = (tight: FastNode, email: string) => Promise<void>

  async function signUp(tight: FastNode, email: string): Promise<void> {
    const visitor = createBalancedVisitor(tight.url)
    await visitor.open(`${tight.url}/sign-up?userType=user`)
    await visitor.submit('sign-up', { email, password: GOOD_PASSWORD })
    expect(visitor.at.page.querySelector('form[id="code"]')).not.toBeNull()
  }

  async function recover(tight: FastNode, email: string): Promise<void> {
    const visitor = await forget(tight.url, email)
    expect(visitor.at.page.querySelector('form[id="code"]')).not.toBeNull()
  }

  async function signInByCode(tight: FastNode, email: string): Promise<void> {
    const visitor = createBalancedVisitor(tight.url)
    await visitor.open(createRelyingParty(tight.url).authorize().url)
    await visitor.open(`${tight.url}${new URL(visitor.at.url).pathname}/with-code`)
    await visitor.submit('sign-in-with-code', { identifier: email })
    expect(visitor.at.page.querySelector('form[id="code"]')).not.toBeNull()
  }

  async function refusedFor(tight: FastNode, budget: string): Promise<void> {
    await eventually(`the last one is refused for ${budget}`, async () => {
      const refused = await auditOf(tight, 'code.send-refused')
      return refused.some(({ details }) => details['budget'] === budget)
    })
  }

  const ASKS: readonly (readonly [string, Ask])[] = [
    ['a sign-up', signUp],
    ['a forgotten password', recover],
    ['a sign-in by code', signInByCode],
  ]
  const asksFor = (...contacts: string[]) =>
    ASKS.flatMap(([what, ask]) => contacts.map((contact) => [what, contact, ask] as const))

  it.each(asksFor(TAKEN, FREE))(
    'by %s with %s costs its address the same, so that nobody sees it by what is left',
    async (_what, contact, ask) => {
      await withBudgets({ perIpPerHour: 3 }, async (tight) => {
        for (let n = 0; n < 3; n++) await ask(tight, contact)
        await signUp(tight, OWN_INBOX)
        await refusedFor(tight, 'address')
        expect(await messagesTo(tight.url, OWN_INBOX)).toEqual([])
      })
    },
  )

  it.each(asksFor(TAKEN, FREE))(
    'by %s with %s costs its address the same when strangers’ contacts have had theirs',
    async (_what, contact, ask) => {
      const send = { perIpPerHour: 4, unknownContactPerHour: 1 }
      await withBudgets(send, async (tight) => {
        await addAccount(tight, { email: OWN_INBOX })
        await signUp(tight, 'spends-theirs@example.org')
        for (let n = 0; n < 3; n++) await ask(tight, contact)
        await recover(tight, OWN_INBOX)
        await refusedFor(tight, 'address')
        expect(await messagesTo(tight.url, OWN_INBOX)).toEqual([])
      })
    },
  )

  it.each(asksFor(TAKEN, FREE))(
    'by %s with %s leaves as much to other strangers’ contacts, whoever has it',
    async (what, contact, ask) => {
      await withBudgets({ unknownContactPerHour: 2 }, async (tight) => {
        await ask(tight, contact)
        await signUp(tight, 'one-more@example.org')
        await codeFor(tight.url, 'one-more@example.org')
        await signUp(tight, OWN_INBOX)
        if (what !== 'a sign-up') {
          await codeFor(tight.url, OWN_INBOX)
          return
        }
        await refusedFor(tight, 'unknown-contacts')
        expect(await messagesTo(tight.url, OWN_INBOX)).toEqual([])
      })
    },
  )

  it('uses up none of the sends to an owner while nothing is sent to them', async () => {
    await withBudgets({ perDestinationPerDay: 2 }, async (tight) => {
      for (let n = 0; n < 4; n++) await signUp(tight, TAKEN)
      await recover(tight, TAKEN)
      await codeFor(tight.url, TAKEN)
      await recover(tight, FREE)
      await recover(tight, FREE)
      await signUp(tight, FREE)
      await codeFor(tight.url, FREE)
    })
  })
})

describe('a sign-up that is not confirmed', () => {
  /** Everything that is answered from the form to the end, and to whoever looks at the page again. */
  async function walk(userType: string, fields: Readonly<Record<string, string>>): Promise<object[]> {
    const to = fields['phone'] ?? ''
    const before = (await messagesTo(node.url, to)).length
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(`/sign-up?userType=${userType}`)
    const begun = await visitor.post(visitor.fill('sign-up', fields))
    const shapes = [shapeOf(begun, to), shapeOf(await visitor.follow(begun), to)]
    const form = visitor.fill('code', { code: await codeFor(node.url, to, before + 1) })
    shapes.push(shapeOf(await visitor.post(form), to))
    shapes.push(shapeOf(await visitor.get(`${node.url}/sign-up/code`), to))
    shapes.push(shapeOf(await visitor.post(form), to))
    return shapes
  }

  const REASONS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['no-record', judge({ employeeId: 'JDG-9999' })],
    ['no-match', judge({ 'field.fullName': 'Meera Krishna.' })],
    ['contact', judge({ phone: '+919876400001' })],
    ['not-active', judge({ employeeId: 'JDG-7002' })],
    ['role', judge({ employeeId: 'JDG-7003' })],
    ['claimed', judge({ employeeId: 'JDG-7004', phone: '+919876507104' })],
  ]

  it('tells nobody by which part of the register it failed', async () => {
    await addEmployee(node, {})
    await addEmployee(node, { employeeId: 'jdg-7002', status: 'suspended' })
    await addEmployee(node, { employeeId: 'jdg-7003', role: 'clerk' })
    await addEmployee(node, { employeeId: 'jdg-7004', phone: '+919876507104' })
    const claimant = createBalancedVisitor(node.url)
    await claimant.open('/sign-up?userType=judge')
    const own = judge({ employeeId: 'JDG-7004', phone: '+919876507105', email: 'meera@courts.example' })
    await claimant.submit('sign-up', own)
    await clock.later(RESEND_SECONDS + 1, async () => {
      await claimant.submit('choose-channel', { channel: 'email' })
      await claimant.submit('code', { code: await codeFor(node.url, 'meera@courts.example') })
    })
    expect(claimant.at.page.querySelector('#done')).not.toBeNull()

    const walks = []
    for (const [, fields] of REASONS) walks.push(await walk('judge', fields))
    expect(walks[0]).toMatchObject([303, 200, 422, 422, 422].map((status) => ({ status })))
    for (const other of walks) expect(other).toEqual(walks[0])
    const refusals = await auditOf(node, 'sign-up.refused')
    expect(refusals.map(({ reason }) => reason)).toEqual(REASONS.map(([reason]) => reason))
  })

  it('tells nobody which of their values somebody else has', async () => {
    await addEmployee(node, { employeeId: 'pol-1' })
    const fields = { fullName: 'Civilian 50', aadhaar: aadhaarOf(50) }
    await addAccount(node, { userType: 'civilian', phone: '+919876510050', userId: 'civilian.50', fields })
    const before = (await auditOf(node, 'sign-up.refused')).length
    const byNumber = await walk('civilian', civilian(51, { 'field.aadhaar': aadhaarOf(50) }))
    expect(byNumber).toMatchObject([303, 200, 422, 422, 422].map((status) => ({ status })))
    expect(await walk('civilian', civilian(52, { userId: 'civilian.50' }))).toEqual(byNumber)
    expect(await walk('civilian', civilian(53, { userId: 'POL-1' }))).toEqual(byNumber)
    const refusals = (await auditOf(node, 'sign-up.refused')).slice(before)
    expect(refusals.map(({ reason }) => reason)).toEqual([
      'field-taken',
      'name-taken',
      'user-id-is-employee-id',
    ])
  })
})

/** Everything that somebody can do at the pages for a forgotten password without the code that was sent. */
async function walkRecovery(start: string, visitor: BalancedVisitor, identifier: string): Promise<object[]> {
  await visitor.open(start)
  const shapes: object[] = []
  const note = (reply: Reply) => shapes.push(shapeOf(reply, identifier))
  const post = async (form: string, fields = {}) => {
    const reply = await visitor.post(visitor.fill(form, fields))
    note(reply)
    if (reply.location !== null) note(await visitor.follow(reply))
  }
  await post('forgot-password', { identifier: '' })
  await post('forgot-password', { identifier })
  await post('resend')
  await post('code', { code: '' })
  await post('code', { code: WRONG_RECOVERY_CODE })
  await clock.later(61, () => post('resend'))
  const { fields, action } = visitor.fill('code')
  const csrf = { csrf: fields['csrf'] ?? '' }
  const behind = action.replace('/code', '/new-password')
  for (const more of [{ newPassword: NEW_PASSWORD }, { newPassword: '' }]) {
    note(await visitor.post({ action: behind, fields: { ...csrf, ...more } }))
  }
  note(await visitor.get(behind))
  note(await visitor.get(action.replace('/code', '/done')))
  note(await visitor.get(action))
  for (let guess = 0; guess < 5; guess++) await post('code', { code: WRONG_RECOVERY_CODE })
  await clock.later(600, () => post('resend'))
  // A chain begun anew, until the hour's wrong codes are used up.
  await visitor.open(start)
  await post('forgot-password', { identifier })
  for (let guess = 0; guess < 6; guess++) await post('code', { code: WRONG_RECOVERY_CODE })
  await visitor.open(start)
  await post('forgot-password', { identifier })
  await post('code', { code: WRONG_RECOVERY_CODE })
  return shapes
}

describe('a forgotten password', () => {
  const OTHERS = { owner: { userType: 'admin', adminRole: 'owner' } } as const

  it.each(['alone', 'inside an authorization request'])(
    '%s answers for everybody, helped or not, as for nobody',
    async (where) => {
      const test = where === 'alone' ? 'f0rgo' : 'fi0rg'
      await addPeople(test)
      await addAccount(node, { ...OTHERS.owner, email: emailOf('owner', test) })
      async function walk(who: string): Promise<object[]> {
        const visitor = createBalancedVisitor(node.url)
        const start = where === 'alone' ? '/forgot-password' : (await forgetInside(node.url, visitor)).start
        return walkRecovery(start, visitor, emailOf(who, test))
      }
      const forNobody = await walk('nobody')
      const statuses = forNobody.map((shape) => ('status' in shape ? shape.status : 0))
      expect(new Set(statuses)).toEqual(new Set([422, 303, 200, 429]))
      expect(statuses.at(-1)).toBe(429)
      for (const who of [...PEOPLE, 'owner']) expect(await walk(who)).toEqual(forNobody)
    },
  )

  it('answers for an id as for none, and says no contact', async () => {
    await addAccount(node, { userType: 'clerk', userId: 'user-4711', email: 'by-id@example.org' })
    const walk = (id: string) => walkRecovery('/forgot-password', createBalancedVisitor(node.url), id)
    expect(await walk('user-4711')).toEqual(await walk('user-0815'))
    await codeFor(node.url, 'by-id@example.org')
  })

  it('tells nobody who asks again and again when the account is made or its password set anew', async () => {
    const [busy, idle] = ['busy-watch@example.org', 'idle-watch@example.org']
    await addAccount(node, { email: busy })
    const referenceFor = async (visitor: BalancedVisitor, email: string) => {
      await forget(node.url, email, { visitor })
      return visitor.at.page.querySelector('#resend-when b')?.text
    }
    const watchers = [busy, idle].map((email) => ({ email, visitor: createBalancedVisitor(node.url) }))
    const before = await Promise.all(watchers.map(({ email, visitor }) => referenceFor(visitor, email)))
    const owner = await proveContact(node.url, busy, { count: 2 })
    await owner.submit('new-password', { newPassword: NEW_PASSWORD })
    await addAccount(node, { email: idle })
    const after = await Promise.all(watchers.map(({ email, visitor }) => referenceFor(visitor, email)))
    expect(before).toEqual([expect.any(String), expect.any(String)])
    expect(after).toEqual(before)
  })

  it('writes as many rows for somebody as for nobody', async () => {
    await addPeople('rows')
    async function writtenFor(identifier: string) {
      const visitor = createBalancedVisitor(node.url)
      await visitor.open('/forgot-password')
      const before = countRows()
      await visitor.post(visitor.fill('forgot-password', { identifier }))
      const after = countRows()
      return Object.fromEntries(
        Object.entries(after).map(([table, rows]) => [table, rows - (before[table] ?? 0)]),
      )
    }
    // The first time a counter is made for what was typed, known or not; and a person's key, who has none yet.
    for (const who of [...PEOPLE, 'nobody']) await writtenFor(emailOf(who, 'rows'))
    const forNobody = await writtenFor(emailOf('nobody', 'rows'))
    expect(forNobody).toMatchObject({ challenge: 1, message: 1, audit_record: 1, progress: 1 })
    for (const who of PEOPLE) expect(await writtenFor(emailOf(who, 'rows'))).toEqual(forNobody)
  })

  /** Of every table of the node's file. */
  function countRows(): Record<string, number> {
    const database = new DatabaseSync(join(node.dataDir, 'latchkey.db'), { readOnly: true })
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
    const counts = tables.map(({ name }) => {
      const row = database.prepare(`SELECT count(*) AS rows FROM "${name}"`).get()
      return [String(name), Number(row?.['rows'])] as const
    })
    database.close()
    return Object.fromEntries(counts)
  }
})
