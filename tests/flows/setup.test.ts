import { afterEach, describe, expect, it } from '@jest/globals'
import { auditOf } from '../support/audit-records.ts'
import { type BalancedVisitor, createBalancedVisitor } from '../support/balanced-visitor.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, GOOD_PASSWORD, messagesTo, signIn, signUp, tokensOf } from '../support/people.ts'
import { claimsOf } from '../support/relying-party.ts'
import { shiftedClock } from '../support/shifted-clock.ts'
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.ts'

let stop: () => Promise<void> = async () => {}

afterEach(() => stop())

describe('the link for the first owner', () => {
  it('makes one owner, who can sign in; afterwards it is a page that is not there', async () => {
    const node = await start()
    const link = linkOf(node)
    const visitor = createBalancedVisitor(node.url)
    expect((await visitor.open(link)).status).toBe(200)
    await visitor.submit('setup', { email: 'owner@example.org', password: GOOD_PASSWORD })
    const code = await codeFor(node.url, 'owner@example.org')
    expect((await visitor.submit('code', { code })).page.querySelector('#done')).not.toBeNull()

    expect((await createBalancedVisitor(node.url).open(link)).status).toBe(404)
    const tokens = await tokensOf(await signIn(node.url, 'owner@example.org'))
    expect(claimsOf(tokens.access_token)).toMatchObject({ user_type: 'admin', roles: ['admin'] })
    expect(await auditOf(node, 'setup.completed')).toHaveLength(1)
  })

  it('is not used up by looking, by a wrong form, or by a setup that stops half way', async () => {
    const node = await start()
    const link = linkOf(node)
    for (let look = 0; look < 3; look++) {
      const visitor = createBalancedVisitor(node.url)
      expect((await visitor.open(link)).status).toBe(200)
      await fetch(link, { method: 'HEAD' })
      expect((await visitor.submit('setup', { email: 'no address', password: 'short' })).status).toBe(422)
      await visitor.submit('setup', { email: `try${look}@example.org`, password: GOOD_PASSWORD })
      await codeFor(node.url, `try${look}@example.org`)
      expect((await visitor.submit('code', { code: 'wrong' })).status).toBe(422)
    }
    expect((await createBalancedVisitor(node.url).open(link)).status).toBe(200)
  })

  it('is nothing without its secret, whatever stands there instead', async () => {
    const node = await start()
    for (const token of ['', 'x', `${node.serving.setupSecret}x`, 'a'.repeat(2000), '\0', '__proto__']) {
      const visitor = createBalancedVisitor(node.url)
      expect((await visitor.open(`${node.url}/setup?token=${encodeURIComponent(token)}`)).status).toBe(404)
    }
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(linkOf(node))
    const form = visitor.fill('setup', { email: 'owner@example.org', password: GOOD_PASSWORD, token: 'x' })
    expect((await visitor.post(form)).status).toBe(404)
    expect(await messagesTo(node.url, 'owner@example.org')).toHaveLength(0)
  })

  it('works for 24 hours, also for a setup that began before they were over', async () => {
    const clock = shiftedClock()
    const node = await start({ clock })
    const link = linkOf(node)
    await clock.later(86_401, async () => {
      expect((await createBalancedVisitor(node.url).open(link)).status).toBe(404)
    })
    const visitor = createBalancedVisitor(node.url)
    await clock.later(86_390, async () => {
      await visitor.open(link)
      await visitor.submit('setup', { email: 'late@example.org', password: GOOD_PASSWORD })
    })
    const code = await clock.later(86_395, () => codeFor(node.url, 'late@example.org'))
    await clock.later(86_401, () => visitor.submit('code', { code }))
    expect(visitor.at.status).toBe(404)
    expect(await auditOf(node, 'setup.completed')).toHaveLength(0)
  })

  it('asks for the contact that codes of the type go to, where the other one was typed alone', async () => {
    const smsAlone = { contacts: { email: 'optional', phone: 'required' } } as const
    const node = await start({
      change: (settings) => ({
        ...settings,
        userTypes: settings.userTypes.map((type) =>
          type.id === 'admin' ? { ...type, ...smsAlone, otp: { ...type.otp, channels: ['sms'] } } : type,
        ),
      }),
    })
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(linkOf(node))
    const end = await visitor.submit('setup', { email: 'owner@example.org', password: GOOD_PASSWORD })
    expect(end.status).toBe(422)
    expect(end.page.querySelector('#errors a')?.getAttribute('href')).toBe('#phone')
    await visitor.submit('setup', { phone: '+919876543210', password: GOOD_PASSWORD })
    const done = await visitor.submit('code', { code: await codeFor(node.url, '+919876543210') })
    expect(done.page.querySelectorAll('#done')).toHaveLength(1)
  })

  it('leads back to its beginning when the attempts of its code are used up', async () => {
    const node = await start()
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(linkOf(node))
    await visitor.submit('setup', { email: 'owner@example.org', password: GOOD_PASSWORD })
    const code = await codeFor(node.url, 'owner@example.org')
    const form = visitor.fill('code', { code: '0000000' })
    for (let wrong = 0; wrong < 5; wrong++) await visitor.post(form)
    const end = await visitor.submit('code', { code })
    expect(end.status).toBe(429)
    const back = [...end.page.querySelectorAll('a.button')].map((link) => link.getAttribute('href') ?? '')
    await visitor.open(back[0] ?? '')
    expect(visitor.at.page.querySelectorAll('form[id="setup"]')).toHaveLength(1)
    await visitor.submit('setup', { email: 'owner@example.org', password: GOOD_PASSWORD })
    const again = await visitor.submit('code', { code: await codeFor(node.url, 'owner@example.org', 2) })
    expect(again.page.querySelectorAll('#done')).toHaveLength(1)
  })

  it('does not go on in another browser, or without the code', async () => {
    const node = await start()
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(linkOf(node))
    await visitor.submit('setup', { email: 'owner@example.org', password: GOOD_PASSWORD })
    const code = await codeFor(node.url, 'owner@example.org')
    const thief = createBalancedVisitor(node.url)
    await thief.open(linkOf(node))
    const csrf = thief.fill('setup').fields['csrf'] ?? ''
    expect((await thief.post({ action: `${node.url}/setup/code`, fields: { csrf, code } })).status).toBe(404)
    expect((await thief.get(`${node.url}/setup/code`)).status).toBe(404)
    expect(await auditOf(node, 'setup.completed')).toHaveLength(0)
  })

  it('says what is wrong when the contact belongs to somebody already, and still works with another', async () => {
    const node = await start()
    await signUp(node.url, 'taken@example.org')
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(linkOf(node))
    await visitor.submit('setup', { email: 'taken@example.org', password: GOOD_PASSWORD })
    const end = await visitor.submit('code', { code: await codeFor(node.url, 'taken@example.org', 2) })
    expect(end.status).toBe(422)
    expect(end.page.querySelector('#errors')).not.toBeNull()
    await finish(node, visitor, 'free@example.org')
    expect(await auditOf(node, 'setup.completed')).toHaveLength(1)
  })
})

