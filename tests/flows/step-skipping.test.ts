import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { addSeconds } from '../../src/lib/clock.ts'
import { auditOf } from '../support/audit-records.ts'
import { type BalancedVisitor, createBalancedVisitor, type Reply } from '../support/balanced-visitor.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, GOOD_PASSWORD, messagesTo, signUp, tokensOf } from '../support/people.ts'
import { claimsOf, createRelyingParty } from '../support/relying-party.ts'
import { shiftedClock } from '../support/shifted-clock.ts'

const clock = shiftedClock()
let node: FastNode

beforeAll(async () => {
  node = await startFastNode({ clock })
  for (const name of ['ann', 'ben', 'cid']) await signUp(node.url, `${name}@example.org`)
})

afterAll(() => node.stop())

describe('a sign-in of which a step is missing', () => {
  it('shows no code page and takes no code before a right password', async () => {
    const { visitor, page, csrf } = await start()
    expect((await visitor.get(`${page}/code`)).location).toBe(page)
    const code = { action: `${page}/code`, fields: { csrf, code: '000000' } }
    expect((await visitor.post(code)).location).toBe(page)
    expect((await visitor.post({ action: `${page}/resend`, fields: { csrf } })).location).toBe(page)
    await expectNobody(visitor)
  })

  it('does not go on after a wrong password', async () => {
    const { visitor, page } = await start()
    await visitor.submit('sign-in', { identifier: 'ann@example.org', password: 'not-her-password-at-all' })
    expect((await visitor.get(`${page}/code`)).location).toBe(page)
    await expectNobody(visitor)
  })

  it('does not go on after a right password alone', async () => {
    const { visitor, page } = await start()
    await visitor.submit('sign-in', { identifier: 'ann@example.org', password: GOOD_PASSWORD })
    const uid = page.split('/').at(-1)
    const resumed = await visitor.open(`${node.url}/auth/${uid}`)
    expect(resumed.url.startsWith(`${node.url}/interaction/`)).toBe(true)
    expect(resumed.page.querySelector('form[id="sign-in"]')).not.toBeNull()
    await expectNobody(visitor)
  })

  it('does not go on with the code of another sign-in of the same person', async () => {
    const first = await askForCode('ann@example.org')
    const codeOfFirst = await newestCode('ann@example.org')
    const second = await askForCode('ann@example.org')
    const codeOfSecond = await newestCode('ann@example.org')
    expect((await second.visitor.submit('code', { code: codeOfFirst })).status).toBe(422)
    expect((await first.visitor.submit('code', { code: codeOfSecond })).status).toBe(422)
    await expectNobody(first.visitor)
    await expectNobody(second.visitor)
    // A chain of its own: what happened in one sign-in spent nothing of the other.
    expect((await first.visitor.submit('code', { code: codeOfFirst })).location).toContain('/callback?code=')
  })

  it('does not go on with the code of another person', async () => {
    const { visitor } = await askForCode('ann@example.org')
    await askForCode('ben@example.org')
    expect((await visitor.submit('code', { code: await newestCode('ben@example.org') })).status).toBe(422)
    await expectNobody(visitor)
  })

  it('does not take over what was done for another person in the same interaction', async () => {
    const { visitor, page } = await askForCode('ann@example.org')
    const codeOfAnn = await newestCode('ann@example.org')
    await visitor.open(`${page}?sign-in`)
    await visitor.submit('sign-in', { identifier: 'ben@example.org', password: GOOD_PASSWORD })
    await newestCode('ben@example.org')
    expect((await visitor.submit('code', { code: codeOfAnn })).status).toBe(422)
    await expectNobody(visitor)
  })

  it('does not go on with a code that was replaced, used or expired', async () => {
    const { visitor } = await askForCode('cid@example.org')
    const first = await newestCode('cid@example.org')
    await clock.later(31, () => visitor.submit('resend'))
    const second = await newestCode('cid@example.org')
    expect((await visitor.submit('code', { code: first })).status).toBe(422)
    expect((await visitor.submit('code', { code: second })).location).toContain('/callback?code=')

    const later = await askForCode('cid@example.org')
    const third = await newestCode('cid@example.org')
    expect((await later.visitor.submit('code', { code: second })).status).toBe(422)
    await clock.later(301, () => later.visitor.submit('code', { code: third }))
    expect(later.visitor.at.status).toBe(422)
    await expectNobody(later.visitor)
  })

  it('does not go on in another browser that learned the address and the code', async () => {
    const { page } = await askForCode('ann@example.org')
    const code = await newestCode('ann@example.org')
    const thief = await start()
    const form = { action: `${page}/code`, fields: { csrf: thief.csrf, code } }
    expect((await thief.visitor.post(form)).status).toBe(400)
    await expectNobody(thief.visitor)
  })
})

