import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage } from '../../src/storage/index.ts'
import { addAccount } from '../support/add-account.ts'
import { auditOf } from '../support/audit-records.ts'
import { type BalancedVisitor, createBalancedVisitor } from '../support/balanced-visitor.ts'
import { latchkeyHere } from '../support/command.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { messagesTo } from '../support/people.ts'
import { startNode as startProcess } from '../support/processes.ts'
import { isAt, NEW_PASSWORD } from '../support/recovery.ts'
import { createRelyingParty } from '../support/relying-party.ts'
import { type ShiftedClock, shiftedClock } from '../support/shifted-clock.ts'

const CLI = join(import.meta.dirname, '../../src/cli/main.ts')

let node: FastNode
let clock: ShiftedClock
let owners = 0

beforeAll(async () => {
  clock = shiftedClock()
  node = await startFastNode({ clock })
})

afterAll(() => node.stop())

async function addOwner(status: 'active' | 'deactivated' | 'disabled' = 'active') {
  owners += 1
  const email = `owner${owners}@example.org`
  const id = await addAccount(node, { userType: 'admin', adminRole: 'owner', status, email })
  return { email, id }
}

/** The command as an operator runs it beside the server, with whatever it logs. */
async function recoverBeside(...args: string[]): Promise<{ code: number | null; output: string }> {
  const env = {
    LATCHKEY_DATA_DIR: node.dataDir,
    LATCHKEY_CONFIG_DIR: node.configDir,
    LATCHKEY_ISSUER: node.url,
  }
  const command = startProcess(CLI, env, ['owner', 'recover', ...args])
  const { code } = await command.exit()
  return { code, output: command.output().trim() }
}

async function recover(...args: string[]): Promise<{ code: number | null; output: string }> {
  const { code, text } = await latchkeyHere(node, 'owner', 'recover', ...args)
  return { code, output: text.trim() }
}

async function linkFor(email: string): Promise<string> {
  const { code, output } = await recover(email, '--json')
  expect(code).toBe(0)
  return (JSON.parse(output) as { url: string }).url
}

/** From the link to the page for a new password. */
async function openLink(link: string): Promise<BalancedVisitor> {
  const visitor = createBalancedVisitor(node.url)
  await visitor.open(link)
  await visitor.submit('owner-recovery')
  return visitor
}

async function accountOf(id: string) {
  const storage = await openStorage(node.settings.storage, { clock: systemClock })
  return storage.accounts.find(id).finally(() => storage.close())
}

async function isRight(identifier: string, password: string): Promise<boolean> {
  const visitor = createBalancedVisitor(node.url)
  await visitor.open(createRelyingParty(node.url).authorize().url)
  await visitor.submit('sign-in', { identifier, password })
  return isAt(visitor.at, 'code')
}

describe('latchkey owner recover', () => {
  it('prints a link by which an owner sets a new password, and the next sign-in asks for a code', async () => {
    const { email, id } = await addOwner()
    const { code, output } = await recoverBeside(email.toUpperCase())
    expect(code).toBe(0)
    expect(output).toMatch(new RegExp(`^${node.url}/owner-recovery\\?token=[\\w-]{43}$`))
    const visitor = await openLink(output)
    expect(visitor.at.page.querySelector('input[autocomplete="username"]')?.getAttribute('value')).toBe(email)
    expect((await visitor.submit('new-password', { newPassword: 'short' })).status).toBe(422)
    await visitor.submit('new-password', { newPassword: NEW_PASSWORD })
    expect(visitor.at.page.querySelector('#done')).not.toBeNull()
    expect(await isRight(email, NEW_PASSWORD)).toBe(true)
    expect(await accountOf(id)).toMatchObject({ recoveredBy: null, adminRole: 'owner' })
    const made = (await auditOf(node, 'password.owner-link-made')).filter(({ subjectId }) => subjectId === id)
    const reset = (await auditOf(node, 'password.reset')).filter(({ subjectId }) => subjectId === id)
    expect([made.length, reset.length]).toEqual([1, 1])
    expect(JSON.stringify([made, reset])).not.toContain(new URL(output).searchParams.get('token'))
  })

  it('helps nobody but owners, and says how it is used', async () => {
    await addAccount(node, { email: 'plain@example.org' })
    await addAccount(node, { userType: 'admin', adminRole: 'operator', email: 'operator@example.org' })
    const disabled = await addOwner('disabled')
    for (const identifier of [
      'plain@example.org',
      'operator@example.org',
      'nobody@example.org',
      disabled.email,
    ]) {
      expect(await recover(identifier, '--json')).toEqual({ code: 1, output: '{"error":"no_such_owner"}' })
    }
    for (const args of [[], ['a@example.org', 'b@example.org'], ['a@example.org', '--force']]) {
      const { code, output } = await recover(...args)
      expect(code).toBe(2)
      expect(output).toContain('latchkey owner recover IDENTIFIER')
    }
    expect((await recover('--help')).code).toBe(0)
  })

  it('brings a deactivated owner back', async () => {
    const { email, id } = await addOwner('deactivated')
    const visitor = await openLink(await linkFor(email))
    await visitor.submit('new-password', { newPassword: NEW_PASSWORD })
    expect(await accountOf(id)).toMatchObject({ status: 'active', deactivatedAt: null })
  })
})

