import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Settings } from '../../src/settings/index.ts'
import { addEmployee } from '../support/add-employee.ts'
import { auditOf } from '../support/audit-records.ts'
import { type BalancedVisitor, createBalancedVisitor, type Reply } from '../support/balanced-visitor.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { heldChallenges } from '../support/held-challenges.ts'
import { codeFor, GOOD_PASSWORD, messagesTo } from '../support/people.ts'
import { type ShiftedClock, shiftedClock } from '../support/shifted-clock.ts'
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.ts'
import { aadhaarOf, civilian, judge, userTypeLike } from '../support/user-types.ts'

const AT_ONCE = 20
const DAY_SECONDS = 86_400

/** Anybody's contact will do, so that many can race for one employee id. */
const CLERK = userTypeLike('judge', {
  id: 'clerk',
  name: 'Clerk',
  roles: ['clerk'],
  employee: { roles: ['clerk'], match: ['fullName'], contact: 'any' },
})

type Fields = Readonly<Record<string, string>>

function isDone({ status, page }: Reply): boolean {
  return status === 200 && page.querySelector('#done') !== null
}

async function typeDetails(visitor: BalancedVisitor, userType: string, fields: Fields): Promise<void> {
  await visitor.open(`/sign-up?userType=${userType}`)
  await visitor.submit('sign-up', fields)
}

describe('twenty sign-ups at once in two processes', () => {
  let nodes: TwoNodes

  beforeAll(async () => {
    nodes = await startTwoNodes({ userTypes: [CLERK] })
    await addEmployee(nodes.first, {
      employeeId: 'clk-1',
      shownId: 'CLK-1',
      role: 'clerk',
      phone: null,
      email: null,
    })
  })

  afterAll(() => nodes.stop())

  const person = (n: number, block: number) => civilian(block + n)

  it.each<readonly [string, string, (n: number) => Fields]>([
    [
      'one employee id',
      'clerk',
      (n: number) => judge({ employeeId: 'CLK-1', phone: `+9198764${String(10_000 + n)}` }),
    ],
    ['one national id', 'civilian', (n: number) => ({ ...person(n, 100), 'field.aadhaar': aadhaarOf(100) })],
    ['one user id', 'civilian', (n: number) => ({ ...person(n, 200), userId: 'one.user' })],
  ])('for %s make one account', async (_what, userType, fieldsOf) => {
    const before = (await auditOf(nodes.first, 'sign-up.completed')).length
    const forms = await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, n) => {
        const visitor = nodes.visitor()
        const fields = fieldsOf(n)
        await typeDetails(visitor, userType, fields)
        const form = visitor.fill('code', { code: await nodes.codeFor(fields['phone'] ?? '') })
        return { visitor, form }
      }),
    )
    const replies = await Promise.all(
      forms.map(async ({ visitor, form }, n) =>
        visitor.follow(await visitor.post(form, nodes.urls[n % 2 === 0 ? 0 : 1])),
      ),
    )
    expect(replies.filter(isDone)).toHaveLength(1)
    expect(replies.filter(({ status }) => status === 422)).toHaveLength(AT_ONCE - 1)
    expect(await auditOf(nodes.first, 'sign-up.completed')).toHaveLength(before + 1)
  })
})

describe('a sign-up whose form is posted again with another contact while its code is being written', () => {
  const MINE = 'mine@example.org'
  const OTHERS = 'somebody-else@example.org'
  const held = heldChallenges()
  let node: FastNode

  beforeAll(async () => {
    node = await startFastNode({ openData: held.openData })
  })

  afterAll(() => node.stop())

  it('makes nobody the owner of a contact that no code went to', async () => {
    const visitor = createBalancedVisitor(node.url)
    const withPassword = (email: string) => ({ email, password: GOOD_PASSWORD })
    await typeDetails(visitor, 'user', withPassword('begun@example.org'))
    await visitor.open('/sign-up?userType=user')
    held.hold()
    const first = visitor.post(visitor.fill('sign-up', withPassword(MINE)))
    await held.waiting(1)
    const second = visitor.post(visitor.fill('sign-up', withPassword(OTHERS)))
    await Promise.race([second, held.waiting(2)])
    held.release()
    await Promise.all([first, second])

    await visitor.open('/sign-up/code')
    expect(visitor.at.text).toContain(OTHERS)
    const end = await visitor.submit('code', { code: await codeFor(node.url, MINE) })
    expect([end.status, isDone(end)]).toEqual([422, false])
    expect(await auditOf(node, 'sign-up.completed')).toEqual([])
    expect(isDone(await visitor.submit('code', { code: await codeFor(node.url, OTHERS) }))).toBe(true)
  })
})