describe('a sign-up of which a step is missing', () => {
  it('makes no account before the code, and none from an expired one', async () => {
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(`${node.url}/sign-up?userType=user`)
    const fields = { csrf: visitor.fill('sign-up').fields['csrf'] ?? '', code: '000000' }
    const early = await visitor.post({ action: `${node.url}/sign-up/code`, fields })
    expect(early.location).toBe(`${node.url}/sign-up`)
    await visitor.submit('sign-up', { email: 'late@example.org', password: GOOD_PASSWORD })
    const code = await newestCode('late@example.org')
    await clock.later(301, () => visitor.submit('code', { code }))
    expect(visitor.at.status).toBe(422)
    await cannotSignIn('late@example.org')
  })

  it('makes no account of a type that is not open, whatever type is asked for', async () => {
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(createRelyingParty(node.url).authorize({ prompt: 'create' }).url)
    await visitor.submit('choose-type', { userType: 'user' })
    const form = visitor.fill('sign-up', { email: 'sly@example.org', password: GOOD_PASSWORD })
    const sly = {
      ...form,
      action: `${form.action}?userType=admin`,
      fields: { ...form.fields, userType: 'admin' },
    }
    await visitor.follow(await visitor.post(sly))
    const request = createRelyingParty(node.url).authorize({ prompt: 'none' })
    if (visitor.at.page.querySelector('form[id="code"]')) {
      await visitor.submit('code', { code: await newestCode('sly@example.org') })
      const { location } = await visitor.get(request.url)
      const end = { url: location ?? '', status: 303, text: '' }
      const tokens = await tokensOf({ rp: createRelyingParty(node.url), request, end })
      expect(claimsOf(tokens.access_token)).toMatchObject({ user_type: 'user', roles: ['user'] })
    }
    for (const extra of ['adminRole', 'roles', 'status', 'emailVerified']) {
      const reply = await visitor.post({ ...form, fields: { ...form.fields, [extra]: 'owner' } })
      expect([extra, reply.status]).toEqual([extra, 400])
    }
  })

  it('takes no code of a sign-in, and a sign-in none of a sign-up', async () => {
    await askForCode('ben@example.org')
    const ofSignIn = await newestCode('ben@example.org')
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(`${node.url}/sign-up?userType=user`)
    await visitor.submit('sign-up', { email: 'ben@example.org', password: 'another-quiet-harbour-lamp' })
    expect((await visitor.submit('code', { code: ofSignIn })).status).toBe(422)
  })

  it('sends the owner of a taken contact a notice without a code, and shows the same pages', async () => {
    const pages: string[] = []
    for (const email of ['ann@example.org', 'new@example.org']) {
      const before = (await messagesTo(node.url, email)).length
      const visitor = createBalancedVisitor(node.url)
      await visitor.open(`${node.url}/sign-up?userType=user`)
      await visitor.submit('sign-up', { email, password: 'another-quiet-harbour-lamp' })
      pages.push(plain(visitor.at, email))
      await untilMessages(email, before + 1)
    }
    const [notice] = await messagesTo(node.url, 'ann@example.org')
    expect(notice).toMatchObject({ template: 'known-contact', code: null })
    expect(pages[0]).toBe(pages[1])
  })
})

