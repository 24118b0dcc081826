import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { addAccount } from '../support/add-account.ts'
import { type BalancedVisitor, createBalancedVisitor, type Reply } from '../support/balanced-visitor.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, GOOD_PASSWORD, messagesTo } from '../support/people.ts'
import { createRelyingParty } from '../support/relying-party.ts'
import { type ShiftedClock, shiftedClock } from '../support/shifted-clock.ts'

const WRONG_PASSWORD = 'not-the-password-at-all'
/** Six digits are never seven: wrong for certain. */
const WRONG_CODE = '0000000'
const RESEND_SECONDS = 30

let node: FastNode
let clock: ShiftedClock

beforeAll(async () => {
  clock = shiftedClock()
  node = await startFastNode({ clock })
})

afterAll(() => node.stop())

/** What somebody outside can tell answers apart by: values that differ from one request to the next are left out. */
function shapeOf({ status, headers, text, location }: Reply, typed: string): object {
  const plain = (value: string) =>
    value
      .replaceAll(typed, 'TYPED')
      .replace(/interaction\/[\w-]+/g, 'interaction/UID')
      .replace(/name="csrf" value="[^"]+"/g, 'CSRF')
      .replace(/<b>[A-Z]{2}<\/b>/g, 'REFERENCE')
      .replace(/\bcode [A-Z]{2}\b/g, 'code REFERENCE')
      .replace(/datetime="[^"]+"/g, 'DATETIME')
      .replace(/\d{1,2}:\d{2}(:\d{2})?/g, 'TIME')
      .replace(/dur="\d+s"/g, 'DURATION')
  const kept = [...headers].filter(([name]) => name !== 'date' && name !== 'traceparent')
  const shown = kept.map(([name, value]) => {
    // The name and attributes of a cookie, not its value; a wait of 10 s is 9 s a moment later.
    if (name === 'set-cookie') return [name, value.replace(/=[^;]+/, '=VALUE').replace(/expires=[^;]+/i, '')]
    if (name === 'retry-after') return [name, Number(value) > 0]
    return [name, plain(value)]
  })
  return { status, location: location && plain(location), headers: shown, body: plain(text) }
}

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
      await visitor.open('/sign-up')
      await visitor.submit('sign-up', { email: emailOf(who, 'sent'), password: GOOD_PASSWORD })
    }
    await codeFor(node.url, emailOf('free', 'sent'))
    const [message, ...more] = await messagesTo(node.url, emailOf('active', 'sent'))
    expect(message).toMatchObject({ template: 'known-contact', code: null, reference: null })
    expect(more).toEqual([])
  })
})
