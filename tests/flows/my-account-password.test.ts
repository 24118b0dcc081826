import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { auditOf } from '../support/audit-records.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import {
  addAccount,
  type Browser,
  isTokenAlive,
  noticesTo,
  openBrowser,
  openPage,
} from '../support/my-account.ts'
import { GOOD_PASSWORD, messagesTo, signIn } from '../support/people.ts'
import { shiftedClock } from '../support/shifted-clock.ts'

const NEW_PASSWORD = 'seven-grey-herons-at-noon'
const WRONG = 'not-the-password-at-all'

const clock = shiftedClock()
let node: FastNode
let email: string
let phone: string
let here: Browser
let count = 0

beforeAll(async () => {
  node = await startFastNode({ clock })
})

afterAll(() => node.stop())

beforeEach(async () => {
  count += 1
  email = `ann.${count}@example.org`
  phone = `+1415555${2000 + count}`
  await addAccount(node, { email, phone })
  here = await openBrowser(node.url, email)
})

async function change(currentPassword: string, newPassword: string) {
  await openPage(here.visitor, '/account/password')
  return here.visitor.submit('change-password', { currentPassword, newPassword })
}

describe('a change of password', () => {
  it('lets the new one in and the old one no longer', async () => {
    const end = await change(GOOD_PASSWORD, NEW_PASSWORD)
    expect([end.status, end.url]).toEqual([200, `${node.url}/account?done=password`])
    expect(end.page.querySelector('#done')).not.toBeNull()
    await expect(signIn(node.url, email)).rejects.toThrow('No code reached')
    expect((await signIn(node.url, email, { password: NEW_PASSWORD })).end.url).toContain('code=')
  })

  it('tells every verified contact, once each', async () => {
    await change(GOOD_PASSWORD, NEW_PASSWORD)
    expect(await noticesTo(node.url, phone)).toEqual(['password-changed'])
    expect(await noticesTo(node.url, email, 2)).toContain('password-changed')
    const [message] = await messagesTo(node.url, phone)
    expect(message?.text).not.toContain(NEW_PASSWORD)
  })

  it('makes one record', async () => {
    await change(GOOD_PASSWORD, NEW_PASSWORD)
    const records = await auditOf(node, 'account.password-changed')
    expect(records.filter(({ subjectId }) => subjectId === here.accountId)).toHaveLength(1)
  })
})

describe('a change of password is refused', () => {
  it.each([
    ['without the current one', '', NEW_PASSWORD, '#currentPassword'],
    ['with a wrong current one', WRONG, NEW_PASSWORD, '#currentPassword'],
    ['without a new one', GOOD_PASSWORD, '', '#newPassword'],
    ['with one that is too short', GOOD_PASSWORD, 'short', '#newPassword'],
    ['with one that everybody tries', GOOD_PASSWORD, 'passwordpassword', '#newPassword'],
    ['with one that is too long', GOOD_PASSWORD, 'x7-'.repeat(50), '#newPassword'],
  ])('%s, and everything stays as it was', async (_, current, next, field) => {
    const page = await change(current, next)
    expect(page.status).toBe(422)
    expect(page.page.querySelector(`#errors a[href="${field}"]`)).not.toBeNull()
    expect(page.page.querySelector(field)?.getAttribute('aria-invalid')).toBe('true')
    for (const input of page.page.querySelectorAll('input[type=password]')) {
      expect(input.getAttribute('value') ?? '').toBe('')
    }
    expect(await isTokenAlive(node.url, here.accessToken)).toBe(true)
    expect((await signIn(node.url, email)).end.url).toContain('code=')
  })

  it('for words that stand beside it', async () => {
    for (const word of [`${email}${email}`, phone.repeat(3)]) {
      expect((await change(GOOD_PASSWORD, word)).status).toBe(422)
    }
  })

  it('after three wrong ones for a while, also with the right one, and the owner is told', async () => {
    for (let n = 0; n < 3; n++) expect((await change(WRONG, NEW_PASSWORD)).status).toBe(422)
    const paused = await change(GOOD_PASSWORD, NEW_PASSWORD)
    expect(paused.status).toBe(429)
    expect(Number(paused.headers['retry-after'])).toBeGreaterThan(0)
    expect(paused.page.querySelector('#errors')).not.toBeNull()
    // A counter of its own: whoever found an open browser cannot keep the owner from signing in.
    expect((await signIn(node.url, email)).end.url).toContain('code=')
    const reasons = (await auditOf(node, 'step-up.refused')).filter(
      ({ subjectId }) => subjectId === here.accountId,
    )
    expect(reasons.length).toBeGreaterThan(0)
    await clock.later(20, async () => {
      expect((await change(GOOD_PASSWORD, NEW_PASSWORD)).url).toContain('done=password')
    })
  })
})

describe('of two changes of password at once', () => {
  it('one counts', async () => {
    await openPage(here.visitor, '/account/password')
    const form = here.visitor.at
    const csrf = form.page.querySelector('input[name=csrf]')?.getAttribute('value') ?? ''
    const answers = await Promise.all(
      ['one', 'two'].map((which) => {
        const fields = { csrf, currentPassword: GOOD_PASSWORD, newPassword: `${NEW_PASSWORD}-${which}` }
        return here.visitor.post('/account/password', fields)
      }),
    )
    // The other one meets a password that is not the current one any more, before its hash or after it.
    const statuses = answers.map(({ status }) => status).sort()
    expect(statuses[0]).toBe(303)
    expect([409, 422]).toContain(statuses[1])
    const works = await Promise.all(
      ['one', 'two'].map((which) =>
        signIn(node.url, email, { password: `${NEW_PASSWORD}-${which}` }).then(
          () => true,
          () => false,
        ),
      ),
    )
    expect(works.filter(Boolean)).toHaveLength(1)
  })
})