describe('wrong codes', () => {
  it('spend the attempts of their chain, which a resend does not give back', async () => {
    await signUp(node.url, 'dan@example.org')
    const { visitor, page } = await askForCode('dan@example.org')
    await newestCode('dan@example.org')
    expect(await wrongCodes(visitor, 3)).toEqual([422, 422, 422])
    await clock.later(31, () => visitor.submit('resend'))
    const right = await newestCode('dan@example.org')
    expect(await wrongCodes(visitor, 2)).toEqual([422, 429])
    expect((await visitor.submit('code', { code: right })).status).toBe(429)

    // The way back is the first step: a right password begins a chain of its own.
    await visitor.open(`${page}?sign-in`)
    await visitor.submit('sign-in', { identifier: 'dan@example.org', password: GOOD_PASSWORD })
    const next = await newestCode('dan@example.org')
    expect((await visitor.submit('code', { code: next })).location).toContain('/callback?code=')
  })

  it('pause the person’s codes after 10 in an hour, over all chains, for an hour at most', async () => {
    await signUp(node.url, 'eva@example.org')
    for (let chain = 0; chain < 2; chain++) {
      const { visitor } = await askForCode('eva@example.org')
      await newestCode('eva@example.org')
      expect(await wrongCodes(visitor, 5)).toEqual([422, 422, 422, 422, 429])
    }
    const { visitor } = await askForCode('eva@example.org')
    const end = await visitor.submit('code', { code: await newestCode('eva@example.org') })
    expect(end.status).toBe(429)
    expect(Number(end.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(Number(end.headers.get('retry-after'))).toBeLessThanOrEqual(3600)
    // Nobody else waits with her.
    await askForCode('ann@example.org')
  })

  it('of strangers who sign up with an address do not keep its owner from it', async () => {
    const address = 'owner-to-be@example.org'
    for (let chain = 0; chain < 3; chain++) {
      const stranger = createBalancedVisitor(node.url)
      await stranger.open(`${node.url}/sign-up?userType=user`)
      await stranger.submit('sign-up', { email: address, password: GOOD_PASSWORD })
      await newestCode(address)
      await wrongCodes(stranger, 5)
    }
    const owner = createBalancedVisitor(node.url)
    await owner.open(`${node.url}/sign-up?userType=user`)
    await owner.submit('sign-up', { email: address, password: GOOD_PASSWORD })
    const end = await owner.submit('code', { code: await newestCode(address) })
    expect(end.page.querySelector('#done')).not.toBeNull()
  })
})

describe('a pause after wrong passwords', () => {
  it('is the same for a known and an unknown identifier, in every spelling, and ends', async () => {
    for (const spellings of [
      ['ann@example.org', 'ANN@example.org', ' ann@EXAMPLE.org ', 'ａnn@example.org'],
      ['zed@example.org', 'ZED@example.org', ' zed@EXAMPLE.org ', 'ｚed@example.org'],
    ]) {
      const { visitor } = await start()
      const statuses: number[] = []
      for (const identifier of spellings) {
        statuses.push((await visitor.submit('sign-in', { identifier, password: 'not-that-one' })).status)
      }
      expect(statuses).toEqual([422, 422, 422, 429])
      expect(Number(visitor.at.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(Number(visitor.at.headers.get('retry-after'))).toBeLessThanOrEqual(10)
    }
    const { visitor } = await clock.later(11, () => askForCode('ann@example.org'))
    expect(visitor.at.page.querySelector('form[id="code"]')).not.toBeNull()
  })

  it('does not reach a person who mistypes as others did before', async () => {
    const { visitor } = await start()
    const statuses: number[] = []
    for (const identifier of ['ann@example', 'ben@', 'cy@exam ple.org', 'dot@example']) {
      statuses.push((await visitor.submit('sign-in', { identifier, password: 'whatever-it-is' })).status)
    }
    expect(statuses).toEqual([422, 422, 422, 422])
  })

  it('does not count right passwords, however many', async () => {
    await signUp(node.url, 'fay@example.org')
    const forms = []
    for (let index = 0; index < 5; index++) {
      const { visitor } = await start()
      forms.push({
        visitor,
        form: visitor.fill('sign-in', { identifier: 'fay@example.org', password: GOOD_PASSWORD }),
      })
    }
    for (const { visitor, form } of forms) expect((await visitor.post(form)).status).toBe(303)
  })
})

describe('a new code asked for many times at once', () => {
  it('is one new code, and the one before is dead', async () => {
    await signUp(node.url, 'gus@example.org')
    const { visitor, page } = await askForCode('gus@example.org')
    const first = await newestCode('gus@example.org')
    const before = (await auditOf(node, 'code.resent')).length
    const form = visitor.fill('resend')
    const replies = await clock.later(31, () =>
      Promise.all(Array.from({ length: 8 }, () => visitor.post(form))),
    )
    const clear = replies.map(({ status }) => status).filter((status) => status === 303 || status === 429)
    expect(clear).toHaveLength(8)
    await newestCode('gus@example.org')
    expect(await auditOf(node, 'code.resent')).toHaveLength(before + 1)
    await visitor.open(`${page}/code`)
    expect((await visitor.submit('code', { code: first })).status).toBe(422)
    const [second = ''] = await codesTo('gus@example.org')
    expect((await visitor.submit('code', { code: second })).location).toContain('/callback?code=')
  })
})

describe('the audit', () => {
  it('says a sign-in was completed only where both steps were', async () => {
    const completed = await auditOf(node, 'sign-in.completed')
    const verified = await auditOf(node, 'code.verified')
    expect(completed.length).toBeGreaterThan(0)
    expect(completed.length).toBeLessThanOrEqual(verified.length)
  })
})

describe('a sign-in that is left alone', () => {
  it('ends after 30 minutes, whatever was done in it', async () => {
    const { visitor, page } = await askForCode('ann@example.org')
    const form = visitor.fill('code', { code: await newestCode('ann@example.org') })
    await clock.later(1801, async () => {
      expect((await visitor.post(form)).status).toBe(400)
      expect((await visitor.get(page)).status).toBe(400)
      expect(visitor.at.page.querySelector('h1')?.text.trim()).toBe('This sign-in has ended')
    })
  })
})

async function start() {
  const visitor = createBalancedVisitor(node.url)
  await visitor.open(createRelyingParty(node.url).authorize().url)
  return { visitor, page: visitor.at.url, csrf: visitor.fill('sign-in').fields['csrf'] ?? '' }
}

/** As far as the page that asks for the code. */
async function askForCode(identifier: string) {
  sent.set(identifier, (await codesTo(identifier)).length)
  const { visitor, page } = await start()
  await visitor.submit('sign-in', { identifier, password: GOOD_PASSWORD })
  return { visitor, page }
}

/** Posts codes that are wrong whatever the right one is; answers the statuses. */
async function wrongCodes(visitor: BalancedVisitor, count: number): Promise<number[]> {
  const form = visitor.fill('code', { code: 'wrong' })
  const statuses: number[] = []
  for (let guess = 0; guess < count; guess++) statuses.push((await visitor.post(form)).status)
  return statuses
}

/** How many codes a contact had when the last one was asked for. */
const sent = new Map<string, number>()

async function newestCode(to: string): Promise<string> {
  const count = (sent.get(to) ?? 0) + 1
  const code = await codeFor(node.url, to, count)
  sent.set(to, count)
  return code
}

async function codesTo(to: string): Promise<string[]> {
  return (await messagesTo(node.url, to)).flatMap(({ code }) => (code === null ? [] : [code]))
}

async function untilMessages(to: string, count: number): Promise<void> {
  const end = addSeconds(new Date(), 5)
  while ((await messagesTo(node.url, to)).length < count && new Date() < end) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Nobody is signed in with this browser. */
async function expectNobody(visitor: BalancedVisitor): Promise<void> {
  const page = visitor.at
  const { location } = await visitor.get(createRelyingParty(node.url).authorize({ prompt: 'none' }).url)
  expect(new URL(location ?? '').searchParams.get('error')).toBe('login_required')
  await visitor.get(page.url)
}

async function cannotSignIn(identifier: string): Promise<void> {
  const { visitor } = await start()
  expect((await visitor.submit('sign-in', { identifier, password: GOOD_PASSWORD })).status).toBe(422)
}

/** A page without what is drawn anew each time. */
function plain({ text }: Reply, contact: string): string {
  return text
    .replaceAll(contact, 'CONTACT')
    .replace(/value="[\w-]{43}"/g, 'CSRF')
    .replace(/\b[BCDFGHJKLMNPQRSTVWXZ]{2}\b/g, 'REF')
    .replace(/\d\d:\d\d:\d\d/g, 'TIME')
    .replace(/datetime="[^"]*"/g, 'AT')
}