describe('the link of an owner', () => {
  it('is not used up by looking, nor by its button, only by the password that is set', async () => {
    const { email } = await addOwner()
    const link = await linkFor(email)
    for (let look = 0; look < 3; look++) {
      await fetch(link, { method: 'HEAD' })
      expect(isAt((await openLink(link)).at, 'new-password')).toBe(true)
    }
    const first = await openLink(link)
    const second = await openLink(link)
    await first.submit('new-password', { newPassword: NEW_PASSWORD })
    const late = await second.submit('new-password', { newPassword: 'some-other-quiet-words-here' })
    expect(late.status).toBe(422)
    expect((await createBalancedVisitor(node.url).open(link)).status).toBe(404)
    expect(await isRight(email, NEW_PASSWORD)).toBe(true)
  })

  it('sets one password, posted 20 times at once', async () => {
    const { email, id } = await addOwner()
    const visitor = await openLink(await linkFor(email))
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        visitor.post(visitor.fill('new-password', { newPassword: `${NEW_PASSWORD} ${index}` })),
      ),
    )
    expect(replies.filter(({ status }) => status === 303)).toHaveLength(1)
    expect(replies.filter(({ status }) => status === 422)).toHaveLength(19)
    const reset = (await auditOf(node, 'password.reset')).filter(({ subjectId }) => subjectId === id)
    expect(reset).toHaveLength(1)
  })

  it('works for an hour', async () => {
    const { email } = await addOwner()
    const link = await linkFor(email)
    const visitor = await openLink(link)
    await clock.later(3601, async () => {
      expect((await createBalancedVisitor(node.url).open(link)).status).toBe(404)
      const late = await visitor.post(visitor.fill('new-password', { newPassword: NEW_PASSWORD }))
      expect([late.status, late.location]).not.toEqual([303, `${node.url}/forgot-password/done`])
    })
    expect(await isRight(email, NEW_PASSWORD)).toBe(false)
  })

  it('dies with the password that another link has set', async () => {
    const { email } = await addOwner()
    const older = await linkFor(email)
    const visitor = await openLink(await linkFor(email))
    await visitor.submit('new-password', { newPassword: NEW_PASSWORD })
    expect((await createBalancedVisitor(node.url).open(older)).status).toBe(404)
  })

  it('is nothing without its secret, and no other link takes its place', async () => {
    const tokens = ['', 'x', 'a'.repeat(2000), '\0', node.serving.setupSecret ?? 'none']
    for (const token of tokens) {
      const url = `${node.url}/owner-recovery?token=${encodeURIComponent(token)}`
      expect((await createBalancedVisitor(node.url).open(url)).status).toBe(404)
    }
    const { email } = await addOwner()
    const link = new URL(await linkFor(email))
    const setup = `${node.url}/setup${link.search}`
    expect((await createBalancedVisitor(node.url).open(setup)).status).toBe(404)
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(link.href)
    const { action, fields } = visitor.fill('owner-recovery')
    expect((await visitor.post({ action, fields: { ...fields, csrf: 'x' } })).status).toBe(403)
    expect((await visitor.post({ action, fields: { ...fields, token: 'x' } })).status).toBe(404)
    expect(await messagesTo(node.url, email)).toEqual([])
  })
})
