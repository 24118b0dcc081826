import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import {
  APPLICATIONS,
  answerAt,
  CASE_NOTES,
  callTokenEndpoint,
  open,
  redeem,
} from '../support/applications.ts'
import { auditOf } from '../support/audit-records.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import type { Visitor } from '../support/form-visitor.ts'
import {
  addAccount,
  type Browser,
  isRefreshed,
  isSignedIn,
  isTokenAlive,
  openBrowser,
  openPage,
} from '../support/my-account.ts'
import { createRelyingParty } from '../support/relying-party.ts'

let node: FastNode
let count = 0
let email: string
let here: Browser

beforeAll(async () => {
  node = await startFastNode({}, APPLICATIONS)
})

afterAll(() => node.stop())

beforeEach(async () => {
  count += 1
  email = `ann.${count}@example.org`
  await addAccount(node, { email })
  here = await openBrowser(node.url, email)
})

/** The values of the buttons of a list. */
async function idsIn(visitor: Visitor, form: string): Promise<string[]> {
  const page = await openPage(visitor)
  return page.page
    .querySelectorAll(`form#${form} button[name=id]`)
    .map((one) => one.getAttribute('value') ?? '')
}

describe('sessions', () => {
  it('are listed with this one first told apart; ending one puts it out at its next request', async () => {
    const elsewhere = await openBrowser(node.url, email)
    const ids = await idsIn(here.visitor, 'end-session')
    expect(ids).toHaveLength(2)
    expect(ids.every((id) => /^ses_[\w-]{43}$/.test(id))).toBe(true)
    const rows = here.visitor.at.page.querySelectorAll('form#end-session li')
    const others = rows.filter((row) => !row.text.includes('This device'))
    expect(others).toHaveLength(1)
    const id = others[0]?.querySelector('button')?.getAttribute('value') ?? ''
    expect((await here.visitor.submit('end-session', { id })).url).toContain('done=session')
    expect((await elsewhere.visitor.get('/account')).status).toBe(303)
    expect(await isTokenAlive(node.url, elsewhere.accessToken)).toBe(false)
    expect(await isRefreshed(node.url, elsewhere.refreshToken)).toBe(false)
    expect(await isSignedIn(node.url, here.visitor)).toBe(true)
    expect(await isTokenAlive(node.url, here.accessToken)).toBe(true)
    expect(await idsIn(here.visitor, 'end-session')).toHaveLength(1)
  })

  it('this one ends like a sign-out', async () => {
    const [id = ''] = await idsIn(here.visitor, 'end-session')
    const end = await here.visitor.submit('end-session', { id })
    expect(end.page.querySelector('#done')).not.toBeNull()
    expect((await here.visitor.get('/account')).status).toBe(303)
  })

  it('of somebody else are not ended', async () => {
    await addAccount(node, { email: `ben.${count}@example.org` })
    const ben = await openBrowser(node.url, `ben.${count}@example.org`)
    const [id = ''] = await idsIn(ben.visitor, 'end-session')
    await openPage(here.visitor)
    for (const tried of [id, '', 'ses_nothing', here.accountId]) {
      expect((await here.visitor.submit('end-session', { id: tried })).status).toBe(200)
    }
    expect(await isSignedIn(node.url, ben.visitor)).toBe(true)
    expect(await isSignedIn(node.url, here.visitor)).toBe(true)
  })
})

describe('connected applications', () => {
  it('are disconnected in every session, and nothing else is', async () => {
    const request = createRelyingParty(node.url, CASE_NOTES).authorize({ scope: 'openid email roles' })
    await open(node.url, request.url, here.visitor)
    await here.visitor.submit('consent', { decision: 'allow' })
    expect(answerAt(here.visitor).has('code')).toBe(true)
    const tokens = await redeem(node.url, CASE_NOTES, here.visitor, request.verifier)
    const page = await openPage(here.visitor)
    const rows = page.page.querySelectorAll('form#disconnect li')
    expect(rows.map((row) => row.querySelector('strong')?.text.trim())).toEqual([
      'Case Notes',
      'Court Filing',
    ])
    const id = rows[0]?.querySelector('button')?.getAttribute('value') ?? ''
    expect(id).toMatch(/^gra_/)
    expect((await here.visitor.submit('disconnect', { id })).url).toContain('done=application')
    expect(await isTokenAlive(node.url, tokens.access_token)).toBe(false)
    const refreshed = await callTokenEndpoint(node.url, CASE_NOTES, {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token ?? '',
    })
    expect(refreshed.body.error).toBe('invalid_grant')
    expect(await isTokenAlive(node.url, here.accessToken)).toBe(true)
    expect(await isSignedIn(node.url, here.visitor)).toBe(true)
  })

  it('of somebody else stay', async () => {
    await addAccount(node, { email: `cay.${count}@example.org` })
    const cay = await openBrowser(node.url, `cay.${count}@example.org`)
    const [id = ''] = await idsIn(cay.visitor, 'disconnect')
    await openPage(here.visitor)
    await here.visitor.submit('disconnect', { id })
    expect(await isTokenAlive(node.url, cay.accessToken)).toBe(true)
  })
})

describe('trusted devices', () => {
  it('are listed, and one that is forgotten is gone', async () => {
    await openBrowser(node.url, email)
    const ids = await idsIn(here.visitor, 'forget-device')
    expect(ids).toHaveLength(2)
    const [id = ''] = ids
    expect((await here.visitor.submit('forget-device', { id })).url).toContain('done=device')
    expect(await idsIn(here.visitor, 'forget-device')).toEqual(ids.slice(1))
    const records = await auditOf(node, 'device.forgotten')
    expect(records.filter(({ subjectId }) => subjectId === here.accountId)).toHaveLength(1)
  })

  it('of somebody else stay', async () => {
    await addAccount(node, { email: `dan.${count}@example.org` })
    const dan = await openBrowser(node.url, `dan.${count}@example.org`)
    const [id = ''] = await idsIn(dan.visitor, 'forget-device')
    await openPage(here.visitor)
    for (const tried of [id, 'dev_', '']) await here.visitor.submit('forget-device', { id: tried })
    expect(await idsIn(dan.visitor, 'forget-device')).toHaveLength(1)
    const records = await auditOf(node, 'device.forgotten')
    expect(records.filter(({ subjectId }) => subjectId === here.accountId)).toEqual([])
  })
})
