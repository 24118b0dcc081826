import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import bcrypt from 'bcrypt'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage } from '../../src/storage/index.ts'
import { auditOf } from '../support/audit-records.ts'
import { createBalancedVisitor } from '../support/balanced-visitor.ts'
import { latchkey } from '../support/command.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { codeFor, signIn, tokensOf } from '../support/people.ts'
import { claimsOf, createRelyingParty } from '../support/relying-party.ts'
import { aadhaarOf } from '../support/user-types.ts'

const OLD_PASSWORD = 'old-town-summer-1998'
/** As PHP wrote it. */
const OLD_HASH = bcrypt.hashSync(OLD_PASSWORD, 8).replace('$2b$', '$2y$')

let node: TestNode
let told: Awaited<ReturnType<typeof latchkey>>

/** With the real hasher: what becomes of an old hash is the point. */
beforeAll(async () => {
  node = await startNode()
  const aadhaar = aadhaarOf(7)
  told = await importRows([
    { userType: 'user', email: 'Old.Hand@Example.org', passwordHash: OLD_HASH, roles: ['archive'] },
    {
      userType: 'civilian',
      phone: '+919876543217',
      userId: 'Civil.7',
      passwordHash: OLD_HASH,
      fields: { fullName: 'Civil Seven', aadhaar },
    },
    {
      userType: 'police',
      phone: '+919876520418',
      employeeId: 'POL-20418',
      passwordHash: OLD_HASH,
      fields: { fullName: 'Ravi Shankar Pillai' },
    },
    {
      userType: 'police',
      phone: '+919876520999',
      employeeId: 'POL-99999',
      passwordHash: OLD_HASH,
      fields: { fullName: 'Nobody' },
    },
    { userType: 'user', email: 'off@example.org', passwordHash: OLD_HASH, status: 'disabled' },
  ])
})

afterAll(() => node.stop())

describe('the import of an older system', () => {
  it('takes over what is good, beside the running server, and reports what is not', async () => {
    expect(told).toEqual({
      code: 1,
      text: `${[
        'Row 4: employeeId: is not in the register of employees; import the register first.',
        'Taken over: 4. There already: 0. Bad: 1.',
      ].join('\n')}\n`,
    })
    expect(await auditOf(node, 'account.imported')).toHaveLength(4)
  })

  it('lets people sign in with their old password, once with the old hash', async () => {
    const email = 'old.hand@example.org'
    expect(await storedHash('email', email)).toMatch(/^v1\$bcrypt-plain\$8\$/)
    const first = await tokensOf(await signIn(node.url, email, { password: OLD_PASSWORD }))
    expect(claimsOf(first.access_token)).toMatchObject({ user_type: 'user', roles: ['archive', 'user'] })
    expect(await storedHash('email', email)).toMatch(/^v1\$bcrypt\$12\$/)
    await tokensOf(await signIn(node.url, email, { password: OLD_PASSWORD }))
  })

  it.each([
    ['a user id', 'CIVIL.7', '+919876543217', 'civilian', ['civilian']],
    ['an employee ID', 'pol-20418', '+919876520418', 'police', ['police']],
  ])('lets people sign in by %s, as their type says', async (_, identifier, phone, user_type, roles) => {
    const rp = createRelyingParty(node.url)
    const request = rp.authorize()
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(request.url)
    await visitor.submit('sign-in', { identifier, password: OLD_PASSWORD })
    const end = await visitor.submit('code', { code: await codeFor(node.url, phone) })
    const tokens = await tokensOf({ rp, request, end: { ...end, url: end.location ?? end.url } })
    expect(claimsOf(tokens.access_token)).toMatchObject({ user_type, roles })
  })

  it('lets nobody in with a wrong password, or who is disabled', async () => {
    for (const [identifier, password] of [
      ['civil.7', `${OLD_PASSWORD}x`],
      ['off@example.org', OLD_PASSWORD],
    ] as const) {
      const visitor = createBalancedVisitor(node.url)
      await visitor.open(createRelyingParty(node.url).authorize().url)
      expect((await visitor.submit('sign-in', { identifier, password })).status).toBe(422)
    }
    expect(await storedHash('email', 'off@example.org')).toMatch(/^v1\$bcrypt-plain\$8\$/)
  })

  it('leaves neither an old hash nor a national id to be read in the files of the store', async () => {
    const files = ['latchkey.db', 'latchkey.db-wal'].map((name) => readFileSync(join(node.dataDir, name)))
    const bytes = Buffer.concat(files)
    expect(bytes.includes('civil.7')).toBe(true)
    expect(bytes.includes(OLD_HASH.slice(7))).toBe(false)
    expect(bytes.includes(aadhaarOf(7))).toBe(false)
  })

  it('may be run again, as a dry run too, and changes nobody who is there', async () => {
    const rows = [{ userType: 'user', email: 'old.hand@example.org', passwordHash: OLD_HASH }]
    const before = await storedHash('email', 'old.hand@example.org')
    for (const options of [['--dry-run'], []]) {
      const { code, text } = await importRows(rows, ...options)
      expect(code).toBe(0)
      expect(text).toContain('There already: 1.')
    }
    expect(await storedHash('email', 'old.hand@example.org')).toBe(before)
  })
})

async function importRows(rows: readonly object[], ...options: string[]) {
  const file = join(node.dataDir, 'accounts.jsonl')
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'))
  return latchkey(node, 'accounts', 'import', file, ...options)
}

async function storedHash(space: 'email', value: string): Promise<string | null | undefined> {
  const storage = await openStorage(node.settings.storage, { clock: systemClock })
  try {
    return (await storage.accounts.findByIdentifier({ space, value }))?.passwordHash
  } finally {
    await storage.close()
  }
}