describe('sign-ups that are not confirmed', () => {
  let node: FastNode
  let clock: ShiftedClock

  async function start(signUp: Partial<Settings['limits']['signUp']>): Promise<void> {
    clock = shiftedClock()
    const change = (settings: Settings): Settings => ({
      ...settings,
      limits: { ...settings.limits, signUp: { ...settings.limits.signUp, ...signUp } },
    })
    node = await startFastNode({ clock, change }, { userTypes: [CLERK] })
    await addEmployee(node, {})
    await addEmployee(node, { employeeId: 'clk-1', shownId: 'CLK-1', role: 'clerk' })
  }

  afterEach(() => node.stop())

  async function signUpBy(userType: string, fields: Fields): Promise<Reply> {
    const visitor = createBalancedVisitor(node.url)
    const to = fields['phone'] ?? ''
    const before = (await messagesTo(node.url, to)).length
    await typeDetails(visitor, userType, fields)
    if (visitor.at.status === 429) return visitor.at
    return visitor.submit('code', { code: await codeFor(node.url, to, before + 1) })
  }

  const reasons = async () => (await auditOf(node, 'sign-up.refused')).map(({ reason }) => reason)
  const stranger = (n: number, more: Fields = {}) => judge({ phone: `+91987640000${n}`, ...more })

  it('are as many a day as a contact has, then no code is sent to it and the page says until when', async () => {
    await start({ notConfirmedPerContactPerDay: 2 })
    const wrong = judge({ 'field.fullName': 'Somebody Else' })
    expect((await signUpBy('judge', wrong)).status).toBe(422)
    expect((await signUpBy('judge', wrong)).status).toBe(422)
    const sent = (await messagesTo(node.url, '+919876507101')).length
    const refused = await signUpBy('judge', judge())
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(DAY_SECONDS - 60)
    expect(refused.page.querySelector('#errors[role="alert"] time')).not.toBeNull()
    expect(refused.text).toContain('+919876507101')
    expect(await messagesTo(node.url, '+919876507101')).toHaveLength(sent)
    // Nor by another type, or as the other one of two contacts.
    const visitor = createBalancedVisitor(node.url)
    const both = { email: 'other-way@example.org', phone: '+919876507101' }
    await typeDetails(visitor, 'user', { ...both, password: GOOD_PASSWORD })
    const other = await visitor.submit('choose-channel', { channel: 'sms' })
    expect([other.status, other.page.querySelector('#errors time') !== null]).toEqual([429, true])
    expect(await messagesTo(node.url, '+919876507101')).toHaveLength(sent)
    await clock.later(DAY_SECONDS + 1, async () =>
      expect(isDone(await signUpBy('judge', judge()))).toBe(true),
    )
  })

  it('are no more when many are begun before the first one fails', async () => {
    await start({ notConfirmedPerContactPerDay: 2 })
    const wrong = judge({ 'field.fullName': 'Somebody Else' })
    const begun = []
    for (let n = 1; n <= 6; n++) {
      const visitor = createBalancedVisitor(node.url)
      await typeDetails(visitor, 'judge', wrong)
      begun.push({ visitor, code: await codeFor(node.url, '+919876507101', n) })
    }
    const replies = await Promise.all(begun.map(({ visitor, code }) => visitor.submit('code', { code })))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([422]))
    const found = await reasons()
    expect(found.filter((reason) => reason === 'no-match')).toHaveLength(2)
    expect(found.filter((reason) => reason === 'too-many-not-confirmed')).toHaveLength(4)
  })

  it('of strangers use up an employee id for strangers, and never for who owns a contact of the record', async () => {
    await start({ notConfirmedPerEmployeeIdPerDay: 2 })
    for (const n of [1, 2, 3]) expect((await signUpBy('judge', stranger(n))).status).toBe(422)
    expect(await reasons()).toEqual(['contact', 'contact', 'too-many-not-confirmed'])
    expect(isDone(await signUpBy('judge', judge()))).toBe(true)
  })

  it('of strangers stop also the guess that is right, where any contact will do', async () => {
    await start({ notConfirmedPerEmployeeIdPerDay: 2 })
    const guess = (n: number, name: string) => stranger(n, { employeeId: 'CLK-1', 'field.fullName': name })
    for (const n of [1, 2]) expect((await signUpBy('clerk', guess(n, `Guess ${n}`))).status).toBe(422)
    expect((await signUpBy('clerk', guess(3, 'Meera Krishnan'))).status).toBe(422)
    expect(await reasons()).toEqual(['no-match', 'no-match', 'too-many-not-confirmed'])
    expect(isDone(await signUpBy('clerk', judge({ employeeId: 'CLK-1' })))).toBe(true)
  })

  it('do not count where they were confirmed', async () => {
    await start({ notConfirmedPerContactPerDay: 1, notConfirmedPerEmployeeIdPerDay: 1 })
    const mistaken = judge({ 'field.fullName': 'Meera Krishna', phone: '+919876507101' })
    expect(isDone(await signUpBy('civilian', civilian(1)))).toBe(true)
    expect((await signUpBy('judge', mistaken)).status).toBe(422)
    // By a contact of the record: it does not count against the employee id.
    const other = judge({ employeeId: 'CLK-1', phone: '+919876400001' })
    expect(isDone(await signUpBy('clerk', other))).toBe(true)
    expect((await signUpBy('clerk', { ...other, phone: '+919876400002' })).status).toBe(422)
    expect(await reasons()).toEqual(['no-match', 'claimed'])
  })
})
