import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import bcrypt from 'bcrypt'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage } from '../../src/storage/index.ts'
import { latchkey } from '../support/command.ts'
import { roomyConfigDir } from '../support/config-dir.ts'
import { createVisitor, type Visitor } from '../support/form-visitor.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { codeFor, codeOf } from '../support/people.ts'
import { createRelyingParty } from '../support/relying-party.ts'

const OLD_PASSWORD = 'summer-of-the-old-system'

/** With bcrypt, as in production: what becomes of the old hashes is the point. */
let node: TestNode & { readonly configDir: string }
let folder: string

beforeAll(async () => {
  const configDir = roomyConfigDir()
  node = { ...(await startNode({ env: { LATCHKEY_CONFIG_DIR: configDir } })), configDir }
  folder = mkdtempSync(join(tmpdir(), 'latchkey-import-'))
})

afterAll(async () => {
  await node.stop()
  for (const made of [folder, node.configDir]) rmSync(made, { recursive: true })
})

function file(name: string, lines: readonly (string | object)[]): string {
  const path = join(folder, name)
  writeFileSync(
    path,
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  )
  return path
}

async function accountBy(email: string) {
  const storage = await openStorage(node.settings.storage, { clock: systemClock })
  try {
    return await storage.accounts.findByIdentifier({ space: 'email', value: email })
  } finally {
    await storage.close()
  }
}

async function typePassword(identifier: string, password: string): Promise<Visitor> {
  const visitor = createVisitor(node.url)
  await visitor.follow(await visitor.get(createRelyingParty(node.url).authorize().url))
  await visitor.submit('sign-in', { identifier, password })
  return visitor
}

describe('accounts of an older system', () => {
  it('sign in with their old password, which is hashed anew then', async () => {
    const path = file('people.jsonl', [
      {
        userType: 'user',
        email: 'Old.Ann@Example.org',
        passwordHash: bcrypt.hashSync(OLD_PASSWORD, 4),
        roles: ['archive'],
      },
    ])
    expect(await latchkey(node, 'accounts', 'import', path)).toMatchObject({ code: 0 })
    expect((await accountBy('old.ann@example.org'))?.passwordHash).toMatch(/^v1\$bcrypt-plain\$4\$/)

    expect((await typePassword('old.ann@example.org', 'not-the-password-at-all')).at.status).toBe(422)
    const visitor = await typePassword('old.ann@example.org', OLD_PASSWORD)
    const end = await visitor.submit('code', { code: await codeFor(node.url, 'old.ann@example.org') })
    expect(codeOf(end)).not.toBe('')
    const account = await accountBy('old.ann@example.org')
    expect(account?.passwordHash).toMatch(/^v1\$bcrypt\$12\$/)
    expect(account?.roles).toEqual(['archive'])
    expect((await typePassword('old.ann@example.org', OLD_PASSWORD)).at.url).toMatch(/\/code$/)
  })

  it('come as CSV too; good rows are taken over, bad ones reported, and nothing twice', async () => {
    const hash = bcrypt.hashSync(OLD_PASSWORD, 4)
    const path = file('people.csv', [
      'userType,email,phone,passwordHash',
      `user,old.bea@example.org,,${hash}`,
      `user,not an address,,${hash}`,
      `user,old.cay@example.org,,${hash.slice(0, 40)}`,
      `nobody,old.dan@example.org,,${hash}`,
      `user,old.eve@example.org,,${hash.replace('$2b', '$2a')}`,
    ])
    const dry = await latchkey(node, 'accounts', 'import', path, '--dry-run')
    expect(dry.code).toBe(1)
    expect(await accountBy('old.bea@example.org')).toBeNull()

    const { code, stdout } = await latchkey(node, 'accounts', 'import', path)
    expect(code).toBe(1)
    for (const row of ['3', '4', '5']) expect(stdout).toMatch(new RegExp(`row ${row}`, 'i'))
    expect(await accountBy('old.bea@example.org')).not.toBeNull()
    expect(await accountBy('old.eve@example.org')).not.toBeNull()
    for (const bad of ['old.cay', 'old.dan']) expect(await accountBy(`${bad}@example.org`)).toBeNull()
    expect((await typePassword('old.eve@example.org', OLD_PASSWORD)).at.url).toMatch(/\/code$/)

    const before = await accountBy('old.bea@example.org')
    await latchkey(node, 'accounts', 'import', path)
    expect(await accountBy('old.bea@example.org')).toEqual(before)
  })

  it('that are disabled stay out', async () => {
    const path = file('disabled.jsonl', [
      {
        userType: 'user',
        email: 'old.fay@example.org',
        passwordHash: bcrypt.hashSync(OLD_PASSWORD, 4),
        status: 'disabled',
      },
    ])
    expect((await latchkey(node, 'accounts', 'import', path)).code).toBe(0)
    expect((await typePassword('old.fay@example.org', OLD_PASSWORD)).at.status).toBe(422)
  })
})
