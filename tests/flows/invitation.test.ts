import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { addEmployee } from '../support/add-employee.ts'
import { auditOf } from '../support/audit-records.ts'
import { type BalancedVisitor, createBalancedVisitor, type Reply } from '../support/balanced-visitor.ts'
import { latchkey, latchkeyHere } from '../support/command.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import {
  codeFor,
  GOOD_PASSWORD,
  messagesTo,
  type OutboxMessage,
  signIn,
  signUp,
  tokensOf,
} from '../support/people.ts'
import { type RegisterService, startRegisterService, status } from '../support/register-service.ts'
import { claimsOf, createRelyingParty } from '../support/relying-party.ts'
import { type ShiftedClock, shiftedClock } from '../support/shifted-clock.ts'
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.ts'
import { userTypeLike } from '../support/user-types.ts'

const AT_ONCE = 20
const HOURS = 3600

let clock: ShiftedClock
let node: FastNode

beforeAll(async () => {
  clock = shiftedClock()
  node = await startFastNode({ clock })
})

afterAll(() => node.stop())

describe('an invitation', () => {
  it('leads its owner to an account of their own, which signs in', async () => {
    const { id, link } = await invite('noor@courts.example', '--type', 'moderator', '--role', 'archive')
    const visitor = await follow(link)
    expect(visitor.at.status).toBe(200)
    expect(visitor.at.page.querySelector('form[id="sign-up"]')).not.toBeNull()
    // The contact is fixed: it stands there and is not asked for.
    expect(visitor.at.text).toContain('noor@courts.example')
    expect(visitor.at.page.querySelector('input[name="email"]')).toBeNull()
    expectDone(await visitor.submit('sign-up', { phone: '', password: GOOD_PASSWORD }))

    const tokens = await tokensOf(await signIn(node.url, 'noor@courts.example'))
    expect(claimsOf(tokens.access_token)).toMatchObject({
      sub: id,
      user_type: 'moderator',
      roles: ['archive', 'moderator'],
    })
    expect(claimsOf(tokens.id_token)).toMatchObject({ email_verified: true })
    const [accepted] = (await auditOf(node, 'invitation.accepted')).filter((one) => one.subjectId === id)
    expect(accepted).toMatchObject({ outcome: 'success' })
  })

  it('is the only message with a link, and holds no code', async () => {
    const { message, link } = await invite('one@courts.example', '--type', 'moderator')
    expect(message).toMatchObject({ template: 'invitation', channel: 'email', code: null })
    expect(link).toMatch(new RegExp(`^${node.url}/invitation\\?token=[\\w-]{43}$`))
    const codes = await messagesTo(node.url, 'noor@courts.example')
    for (const { text } of codes.filter(({ template }) => template === 'code'))
      expect(text).not.toMatch(/https?:/)
  })

  it('is not used up by looking, by going on, or by a wrong form', async () => {
    const { link } = await invite('looks@courts.example', '--type', 'moderator')
    for (let look = 0; look < 3; look++) {
      await fetch(link, { method: 'HEAD' })
      const visitor = await follow(link)
      const wrong = await visitor.submit('sign-up', { phone: 'no phone', password: 'short' })
      expect(wrong.status).toBe(422)
      expect(wrong.page.querySelector('#errors')).not.toBeNull()
      expect((await visitor.get(`${node.url}/invitation/details`)).status).toBe(200)
    }
    expect(await auditOf(node, 'invitation.refused')).toHaveLength(0)
    const visitor = await follow(link)
    expectDone(await visitor.submit('sign-up', { password: GOOD_PASSWORD }))
  })

  it('works once: afterwards it is a page that is not there, in any browser', async () => {
    const { link } = await invite('once@courts.example', '--type', 'moderator')
    const [first, second] = [await follow(link), await follow(link)]
    const late = second.fill('sign-up', { password: GOOD_PASSWORD })
    expectDone(await first.submit('sign-up', { password: GOOD_PASSWORD }))
    expectDead(await second.post(late))
    expectDead(await createBalancedVisitor(node.url).open(link))
    // The one that won finds its end again, also by the way back.
    for (const path of ['/invitation/done', '/invitation/details'])
      expectDone(await first.open(`${node.url}${path}`))
  })

  it('works for 72 hours', async () => {
    const { link } = await invite('late@courts.example', '--type', 'moderator')
    const begun = await clock.later(72 * HOURS - 60, () => follow(link))
    await clock.later(72 * HOURS + 1, async () => {
      expectDead(await createBalancedVisitor(node.url).open(link))
      expectDead(await begun.post(begun.fill('sign-up', { password: GOOD_PASSWORD })))
    })
    expectDone(await begun.submit('sign-up', { password: GOOD_PASSWORD }))
  })

  it('is nothing without its secret, whatever stands there instead', async () => {
    for (const token of ['', 'x', 'a'.repeat(2000), '\0', '__proto__', node.serving.setupSecret ?? ''])
      expectDead(
        await createBalancedVisitor(node.url).open(
          `${node.url}/invitation?token=${encodeURIComponent(token)}`,
        ),
      )
    const { link } = await invite('secret@courts.example', '--type', 'moderator')
    const token = new URL(link).searchParams.get('token') ?? ''
    // Nor is it a link for the first owner.
    expect((await createBalancedVisitor(node.url).open(`${node.url}/setup?token=${token}`)).status).toBe(404)
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(link)
    expect((await visitor.post(visitor.fill('invitation', { token: 'x' }))).status).toBe(404)
    expect((await visitor.post(visitor.fill('invitation', { csrf: 'x' }))).status).toBe(403)
  })

  it('does not go on in another browser, or from a foreign form', async () => {
    const { link } = await invite('browser@courts.example', '--type', 'moderator')
    const visitor = await follow(link)
    const form = visitor.fill('sign-up', { password: GOOD_PASSWORD })
    const thief = await follow((await invite('thief@courts.example', '--type', 'moderator')).link)
    expectDead(await createBalancedVisitor(node.url).open(`${node.url}/invitation/details`))
    expect((await thief.post(form)).status).toBe(403)
    expect((await visitor.post({ ...form, fields: { ...form.fields, email: 'x@y.example' } })).status).toBe(
      400,
    )
    expectDone(await visitor.submit('sign-up', { password: GOOD_PASSWORD }))
  })

  it('is accepted by its own page alone, not by that of another one followed in the same browser', async () => {
    const [one, other] = [
      await invite('one.of.two@courts.example', '--type', 'moderator'),
      await invite('other.of.two@courts.example', '--type', 'moderator'),
    ]
    const visitor = await follow(one.link)
    const form = visitor.fill('sign-up', { password: GOOD_PASSWORD })
    await follow(other.link, visitor)
    await visitor.follow(await visitor.post(form))
    expect(visitor.at.page.querySelector('#done')).toBeNull()
    expect(visitor.at.text).toContain('other.of.two@courts.example')
    const accepted = (await auditOf(node, 'invitation.accepted')).map(({ subjectId }) => subjectId)
    expect([accepted.includes(one.id), accepted.includes(other.id)]).toEqual([false, false])
    expectDone(await visitor.submit('sign-up', { password: GOOD_PASSWORD }))
  })

  it('that is withdrawn leads nowhere, also for somebody who is half way', async () => {
    const { id, link } = await invite('withdrawn@courts.example', '--type', 'moderator')
    const visitor = await follow(link)
    expect((await latchkey(node, 'accounts', 'reject', id)).code).toBe(0)
    expectDead(await visitor.post(visitor.fill('sign-up', { password: GOOD_PASSWORD })))
    expectDead(await createBalancedVisitor(node.url).open(link))
    expect((await messagesTo(node.url, 'withdrawn@courts.example')).map(({ template }) => template)).toEqual([
      'invitation',
    ])
  })

  it('reserves nothing: who has the contact meanwhile keeps it, and the invitation says no more than that', async () => {
    const { link } = await invite('contested@courts.example', '--type', 'moderator')
    const visitor = await follow(link)
    await signUp(node.url, 'contested@courts.example')
    const refused = await visitor.submit('sign-up', { password: GOOD_PASSWORD })
    expect(refused.status).toBe(422)
    expect(refused.page.querySelector('#errors')).not.toBeNull()
    expect(await auditOf(node, 'invitation.refused')).toMatchObject([{ reason: 'contact-taken' }])
    const { access_token } = await tokensOf(await signIn(node.url, 'contested@courts.example'))
    expect(claimsOf(access_token)).toMatchObject({ user_type: 'user' })
  })

  it('signs nobody in before it is accepted', async () => {
    const email = 'early@courts.example'
    await invite(email, '--type', 'moderator')
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(createRelyingParty(node.url).authorize().url)
    const answer = await visitor.submit('sign-in', { identifier: email, password: GOOD_PASSWORD })
    expect(answer.status).toBe(422)
    expect((await messagesTo(node.url, email)).filter(({ template }) => template === 'code')).toEqual([])
  })
})

