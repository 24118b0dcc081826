import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { auditOf } from '../support/audit-records.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import type { Answer } from '../support/form-visitor.ts'
import {
  addAccount,
  type Browser,
  isSignedIn,
  noticesTo,
  openBrowser,
  openPage,
} from '../support/my-account.ts'
import { codeFor, GOOD_PASSWORD, messagesTo, signIn, signUp } from '../support/people.ts'
import { shiftedClock } from '../support/shifted-clock.ts'

const PAGE = '/account/contact?channel=email'

const clock = shiftedClock()
let node: FastNode
let count = 0
let old: string
let phone: string
let next: string
let here: Browser

beforeAll(async () => {
  node = await startFastNode({ clock })
})

afterAll(() => node.stop())

beforeEach(async () => {
  count += 1
  old = `old.${count}@example.org`
  next = `new.${count}@example.org`
  phone = `+1415555${3000 + count}`
  await addAccount(node, { email: old, phone })
  here = await openBrowser(node.url, old)
})

async function typeContact(contact: string, browser = here): Promise<Answer> {
  await openPage(browser.visitor, PAGE)
  return browser.visitor.submit('change-contact', { contact })
}

describe('a change of contact', () => {
  it('asks the new one for its code; then it signs in, and the old one no longer', async () => {
    const page = await typeContact(`  ${next.toUpperCase()} `)
    expect([page.status, page.page.querySelector('form#code') !== null]).toEqual([200, true])
    expect(page.text).toContain(next)
    const end = await here.visitor.submit('code', { code: await codeFor(node.url, next) })
    expect([end.status, end.url]).toEqual([200, `${node.url}/account?done=contact`])
    expect(end.text).toContain(next)
    expect((await signIn(node.url, next)).end.url).toContain('code=')
    // It identifies nobody any more: it is free, and gets no code.
    await expect(signIn(node.url, old)).rejects.toThrow()
    await addAccount(node, { email: old })
  })

  it('tells the old one and the other one in its write, never what the new one is', async () => {
    await typeContact(next)
    await here.visitor.submit('code', { code: await codeFor(node.url, next) })
    expect(await noticesTo(node.url, phone)).toEqual(['contact-changed'])
    expect((await noticesTo(node.url, old))[0]).toBe('contact-changed')
    const told = (await messagesTo(node.url, old)).filter(({ template }) => template === 'contact-changed')
    expect(JSON.stringify(told)).not.toContain(next)
    const records = await auditOf(node, 'account.contact-changed')
    expect(records.filter(({ subjectId }) => subjectId === here.accountId)).toHaveLength(1)
  })

  it('changes nothing before its code, nor with a wrong one', async () => {
    await typeContact(next)
    const right = await codeFor(node.url, next)
    const wrong = right === '000000' ? '000001' : '000000'
    expect((await here.visitor.submit('code', { code: wrong })).status).toBe(422)
    expect((await here.visitor.submit('code', { code: '' })).status).toBe(422)
    expect((await openPage(here.visitor)).text).toContain(old)
    expect((await signIn(node.url, old)).end.url).toContain('code=')
  })

  it('uses its code up, after five tries and after its time', async () => {
    await typeContact(next)
    const right = await codeFor(node.url, next)
    await clock.later(301, async () => {
      await openPage(here.visitor, '/account/contact/code?channel=email')
    })
    for (let n = 0; n < 4; n++) {
      await openPage(here.visitor, '/account/contact/code?channel=email')
      const wrong = right === '000000' ? '000001' : '000000'
      expect((await here.visitor.submit('code', { code: wrong })).status).toBe(422)
    }
    await openPage(here.visitor, '/account/contact/code?channel=email')
    const last = await here.visitor.submit('code', { code: right === '111111' ? '111112' : '111111' })
    expect(last.status).toBe(429)
    await openPage(here.visitor, '/account/contact/code?channel=email')
    expect((await here.visitor.submit('code', { code: right })).status).toBe(429)
    expect((await openPage(here.visitor)).text).toContain(old)
  })

  it('takes a new code in the place of the first', async () => {
    await typeContact(next)
    const first = await codeFor(node.url, next)
    expect((await here.visitor.submit('resend')).status).toBe(429)
    await clock.later(31, async () => {
      await openPage(here.visitor, '/account/contact/code?channel=email')
      const again = await here.visitor.submit('resend')
      expect([again.status, again.url]).toEqual([200, expect.stringContaining('sent=again')])
      const second = await codeFor(node.url, next, 2)
      if (first !== second) expect((await here.visitor.submit('code', { code: first })).status).toBe(422)
      expect((await here.visitor.submit('code', { code: second })).url).toContain('done=contact')
    })
  })

  it('adds a contact of the other kind, by which the account can then do', async () => {
    const email = `only.${count}@example.org`
    const number = `+1415555${6000 + count}`
    await addAccount(node, { email })
    const browser = await openBrowser(node.url, email)
    await openPage(browser.visitor, '/account/contact?channel=sms')
    await browser.visitor.submit('change-contact', { contact: number })
    const end = await browser.visitor.submit('code', { code: await codeFor(node.url, number) })
    expect(end.url).toContain('done=contact')
    expect((await noticesTo(node.url, email))[0]).toBe('contact-changed')
    expect(end.text).toContain(number)
    await openPage(browser.visitor, '/account/contact/remove?channel=email')
    expect((await browser.visitor.submit('remove-contact')).url).toContain('done=contact')
    expect((await signIn(node.url, number)).end.url).toContain('code=')
  })

  it('verifies one that was typed at sign-up', async () => {
    const email = `both.${count}@example.org`
    const number = `+1415555${7000 + count}`
    const { visitor } = await signUp(node.url, email, GOOD_PASSWORD, number)
    const overview = await openPage(visitor)
    expect(overview.text).toContain('Not verified')
    await openPage(visitor, '/account/contact?channel=sms')
    expect(visitor.at.page.querySelector('#contact')?.getAttribute('value')).toBe(number)
    await visitor.submit('change-contact')
    const end = await visitor.submit('code', { code: await codeFor(node.url, number) })
    expect(end.url).toContain('done=contact')
    expect(end.text).not.toContain('Not verified')
  })

  it('sends one code for the same form posted twice at once', async () => {
    await openPage(here.visitor, PAGE)
    const csrf = here.visitor.at.page.querySelector('input[name=csrf]')?.getAttribute('value') ?? ''
    await Promise.all([1, 2, 3].map(() => here.visitor.post(PAGE, { csrf, contact: next })))
    await openPage(here.visitor, '/account/contact/code?channel=email')
    const end = await here.visitor.submit('code', { code: await codeFor(node.url, next) })
    expect(end.url).toContain('done=contact')
    expect((await messagesTo(node.url, next)).filter(({ code }) => code !== null)).toHaveLength(1)
  })
})

