import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage } from '../../src/storage/index.ts'
import { addAccount } from '../support/add-account.ts'
import { addEmployee } from '../support/add-employee.ts'
import { auditOf } from '../support/audit-records.ts'
import type { BalancedVisitor } from '../support/balanced-visitor.ts'
import { createBalancedVisitor } from '../support/balanced-visitor.ts'
import { latchkey, latchkeyJson } from '../support/command.ts'
import { startFastNode } from '../support/fast-node.ts'
import { codeOf, GOOD_PASSWORD, messagesTo } from '../support/people.ts'
import { createRelyingParty } from '../support/relying-party.ts'
import { type ShiftedClock, shiftedClock } from '../support/shifted-clock.ts'
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.ts'

let nodes: TwoNodes
let clock: ShiftedClock

beforeAll(async () => {
  clock = shiftedClock()
  nodes = await startTwoNodes()
})

afterAll(() => nodes.stop())

/** Queued by the command, sent by whichever node finds it. */
async function linkTo(contact: string): Promise<string> {
  for (let look = 0; look < 300; look++) {
    const [message] = await nodes.messagesTo(contact)
    const link = /https?:\/\/\S+\/invitation\?token=[\w-]+/.exec(message?.text ?? '')?.[0]
    if (link !== undefined) return link
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`No invitation reached ${contact}.`)
}

async function invite(email: string, ...more: readonly string[]): Promise<{ id: string; link: string }> {
  const type = more.includes('--type') ? [] : ['--type', 'moderator']
  const { id } = await latchkeyJson<{ id: string }>(nodes.first, 'invite', ...type, '--email', email, ...more)
  return { id, link: await linkTo(email) }
}

async function follow(link: string): Promise<BalancedVisitor> {
  const visitor = nodes.visitor()
  await visitor.open(link)
  await visitor.submit('invitation')
  return visitor
}

async function accountOf(id: string) {
  const storage = await openStorage(nodes.first.settings.storage, { clock: systemClock })
  try {
    return await storage.accounts.find(id)
  } finally {
    await storage.close()
  }
}

async function signIn(identifier: string, contact = identifier): Promise<BalancedVisitor> {
  const visitor = nodes.visitor()
  await visitor.open(createRelyingParty(nodes.issuer).authorize().url)
  await visitor.submit('sign-in', { identifier, password: GOOD_PASSWORD })
  if (visitor.at.status === 200) await visitor.submit('code', { code: await nodes.codeFor(contact) })
  return visitor
}

const isSignedIn = ({ at }: BalancedVisitor) =>
  codeOf({ url: at.location ?? at.url, status: at.status, text: at.text }).length > 0

