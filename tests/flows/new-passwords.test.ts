import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { MAXIMUM_LENGTH } from '../../src/domain/passwords/index.ts'
import { addAccount } from '../support/add-account.ts'
import { auditOf } from '../support/audit-records.ts'
import { type BalancedVisitor, createBalancedVisitor } from '../support/balanced-visitor.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { GOOD_PASSWORD } from '../support/people.ts'
import { aUserType } from '../support/records.ts'
import { isAt, proveContact } from '../support/recovery.ts'
import { createRelyingParty } from '../support/relying-party.ts'

const CLERK = aUserType({
  id: 'clerk',
  name: 'Clerk',
  identifiers: ['email', 'userId'],
  contacts: { email: 'required', phone: 'optional' },
})

let node: FastNode
let people = 0

beforeAll(async () => {
  node = await startFastNode({
    env: { LATCHKEY_PRODUCT_NAME: 'Kerala Courts' },
    change: (settings) => ({ ...settings, userTypes: [...settings.userTypes, CLERK] }),
  })
})

afterAll(() => node.stop())

/** Somebody with every identifier that there is, at the page for a new password. */
async function chooser() {
  people += 1
  const email = `miriam.quiltmaker${people}@navigators.example`
  await addAccount(node, {
    userType: 'clerk',
    email,
    userId: `clerk-of-works-${people}`,
    unverified: { phone: `+9198765430${people.toString().padStart(2, '0')}` },
  })
  return { email, visitor: await proveContact(node.url, email) }
}

/** The sentence below the input. */
function refusalOf({ at }: BalancedVisitor): string {
  const shown = at.page.querySelector('#newPassword-error')?.textContent ?? ''
  return shown.trim()
}

/** Is this the password now? */
async function isRight(identifier: string, password: string): Promise<boolean> {
  const visitor = createBalancedVisitor(node.url)
  await visitor.open(createRelyingParty(node.url).authorize().url)
  await visitor.submit('sign-in', { identifier, password })
  return isAt(visitor.at, 'code')
}

describe('a new password is refused, with a reason and what to write instead', () => {
  it.each([
    ['nothing', '', 'Choose a password.'],
    ['too few characters', 'lamp four pear', 'This password is too short. Use at least 15 characters.'],
    ['too many', 'quiet lamp '.repeat(12), 'This password is too long. Use at most 128 characters.'],
    [
      'a common one',
      'password12345678',
      'This password is on lists that attackers try first. Choose another.',
    ],
    [
      'a run',
      'abcdefghijklmnopqrstuvwx',
      'This password is on lists that attackers try first. Choose another.',
    ],
  ])('%s', async (_, newPassword, sentence) => {
    const { email, visitor } = await chooser()
    await visitor.submit('new-password', { newPassword })
    expect(visitor.at.status).toBe(422)
    expect(visitor.at.page.querySelector('#errors[role="alert"] a')?.getAttribute('href')).toBe(
      '#newPassword',
    )
    expect(refusalOf(visitor)).toBe(sentence)
    expect(visitor.at.page.querySelector('#newPassword-hint')?.textContent).toBe(
      'At least 15 characters. A few unrelated words work well.',
    )
    expect(visitor.at.page.querySelector('#newPassword')?.getAttribute('value') ?? '').toBe('')
    expect(await isRight(email, GOOD_PASSWORD)).toBe(true)
    // The page stands: another password is taken.
    await visitor.submit('new-password', { newPassword: 'copper-window-seventy-geese' })
    expect(await isRight(email, 'copper-window-seventy-geese')).toBe(true)
  })

  it.each([
    ['the product', () => 'Kerala Courts Kerala Courts'],
    ['the email', (n: number) => `MIRIAM.quiltmaker${n}@navigators.example`],
    ['its local part', (n: number) => `miriam-quiltmaker-${n}`],
    ['the user id', (n: number) => `Clerk of Works ${n}`],
    ['a phone that was never verified', (n: number) => `98765430${n.toString().padStart(2, '0')}`.repeat(2)],
  ])('%s, without naming it', async (_, make) => {
    const { visitor } = await chooser()
    const newPassword = make(people)
    await visitor.submit('new-password', { newPassword })
    expect(visitor.at.status).toBe(422)
    expect(refusalOf(visitor)).toBe(
      'This password is easy to guess from your details or our name. Choose another.',
    )
    expect(visitor.at.text).not.toContain(newPassword)
  })

  it('and the record says which rule, never which password', async () => {
    const { visitor } = await chooser()
    await visitor.submit('new-password', { newPassword: 'password12345678' })
    const record = (await auditOf(node, 'password.reset-refused')).at(-1)
    expect(record).toMatchObject({ outcome: 'failure', reason: 'common' })
    expect(JSON.stringify(record)).not.toContain('password12345678')
  })
})

describe('a new password counts whole', () => {
  /** 72 bytes, where bcrypt alone would stop. */
  const LONG = 'seventeen lamps beside the old harbour wall and one more, for good order'

  it.each([
    ['beyond the 72nd byte', `${LONG}1`, `${LONG}2`],
    ['behind a NUL', 'harbour wall\0 seven lamps', 'harbour wall\0 eight lamps'],
    [
      'up to its last character',
      'ab '.repeat(2).padEnd(MAXIMUM_LENGTH, 'xyz uvw '),
      'ab '.repeat(2).padEnd(MAXIMUM_LENGTH - 1, 'xyz uvw '),
    ],
    ['with the space at its end', 'seven quiet lamps ', 'seven quiet lamps'],
    ['in upper and lower case', 'Seven Quiet Lamps', 'seven quiet lamps'],
  ])('%s', async (_, chosen, other) => {
    const { email, visitor } = await chooser()
    await visitor.submit('new-password', { newPassword: chosen })
    expect(visitor.at.page.querySelector('#done')).not.toBeNull()
    expect(await isRight(email, other)).toBe(false)
    expect(await isRight(email, chosen)).toBe(true)
  })

  it('and is the same however its letters were composed', async () => {
    const { email, visitor } = await chooser()
    const chosen = 'Café à la crème brûlée'
    await visitor.submit('new-password', { newPassword: chosen.normalize('NFD') })
    expect(await isRight(email, chosen.normalize('NFC'))).toBe(true)
    expect(await isRight(email, chosen.normalize('NFD'))).toBe(true)
    expect(await isRight(email, 'Cafe a la creme brulee')).toBe(false)
  })
})