describe('an invitation for an employee', () => {
  it('has the employee ID fixed, asks the register, and claims it with the account', async () => {
    const { id, link } = await invite('+919876520418', '--type', 'police', '--employee-id', 'POL-20418')
    const visitor = await follow(link)
    expect(visitor.at.page.querySelector('input[name="employeeId"]')).toBeNull()
    const wrong = await visitor.submit('sign-up', {
      'field.fullName': 'Somebody Else',
      password: GOOD_PASSWORD,
    })
    expect(wrong.status).toBe(422)
    expect(wrong.text).not.toMatch(/Pillai|no-match/)
    await visitor.open(`${node.url}/invitation/details`)
    const right = { 'field.fullName': 'ravi shankar  pillai', password: GOOD_PASSWORD }
    expectDone(await visitor.submit('sign-up', right))

    const rp = createRelyingParty(node.url)
    const request = rp.authorize()
    const browser = createBalancedVisitor(node.url)
    await browser.open(request.url)
    await browser.submit('sign-in', { identifier: 'pol-20418', password: GOOD_PASSWORD })
    const end = await browser.submit('code', { code: await codeFor(node.url, '+919876520418') })
    const { access_token } = await tokensOf({ rp, request, end: { ...end, url: end.location ?? end.url } })
    expect(claimsOf(access_token)).toMatchObject({ sub: id, roles: ['police'] })
  })

  it('refuses a contact that the record does not have, and says no more than that', async () => {
    const { link } = await invite('+919876520999', '--type', 'police', '--employee-id', 'POL-20419')
    const visitor = await follow(link)
    const answer = await visitor.submit('sign-up', {
      'field.fullName': 'Kiran Bedekar',
      password: GOOD_PASSWORD,
    })
    expect(answer.status).toBe(422)
    expect((await auditOf(node, 'invitation.refused')).at(-1)).toMatchObject({ reason: 'contact' })
  })

  it('waits for approval where the record has no contact to prove', async () => {
    const phone = '+919876520777'
    const { id, link } = await invite(phone, '--type', 'police', '--employee-id', 'POL-20420')
    const visitor = await follow(link)
    const end = await visitor.submit('sign-up', {
      'field.fullName': 'Joseph Mathew',
      password: GOOD_PASSWORD,
    })
    expect(end.page.querySelector('#done h1')?.text).toBe('Your account waits for approval')
    expectDead(await createBalancedVisitor(node.url).open(link))
    expect((await latchkeyHere(node, 'accounts', 'approve', id)).code).toBe(0)
    expect(await waitFor(placeOf(node), phone, 'approved')).toMatchObject({ channel: 'sms' })
  })

  it('says of the contact that it went to that it is verified, never of the other one', async () => {
    const phone = '+919876520778'
    const record = { employeeId: 'pol-20421', shownId: 'POL-20421', role: 'police', fullName: 'Ila Sen' }
    await addEmployee(node, { ...record, email: null, phone: null })
    const { link } = await invite(phone, '--type', 'police', '--employee-id', 'POL-20421')
    const visitor = await follow(link)
    const typed = { email: 'not.mine@courts.example', 'field.fullName': 'Ila Sen' }
    const end = await visitor.submit('sign-up', { ...typed, password: GOOD_PASSWORD })
    expect(end.page.querySelector('#done h1')?.text).toBe('Your account waits for approval')
    expect(end.text).not.toContain(typed.email)
    expect(end.text).toContain(phone)
  })
})