describe('a contact is refused', () => {
  it.each([
    ['empty', ''],
    ['no address', 'ann at example'],
  ])('when it is %s', async (_, typed) => {
    const page = await typeContact(typed)
    expect(page.status).toBe(422)
    expect(page.page.querySelector('#contact')?.getAttribute('value')).toBe(typed)
    expect(page.page.querySelector('#errors a[href="#contact"]')).not.toBeNull()
  })

  it('when it is the one that the account has', async () => {
    expect((await typeContact(old.toUpperCase())).status).toBe(422)
  })

  it('when the type has no such contact, there is no page', async () => {
    for (const path of ['/account/contact', '/account/contact?channel=pigeon']) {
      expect((await here.visitor.get(path)).status).toBe(404)
    }
  })
})

describe('a contact that is somebody’s', () => {
  it('looks the same as one that is free: status, headers, page', async () => {
    const taken = `taken.${count}@example.org`
    const free = `freee.${count}@example.org`
    await addAccount(node, { email: taken })
    const shapes: unknown[] = []
    for (const contact of [taken, free]) {
      const browser = await openBrowser(node.url, old)
      await openPage(browser.visitor, PAGE)
      const csrf = browser.visitor.at.page.querySelector('input[name=csrf]')?.getAttribute('value') ?? ''
      const posted = await browser.visitor.post(PAGE, { csrf, contact })
      const page = await browser.visitor.follow(posted)
      const wrong = await browser.visitor.submit('code', { code: '12345' })
      shapes.push([posted, page, wrong].map((answer) => shapeOf(answer, contact)))
    }
    expect(shapes[0]).toEqual(shapes[1])
  })

  it('is told to its owner once a day, without a code and without what was typed', async () => {
    const taken = `owned.${count}@example.org`
    await addAccount(node, { email: taken })
    await typeContact(taken)
    await typeContact(taken)
    const other = await openBrowser(node.url, old)
    await typeContact(taken, other)
    expect(await noticesTo(node.url, taken)).toEqual(['known-contact'])
    expect((await messagesTo(node.url, taken)).every(({ code }) => code === null)).toBe(true)
  })

  it('stays with its owner', async () => {
    const taken = `kept.${count}@example.org`
    await addAccount(node, { email: taken })
    await typeContact(taken)
    for (let code = 0; code < 5; code++) {
      await openPage(here.visitor, '/account/contact/code?channel=email')
      await here.visitor.submit('code', { code: String(code).padStart(6, '0') })
    }
    expect((await openPage(here.visitor)).text).toContain(old)
    expect((await signIn(node.url, taken)).end.url).toContain('code=')
  })
})

