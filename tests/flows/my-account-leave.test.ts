import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { auditOf } from '../support/audit-records.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { createVisitor } from '../support/form-visitor.ts'
import { addAccount, type Browser, isSignedIn, openBrowser, openPage } from '../support/my-account.ts'
import { GOOD_PASSWORD, messagesTo, signIn } from '../support/people.ts'

let node: FastNode
let count = 0
let email: string
let here: Browser

beforeAll(async () => {
  node = await startFastNode()
})

afterAll(() => node.stop())

beforeEach(async () => {
  count += 1
  email = `ann.${count}@example.org`
  await addAccount(node, { email })
  here = await openBrowser(node.url, email)
})

describe('sign out', () => {
  it('ends this session alone', async () => {
    const elsewhere = await openBrowser(node.url, email)
    await openPage(here.visitor)
    const end = await here.visitor.submit('sign-out', { decision: 'sign-out' })
    expect([end.status, end.page.querySelector('#done') !== null]).toEqual([200, true])
    expect((await here.visitor.get('/account')).status).toBe(303)
    expect(await isSignedIn(node.url, elsewhere.visitor)).toBe(true)
  })

  it('stays for any other word', async () => {
    await openPage(here.visitor)
    expect((await here.visitor.submit('sign-out', { decision: 'stay' })).url).toBe(`${node.url}/account`)
    expect(await isSignedIn(node.url, here.visitor)).toBe(true)
  })
})

describe('sign out everywhere', () => {
  it.each(['/account', '/account/sign-out-everywhere'])('from %s ends every session', async (path) => {
    const elsewhere = await openBrowser(node.url, email)
    await openPage(here.visitor, path)
    const end = await here.visitor.submit('sign-out-everywhere')
    expect([end.status, end.page.querySelector('#done') !== null]).toEqual([200, true])
    for (const { visitor } of [here, elsewhere]) {
      expect((await visitor.get('/account')).status).toBe(303)
      expect(await isSignedIn(node.url, visitor)).toBe(false)
    }
    const records = await auditOf(node, 'account.signed-out-everywhere')
    expect(records.filter(({ subjectId }) => subjectId === here.accountId)).toHaveLength(1)
  })
})

describe('deactivation', () => {
  it('says what follows, ends everything, and then nobody signs in', async () => {
    const page = await openPage(here.visitor, '/account/deactivate')
    expect(page.text).toContain('30 days')
    const end = await here.visitor.submit('deactivate', { currentPassword: GOOD_PASSWORD })
    expect([end.status, end.page.querySelector('#done') !== null]).toEqual([200, true])
    expect(end.text).toContain('30 days')
    const first = await here.visitor.get('/account')
    expect(first.status).toBe(303)
    await here.visitor.follow(first)
    expect(here.visitor.at.page.querySelector('form#sign-in')).not.toBeNull()
    const codes = (await messagesTo(node.url, email)).filter(({ code }) => code !== null).length
    await expect(signIn(node.url, email)).rejects.toThrow('No code reached')
    expect((await messagesTo(node.url, email)).filter(({ code }) => code !== null)).toHaveLength(codes)
    const records = await auditOf(node, 'account.deactivated')
    expect(records.filter(({ subjectId }) => subjectId === here.accountId)).toHaveLength(1)
  })

  it.each([
    ['no password', '', 422],
    ['a wrong password', 'not-the-password-at-all', 422],
  ])('is refused with %s', async (_, currentPassword, status) => {
    await openPage(here.visitor, '/account/deactivate')
    const page = await here.visitor.submit('deactivate', { currentPassword })
    expect([page.status, page.page.querySelector('#errors') !== null]).toEqual([status, true])
    expect((await here.visitor.get('/account')).status).toBe(200)
  })

  it('is refused while the password pauses', async () => {
    for (let n = 0; n < 3; n++) {
      await openPage(here.visitor, '/account/deactivate')
      await here.visitor.submit('deactivate', { currentPassword: `wrong-${n}` })
    }
    await openPage(here.visitor, '/account/deactivate')
    const page = await here.visitor.submit('deactivate', { currentPassword: GOOD_PASSWORD })
    expect(page.status).toBe(429)
    expect(Number(page.headers['retry-after'])).toBeGreaterThan(0)
    expect((await here.visitor.get('/account')).status).toBe(200)
  })
})

describe('what stands at the end', () => {
  it.each(['/account/signed-out-everywhere', '/account/deactivated'])('%s is for anybody', async (path) => {
    const page = await createVisitor(node.url).get(path)
    expect([page.status, page.page.querySelector('#done') !== null]).toEqual([200, true])
  })
})