describe('while the register cannot be asked', () => {
  let service: RegisterService
  let far: FastNode

  beforeAll(async () => {
    service = await startRegisterService()
    far = await startFastNode({
      env: { LATCHKEY_REGISTER_URL: service.url, LATCHKEY_REGISTER_TOKEN: 'secret' },
    })
  })
  afterAll(async () => {
    await far.stop()
    await service.close()
  })

  it('says to try again, and the invitation still works', async () => {
    service.answer(status(503))
    const { link } = await inviteAt(
      placeOf(far),
      '+919876520418',
      '--type',
      'police',
      '--employee-id',
      'POL-1',
    )
    const visitor = await follow(link, createBalancedVisitor(far.url))
    const answer = await visitor.submit('sign-up', { 'field.fullName': 'Ann', password: GOOD_PASSWORD })
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('10')
    expect(answer.page.querySelector('#errors')).not.toBeNull()
    expect(answer.page.querySelector('form[id="sign-up"]')).not.toBeNull()
    expect(await auditOf(far, 'invitation.refused')).toEqual([])
    expect((await createBalancedVisitor(far.url).open(link)).status).toBe(200)
  })
})

describe('one invitation followed twenty times at once, in two processes', () => {
  let nodes: TwoNodes

  beforeAll(async () => {
    nodes = await startTwoNodes({ userTypes: [userTypeLike('moderator', { id: 'guest', name: 'Guest' })] })
  })
  afterAll(() => nodes.stop())

  it('makes one account, with the password of the one who won', async () => {
    const both = { node: nodes.first, messagesTo: nodes.messagesTo }
    const { link } = await inviteAt(both, 'race@courts.example', '--type', 'guest')
    const visitors = await Promise.all(Array.from({ length: AT_ONCE }, () => follow(link, nodes.visitor())))
    const passwords = visitors.map((_, index) => `${GOOD_PASSWORD}-${index}`)
    const replies = await Promise.all(
      visitors.map((one, index) => one.post(one.fill('sign-up', { password: passwords[index] ?? '' }))),
    )
    const won = replies.flatMap(({ status: code }, index) => (code === 303 ? [index] : []))
    expect(won).toHaveLength(1)
    expect(replies.filter(({ status: code }) => code === 404)).toHaveLength(AT_ONCE - 1)
    expect(await auditOf(nodes.first, 'invitation.accepted')).toHaveLength(1)
    const password = passwords[won[0] ?? -1] ?? ''
    const visitor = nodes.visitor()
    await visitor.open(createRelyingParty(nodes.issuer).authorize().url)
    await visitor.submit('sign-in', { identifier: 'race@courts.example', password })
    expect(await nodes.codeFor('race@courts.example')).toMatch(/^\d{6}$/)
  })
})

