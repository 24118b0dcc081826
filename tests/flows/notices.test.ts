import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage } from '../../src/storage/index.ts'
import { type BalancedVisitor, createBalancedVisitor } from '../support/balanced-visitor.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, GOOD_PASSWORD, messagesTo, type OutboxMessage } from '../support/people.ts'
import { createRelyingParty } from '../support/relying-party.ts'
import { type ShiftedClock, shiftedClock } from '../support/shifted-clock.ts'

const DAY_SECONDS = 86_400
const ANN = 'ann@example.org'
const WRONG_PASSWORD = 'not-the-password-at-all'

let node: FastNode
let clock: ShiftedClock

beforeEach(async () => {
  clock = shiftedClock()
  node = await startFastNode({ clock })
})

afterEach(() => node.stop())

async function signUp(email: string): Promise<BalancedVisitor> {
  const visitor = createBalancedVisitor(node.url)
  await visitor.open(createRelyingParty(node.url).authorize({ prompt: 'create' }).url)
  await visitor.submit('choose-type', { userType: 'user' })
  await visitor.submit('sign-up', { email, password: GOOD_PASSWORD })
  await visitor.submit('code', { code: await codeFor(node.url, email) })
  return visitor
}

async function signIn(identifier: string, visitor = createBalancedVisitor(node.url)): Promise<void> {
  const before = (await messagesTo(node.url, identifier)).filter(({ code }) => code !== null).length
  await visitor.open(createRelyingParty(node.url).authorize({ prompt: 'login' }).url)
  await visitor.submit('sign-in', { identifier, password: GOOD_PASSWORD })
  await visitor.submit('code', { code: await codeFor(node.url, identifier, before + 1) })
  expect(visitor.at.page.querySelector('form[id="code"]')).toBeNull()
}

async function typeWrongPasswords(identifier: string, count: number): Promise<void> {
  const visitor = createBalancedVisitor(node.url)
  for (let n = 0; n < count; n++) {
    await visitor.open(createRelyingParty(node.url).authorize().url)
    await visitor.submit('sign-in', { identifier, password: WRONG_PASSWORD })
  }
}

/** Notices to a contact, once whatever was done before has been sent. */
async function noticesTo(contact: string): Promise<OutboxMessage[]> {
  // A notice is queued after the answer, at the next turn of the event loop.
  await wait(50)
  const storage = await openStorage(node.settings.storage, { clock: systemClock })
  try {
    while ((await storage.messages.countWaiting(systemClock.now())) > 0) await wait(20)
  } finally {
    await storage.close()
  }
  return (await messagesTo(node.url, contact)).filter(({ code }) => code === null)
}

const templatesTo = async (contact: string) => (await noticesTo(contact)).map(({ template }) => template)

describe('a sign-in on a new device', () => {
  it('is told to the owner, once a day', async () => {
    await signUp(ANN)
    await signIn(ANN)
    expect(await templatesTo(ANN)).toEqual(['new-device'])
    await signIn(ANN)
    expect(await templatesTo(ANN)).toEqual(['new-device'])
  })

  it('is told again the next day', async () => {
    await clock.later(-DAY_SECONDS - 60, async () => {
      await signUp(ANN)
      await signIn(ANN)
      expect(await templatesTo(ANN)).toEqual(['new-device'])
    })
    await signIn(ANN)
    expect(await templatesTo(ANN)).toEqual(['new-device', 'new-device'])
  })

  it('is nothing to tell at sign-up, or where the account is known', async () => {
    const own = await signUp(ANN)
    expect(await templatesTo(ANN)).toEqual([])
    await signIn(ANN, own)
    await signIn(ANN, own)
    expect(await templatesTo(ANN)).toEqual([])
  })

  it('is new to one account where only another is known', async () => {
    const shared = await signUp(ANN)
    await signUp('bea@example.org')
    await signIn('bea@example.org', shared)
    expect(await templatesTo('bea@example.org')).toEqual(['new-device'])
    expect(await templatesTo(ANN)).toEqual([])
  })
})

describe('a pause', () => {
  it('is told to the owner when it begins, once a day, and to nobody who is unknown', async () => {
    await signUp(ANN)
    for (const who of [ANN, 'nobody@example.org']) await typeWrongPasswords(who, 2)
    expect(await templatesTo(ANN)).toEqual([])
    for (const who of [ANN, 'nobody@example.org']) await typeWrongPasswords(who, 2)
    await clock.later(60, () => typeWrongPasswords(ANN, 2))
    await clock.later(600, () => typeWrongPasswords(ANN, 2))
    expect(await templatesTo(ANN)).toEqual(['paused'])
    expect(await noticesTo('nobody@example.org')).toEqual([])
  })

  it('is told again the next day', async () => {
    await clock.later(-DAY_SECONDS - 60, async () => {
      await signUp(ANN)
      await typeWrongPasswords(ANN, 3)
      expect(await templatesTo(ANN)).toEqual(['paused'])
    })
    await typeWrongPasswords(ANN, 3)
    expect(await templatesTo(ANN)).toEqual(['paused', 'paused'])
  })
})

describe('a sign-up with a taken contact', () => {
  async function typeContact(email: string, { userAgent = 'test', times = 1 } = {}): Promise<void> {
    const visitor = createBalancedVisitor(node.url)
    await visitor.open('/sign-up?userType=user')
    const { action, fields } = visitor.fill('sign-up', { email, password: 'stranger-typed-this-secret' })
    for (let n = 0; n < times; n++) {
      const response = await fetch(action, {
        method: 'POST',
        body: new URLSearchParams({ ...fields, phone: '' }),
        headers: { accept: 'text/html', cookie: visitor.cookiesFor(action), 'user-agent': userAgent },
        redirect: 'manual',
      })
      await response.text()
      expect(response.status).toBe(303)
    }
  }

  it('is told to its owner instead of a code, once a day however often it is tried', async () => {
    await signUp(ANN)
    await typeContact(ANN, { times: 5 })
    await typeContact('ANN@Example.org')
    const messages = await noticesTo(ANN)
    expect(messages.map(({ template, code }) => [template, code])).toEqual([['known-contact', null]])
    expect((await messagesTo(node.url, ANN)).filter(({ code }) => code !== null)).toHaveLength(1)
    await clock.later(DAY_SECONDS + 60, async () => {
      await typeContact(ANN, { times: 2 })
      expect(await templatesTo(ANN)).toEqual(['known-contact', 'known-contact'])
    })
  })

  it('is told as well when many strangers try at once, once', async () => {
    await signUp(ANN)
    await Promise.all(Array.from({ length: 10 }, () => typeContact(ANN)))
    expect(await templatesTo(ANN)).toEqual(['known-contact'])
  })

  it('says nothing that the stranger chose', async () => {
    await signUp(ANN)
    await typeContact('\u202eAnn@EXAMPLE.org', {
      userAgent: 'Mozilla/5.0 Firefox/1 PWNED https://evil.example',
    })
    const [message] = await noticesTo(ANN)
    expect(message?.to).toBe(ANN)
    expect(JSON.stringify(message)).not.toMatch(/PWNED|evil|stranger-typed|Firefox|127\.0\.0\.1|::1/)
  })

  it('does not take from the notice of a pause, nor the other way round', async () => {
    await signUp(ANN)
    await typeContact(ANN)
    await typeWrongPasswords(ANN, 3)
    expect((await templatesTo(ANN)).toSorted()).toEqual(['known-contact', 'paused'])
  })
})