describe('an invitation', () => {
  it('makes an account that nobody can sign in to before it was accepted, and its owner afterwards', async () => {
    const { id, link } = await invite('ann@example.org', '--role', 'archive')
    expect(await accountOf(id)).toMatchObject({
      status: 'invited',
      email: { value: 'ann@example.org', verifiedAt: null },
      roles: ['archive'],
    })
    expect((await signIn('ann@example.org')).at.status).toBe(422)

    const visitor = await follow(link)
    expect(visitor.at.url).toBe(`${nodes.issuer}/invitation/details`)
    expect(visitor.at.text).toContain('ann@example.org')
    await visitor.submit('sign-up', { password: GOOD_PASSWORD })
    expect(visitor.at.page.querySelector('#done')).not.toBeNull()
    expect(await accountOf(id)).toMatchObject({ status: 'active', roles: ['archive'] })
    expect((await accountOf(id))?.email?.verifiedAt).toBeInstanceOf(Date)
    expect(isSignedIn(await signIn('ann@example.org'))).toBe(true)
    const accepted = await auditOf(nodes.first, 'invitation.accepted')
    expect(accepted.map(({ subjectId }) => subjectId)).toContain(id)
  })

  it('is not used up by looking at it, nor shown by the command that sends it', async () => {
    const printed = await latchkey(nodes.first, 'invite', '--type', 'moderator', '--email', 'bea@example.org')
    expect(printed).toMatchObject({ code: 0, stdout: expect.stringContaining('bea@example.org') })
    expect(printed.stdout).not.toContain('token=')
    const link = await linkTo('bea@example.org')
    for (let look = 0; look < 3; look++) expect((await nodes.visitor().open(link)).status).toBe(200)
    const visitor = await follow(link)
    await visitor.submit('sign-up', { password: GOOD_PASSWORD })
    expect(visitor.at.page.querySelector('#done')).not.toBeNull()
  })

  it('works once', async () => {
    const { link } = await invite('cay@example.org')
    const [first, second] = [await follow(link), await follow(link)]
    await first.submit('sign-up', { password: GOOD_PASSWORD })
    await second.submit('sign-up', { password: 'another-long-password-of-it' })
    expect(second.at.status).toBe(404)
    expect((await nodes.visitor().open(link)).status).toBe(404)
    expect(isSignedIn(await signIn('cay@example.org'))).toBe(true)
  })

  it('is dead where it was never sent, and for a form from elsewhere', async () => {
    expect((await nodes.visitor().open(`${nodes.issuer}/invitation?token=${'x'.repeat(43)}`)).status).toBe(
      404,
    )
    expect((await nodes.visitor().open(`${nodes.issuer}/invitation/details`)).status).toBe(404)
    const { link } = await invite('dan@example.org')
    const visitor = nodes.visitor()
    await visitor.open(link)
    const form = visitor.fill('invitation', { csrf: 'x'.repeat(43) })
    expect((await visitor.post(form)).status).toBe(403)
  })

  it('refuses a weak password, and what is not asked for, and goes on afterwards', async () => {
    const { link } = await invite('eve@example.org')
    const visitor = await follow(link)
    await visitor.submit('sign-up', { password: 'short' })
    expect(visitor.at.status).toBe(422)
    const form = visitor.fill('sign-up', { password: GOOD_PASSWORD, email: 'mallory@example.org' })
    expect((await visitor.post(form)).status).toBe(400)
    await visitor.submit('sign-up', { password: GOOD_PASSWORD })
    expect(visitor.at.page.querySelector('#done')).not.toBeNull()
  })

  it('asks the register for a type that is checked against it, with the contact that it went to', async () => {
    const meera = { email: 'meera.7001@courts.example', fullName: 'Meera Krishnan' }
    await addEmployee(nodes.first, meera)
    const asJudge = ['--type', 'judge', '--employee-id', 'JDG-7001']
    const stranger = await invite('stranger@example.org', ...asJudge)
    const wrong = await follow(stranger.link)
    await wrong.submit('sign-up', {
      'field.fullName': 'Meera Krishnan',
      phone: '+919876507101',
      password: GOOD_PASSWORD,
    })
    expect(wrong.at.status).toBe(422)
    expect((await accountOf(stranger.id))?.status).toBe('invited')

    const own = await invite(meera.email, ...asJudge)
    const right = await follow(own.link)
    await right.submit('sign-up', {
      'field.fullName': 'Meera Krishnan',
      phone: '+919876507101',
      password: GOOD_PASSWORD,
    })
    expect(right.at.page.querySelector('#done')).not.toBeNull()
    expect(isSignedIn(await signIn('JDG-7001', meera.email))).toBe(true)
  })

  it('makes no account where the contact has become somebody else’s meanwhile', async () => {
    const { id, link } = await invite('fay@example.org')
    await addAccount(nodes.first, { email: 'fay@example.org' })
    const visitor = await follow(link)
    await visitor.submit('sign-up', { password: GOOD_PASSWORD })
    expect(visitor.at.status).toBe(422)
    expect((await accountOf(id))?.status).toBe('invited')
  })

  it('has one winner of twenty that accept it at once, over two processes', async () => {
    const { id, link } = await invite('gus@example.org')
    const visitor = await follow(link)
    const others = await Promise.all(Array.from({ length: 9 }, () => follow(link)))
    const browsers = [visitor, ...others]
    const posts = browsers.flatMap((browser, index) => {
      const form = browser.fill('sign-up', { password: `${GOOD_PASSWORD}-${index}` })
      return nodes.urls.map((url) => browser.post(form, url))
    })
    const replies = await Promise.all(posts)
    expect(replies.every(({ status }) => status < 500)).toBe(true)
    expect((await accountOf(id))?.status).toBe('active')
    const accepted = await auditOf(nodes.first, 'invitation.accepted')
    expect(accepted.filter(({ subjectId }) => subjectId === id)).toHaveLength(1)
  })
})

describe('an invitation that nobody accepts', () => {
  it('ends after 72 hours', async () => {
    const node = await startFastNode({ clock })
    try {
      await latchkeyJson(node, 'invite', '--type', 'moderator', '--email', 'hal@example.org')
      let link: string | undefined
      for (let look = 0; look < 300 && link === undefined; look++) {
        const [message] = await messagesTo(node.url, 'hal@example.org')
        link = /\/invitation\?token=[\w-]+/.exec(message?.text ?? '')?.[0]
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      const open = async () => (await createBalancedVisitor(node.url).open(`${node.url}${link}`)).status
      expect(await open()).toBe(200)
      expect(await clock.later(72 * 3600 - 60, open)).toBe(200)
      expect(await clock.later(72 * 3600, open)).toBe(404)
    } finally {
      await node.stop()
    }
  })
})

describe('an invitation that cannot be sent', () => {
  it.each([
    [['--type', 'nobody', '--email', 'x@example.org'], 'type'],
    [['--type', 'moderator', '--email', 'not an address'], 'email'],
    [['--type', 'moderator', '--email', 'ivy@example.org'], 'account'],
    [['--type', 'civilian', '--email', 'y@example.org', '--role', 'owner'], 'role'],
  ])('is refused with the reason: %j', async (args, about) => {
    await addAccount(nodes.first, { email: 'ivy@example.org' }).catch(() => null)
    const { code, stdout } = await latchkey(nodes.first, 'invite', ...args)
    expect(code).toBe(1)
    expect(stdout.toLowerCase()).toContain(about)
  })

  it('says how it is written where it is not', async () => {
    expect(await latchkey(nodes.first, 'invite')).toMatchObject({ code: 2 })
  })
})