/** A node and where its messages are read: the one that sends may be another process. */
interface Place {
  readonly node: FastNode
  messagesTo(to: string): Promise<OutboxMessage[]>
}

const placeOf = (one: FastNode): Place => ({ node: one, messagesTo: (to) => messagesTo(one.url, to) })

const invite = (contact: string, ...args: string[]) => inviteAt(placeOf(node), contact, ...args)

async function inviteAt(place: Place, contact: string, ...args: string[]) {
  const kind = contact.includes('@') ? '--email' : '--phone'
  const { code, text } = await latchkeyHere(place.node, 'invite', kind, contact, ...args, '--json')
  if (code !== 0) throw new Error(text)
  const message = await waitFor(place, contact, 'invitation')
  const link = /https?:\S+/.exec(message.text)?.[0] ?? ''
  expect(text).not.toContain(new URL(link).searchParams.get('token'))
  return { id: String(JSON.parse(text).id), message, link }
}

/** A message that was queued by another process. */
async function waitFor(place: Place, to: string, template: string): Promise<OutboxMessage> {
  for (let look = 0; look < 400; look++) {
    const found = (await place.messagesTo(to)).find((one) => one.template === template)
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`No ${template} reached ${to}.`)
}

/** Opens the link and presses the button. */
async function follow(link: string, visitor: BalancedVisitor = createBalancedVisitor(node.url)) {
  await visitor.open(link)
  await visitor.submit('invitation')
  return visitor
}

function expectDone({ status: code, page }: Reply): void {
  expect(code).toBe(200)
  expect(page.querySelector('#done')).not.toBeNull()
}

function expectDead({ status: code, page }: Reply): void {
  expect(code).toBe(404)
  expect(page.querySelector('#errors h1')?.text).toBe('This invitation does not work any more')
}