describe('a code for a new contact', () => {
  it('opens nothing of another account, whose browser types it', async () => {
    await addAccount(node, { email: `other.${count}@example.org` })
    const other = await openBrowser(node.url, `other.${count}@example.org`)
    await typeContact(next)
    const code = await codeFor(node.url, next)
    await typeContact(next, other)
    const [others] = (await messagesTo(node.url, next)).map((message) => message.code)
    const answer = await other.visitor.submit('code', { code: code === others ? '000000' : code })
    expect(answer.status).toBe(422)
    expect((await here.visitor.submit('code', { code })).url).toContain('done=contact')
  })

  it('dies when the account signs out everywhere in between', async () => {
    await typeContact(next)
    const code = await codeFor(node.url, next)
    const elsewhere = await openBrowser(node.url, old)
    await openPage(elsewhere.visitor, '/account/sign-out-everywhere')
    await elsewhere.visitor.submit('sign-out-everywhere')
    const answer = await here.visitor.submit('code', { code })
    expect(answer.url).not.toContain('done=contact')
    expect(await isSignedIn(node.url, here.visitor)).toBe(false)
    expect((await signIn(node.url, old)).end.url).toContain('code=')
  })

  it('dies when the password is changed in between, also in the same browser', async () => {
    await typeContact(next)
    const code = await codeFor(node.url, next)
    await openPage(here.visitor, '/account/password')
    const newPassword = 'seven-grey-herons-at-noon'
    await here.visitor.submit('change-password', { currentPassword: GOOD_PASSWORD, newPassword })
    await openPage(here.visitor, '/account/contact/code?channel=email')
    const answer = await here.visitor.submit('code', { code })
    expect([answer.status, answer.page.querySelector('#errors') !== null]).toEqual([409, true])
    expect((await openPage(here.visitor)).text).toContain(old)
  })
})

describe('the removal of a contact', () => {
  it('leaves the other one, tells both, and ends other sign-ins', async () => {
    const elsewhere = await openBrowser(node.url, old)
    await openPage(here.visitor, '/account/contact/remove?channel=email')
    const end = await here.visitor.submit('remove-contact')
    expect(end.url).toContain('done=contact')
    expect(await isSignedIn(node.url, here.visitor)).toBe(true)
    expect(await isSignedIn(node.url, elsewhere.visitor)).toBe(false)
    expect(await noticesTo(node.url, phone)).toEqual(['contact-changed'])
    expect((await signIn(node.url, phone)).end.url).toContain('code=')
    await expect(signIn(node.url, old)).rejects.toThrow()
  })

  it('is not offered for the last one', async () => {
    const email = `last.${count}@example.org`
    await addAccount(node, { email })
    const { visitor } = await openBrowser(node.url, email)
    expect((await visitor.get('/account/contact/remove?channel=email')).status).toBe(404)
    await openPage(visitor, PAGE)
    expect(visitor.at.text).not.toContain('/account/contact/remove')
    const csrf = visitor.at.page.querySelector('input[name=csrf]')?.getAttribute('value') ?? ''
    expect((await visitor.post('/account/contact/remove?channel=email', { csrf })).status).toBe(404)
  })
})

/** Everything that a stranger could tell two answers apart by, without what is random in both. */
function shapeOf({ status, headers, text }: Answer, contact: string) {
  const names = Object.keys(headers).sort()
  const page = text
    .replaceAll(contact, 'CONTACT')
    .replace(/name="(csrf|account)" value="[^"]*"/g, '')
    .replace(/\b[BCDFGHJKLMNPQRSTVWXZ]{2}\b/g, 'KQ')
    .replace(/\d{2}:\d{2}(:\d{2})?/g, 'TIME')
    .replace(/datetime="[^"]*"/g, '')
    .replace(/dur="\d+s"/g, '')
  return { status, names, page }
}
