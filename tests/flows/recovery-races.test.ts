import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { addAccount } from '../support/add-account.ts'
import { auditOf } from '../support/audit-records.ts'
import type { BalancedVisitor, Reply } from '../support/balanced-visitor.ts'
import { isAt, NEW_PASSWORD, WRONG_RECOVERY_CODE } from '../support/recovery.ts'
import { createRelyingParty } from '../support/relying-party.ts'
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.ts'

let nodes: TwoNodes

beforeAll(async () => {
  nodes = await startTwoNodes()
})

afterAll(() => nodes.stop())

async function forget(email: string): Promise<BalancedVisitor> {
  const visitor = nodes.visitor()
  await visitor.open(`${nodes.issuer}/forgot-password`)
  await visitor.submit('forgot-password', { identifier: email })
  return visitor
}

/** At the page for a new password. */
async function prove(email: string, count = 1): Promise<BalancedVisitor> {
  const visitor = await forget(email)
  await visitor.submit('code', { code: await nodes.codeFor(email, count) })
  expect(isAt(visitor.at, 'new-password')).toBe(true)
  return visitor
}

async function isRight(identifier: string, password: string): Promise<boolean> {
  const visitor = nodes.visitor()
  await visitor.open(createRelyingParty(nodes.issuer).authorize().url)
  await visitor.submit('sign-in', { identifier, password })
  return isAt(visitor.at, 'code')
}

const resetsOf = async (id: string) =>
  (await auditOf(nodes.first, 'password.reset')).filter(({ subjectId }) => subjectId === id)

/** What was sent of a changed password, once something was. */
async function noticesTo(email: string) {
  for (let look = 0; look < 100; look++) {
    const notices = (await nodes.messagesTo(email)).filter(({ template }) => template === 'password-changed')
    if (notices.length > 0) return notices
    await wait(20)
  }
  return []
}

const isClearPage = ({ status, page }: Reply) =>
  status === 422 && page.querySelector('#errors[role="alert"]') !== null

describe('in two processes, at once', () => {
  it('20 posts of one new-password form set one password; the others get a page that says so', async () => {
    const email = 'twenty@example.org'
    const id = await addAccount(nodes.first, { email })
    const visitor = await prove(email)
    const passwords = Array.from({ length: 20 }, (_, index) => `${NEW_PASSWORD} ${index}`)
    const replies = await Promise.all(
      passwords.map((newPassword) => visitor.post(visitor.fill('new-password', { newPassword }))),
    )
    const winners = replies.flatMap(({ status }, index) => (status === 303 ? [passwords[index] ?? ''] : []))
    expect(winners).toHaveLength(1)
    expect(replies.filter(isClearPage)).toHaveLength(19)
    expect(await resetsOf(id)).toHaveLength(1)
    expect(await isRight(email, winners[0] ?? '')).toBe(true)
    expect(await noticesTo(email)).toHaveLength(1)
  })

  it('8 recoveries of one account set one password', async () => {
    const email = 'eight@example.org'
    const id = await addAccount(nodes.first, { email })
    const visitors: BalancedVisitor[] = []
    for (let count = 1; count <= 8; count++) visitors.push(await prove(email, count))
    const replies = await Promise.all(
      visitors.map((visitor, index) =>
        visitor.post(visitor.fill('new-password', { newPassword: `${NEW_PASSWORD} ${index}` })),
      ),
    )
    expect(replies.filter(({ status }) => status === 303)).toHaveLength(1)
    expect(replies.filter(isClearPage)).toHaveLength(7)
    expect(await resetsOf(id)).toHaveLength(1)
  })

  it('100 guesses of one code are looked at five times', async () => {
    const email = 'guess@example.org'
    await addAccount(nodes.first, { email })
    const visitor = await forget(email)
    const form = visitor.fill('code', { code: WRONG_RECOVERY_CODE })
    const replies = await Promise.all(Array.from({ length: 100 }, () => visitor.post(form)))
    expect(replies.filter(({ status }) => status !== 422 && status !== 429)).toEqual([])
    const wrong = await auditOf(nodes.first, 'code.wrong')
    const looks = wrong.filter(({ details }) => details['purpose'] === 'recovery')
    expect(looks.length).toBeLessThanOrEqual(5)
    // Afterwards not even the right one.
    const right = visitor.fill('code', { code: await nodes.codeFor(email) })
    expect((await visitor.post(right)).status).toBe(429)
  })

  it('the same identifier posted twice at once sends one code, and both posts lead to its page', async () => {
    const email = 'twice@example.org'
    await addAccount(nodes.first, { email })
    const visitor = nodes.visitor()
    await visitor.open(createRelyingParty(nodes.issuer).authorize().url)
    await visitor.open(`${visitor.at.url}/forgot-password`)
    const form = visitor.fill('forgot-password', { identifier: email })
    const replies = await Promise.all(nodes.urls.map((node) => visitor.post(form, node)))
    const pages = await Promise.all(replies.map(({ location }) => visitor.get(location ?? '')))
    expect(pages.map((page) => isAt(page, 'code'))).toEqual([true, true])
    await wait(1200)
    expect(await nodes.messagesTo(email)).toHaveLength(1)
  })

  it('a sign-in with the old password is over when the reset is, whoever is faster', async () => {
    for (let round = 0; round < 4; round++) {
      const email = `old${round}@example.org`
      await addAccount(nodes.first, { email })
      const signingIn = nodes.visitor()
      await signingIn.open(createRelyingParty(nodes.issuer).authorize().url)
      await signingIn.submit('sign-in', { identifier: email, password: 'quiet-harbour-eleven-lamps' })
      const code = await nodes.codeFor(email)
      const resetting = await prove(email, 2)
      const [, accepted] = await Promise.all([
        resetting.post(resetting.fill('new-password', { newPassword: NEW_PASSWORD })),
        signingIn.post(signingIn.fill('code', { code })),
      ])
      await signingIn.follow(accepted)
      const silent = await signingIn.get(createRelyingParty(nodes.issuer).authorize({ prompt: 'none' }).url)
      expect(new URL(silent.location ?? '').searchParams.get('error')).toBe('login_required')
    }
  })
})