describe('one code of a setup, posted four times at once to two processes', () => {
  it('makes one owner, and every answer leads to the page that says so', async () => {
    const nodes = await startBoth()
    const visitor = nodes.visitor()
    await visitor.open(`${nodes.issuer}/setup?token=${nodes.first.serving.setupSecret}`)
    await visitor.submit('setup', { email: 'owner@example.org', password: GOOD_PASSWORD })
    const form = visitor.fill('code', { code: await nodes.codeFor('owner@example.org') })
    const posts = [...nodes.urls, ...nodes.urls].map((node) => visitor.post(form, node))
    const done = `${nodes.issuer}/setup/done`
    for (const { status, location } of await Promise.all(posts))
      expect([status, location]).toEqual([303, done])
    expect((await visitor.open(done)).page.querySelectorAll('#done')).toHaveLength(1)
    expect(await auditOf(nodes.first, 'setup.completed')).toHaveLength(1)
  })
})

describe('two setups at once, in two processes', () => {
  it('make one owner', async () => {
    const nodes = await startBoth()
    const link = `${nodes.issuer}/setup?token=${nodes.first.serving.setupSecret}`
    const waiting: { visitor: BalancedVisitor; code: string }[] = []
    for (let index = 0; index < 8; index++) {
      const visitor = nodes.visitor()
      await visitor.open(link)
      await visitor.submit('setup', { email: `owner${index}@example.org`, password: GOOD_PASSWORD })
      waiting.push({ visitor, code: await nodes.codeFor(`owner${index}@example.org`) })
    }
    const replies = await Promise.all(
      waiting.map(({ visitor, code }) => visitor.post(visitor.fill('code', { code }))),
    )
    expect(replies.map(({ status }) => status).sort()).toEqual([303, ...Array(7).fill(404)])
    expect(await auditOf(nodes.first, 'setup.completed')).toHaveLength(1)
  })
})

async function start(options: Parameters<typeof startFastNode>[0] = {}): Promise<FastNode> {
  const node = await startFastNode(options)
  stop = () => node.stop()
  return node
}

async function startBoth(): Promise<TwoNodes> {
  const nodes = await startTwoNodes()
  stop = () => nodes.stop()
  return nodes
}

function linkOf(node: FastNode): string {
  return `${node.url}/setup?token=${node.serving.setupSecret}`
}

async function finish(node: FastNode, visitor: BalancedVisitor, email: string): Promise<void> {
  await visitor.open(linkOf(node))
  await visitor.submit('setup', { email, password: GOOD_PASSWORD })
  await visitor.submit('code', { code: await codeFor(node.url, email) })
}
