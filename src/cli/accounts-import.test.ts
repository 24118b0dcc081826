import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import bcrypt from 'bcrypt'
import { movingClock } from '../../tests/support/moving-clock.ts'
import { operatorOn, type TestOperator } from '../../tests/support/operator.ts'
import { at, aUserType, NOON } from '../../tests/support/records.ts'
import { temporaryStorage } from '../../tests/support/temporary-storage.ts'
import type { Account } from '../domain/accounts/index.ts'
import { systemRandom as random } from '../lib/ids.ts'
import { accountsImport } from './accounts-import.ts'

const clock = movingClock(NOON)
const { storage } = temporaryStorage(clock)
const HASH = bcrypt.hashSync('summer-of-the-old-system', 4)

const field = { kind: 'text', required: false, unique: false, sensitive: false, editableBy: 'admin' } as const
const CITIZEN = aUserType({
  id: 'citizen',
  identifiers: ['email', 'phone', 'userId'],
  contacts: { email: 'optional', phone: 'optional' },
  otp: { ...aUserType().otp, channels: ['sms', 'email'] },
  fields: [
    { ...field, name: 'fullName', label: 'Name', required: true },
    { ...field, name: 'card', label: 'Card', unique: true, sensitive: true, maxLength: 8 },
  ],
})
const POLICE = aUserType({
  id: 'police',
  identifiers: ['employeeId'],
  employee: { roles: ['police'], match: [], contact: 'record' },
})

let operator: TestOperator
let folder: string
beforeEach(async () => {
  operator = await operatorOn(storage(), clock)
  await storage().userTypes.keep([CITIZEN, POLICE], NOON, [])
  folder = await mkdtemp(join(tmpdir(), 'latchkey-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function run(name: string, content: string | Uint8Array, ...options: string[]) {
  const file = join(folder, name)
  await writeFile(file, content)
  const lines: string[] = []
  const parts = { importAccounts: operator.importAccounts, random }
  const code = await accountsImport(parts, [file, ...options], (line) => lines.push(line))
  return { code, text: lines.join('\n') }
}

const runJson = (rows: readonly unknown[], ...options: string[]) =>
  run('accounts.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'), ...options)

async function accountOf(typed: string): Promise<Account | undefined> {
  return (await operator.accounts.findByTyped(typed))[0]?.account
}

const ANN = {
  userType: 'citizen',
  email: 'Ann@Example.test',
  phone: '+91 98765 43210',
  userId: ' Ann.1 ',
  passwordHash: HASH,
  roles: ['editor', 'editor'],
  fields: { fullName: ' Ann  Lee ', card: 'c-17' },
  createdAt: '2019-05-04T03:02:01+02:00',
}

describe('an account that is imported', () => {
  it('is there with all that its row says, and one record of it', async () => {
    expect(await runJson([ANN])).toEqual({ code: 0, text: 'Taken over: 1. There already: 0. Bad: 0.' })
    const account = await accountOf('ann.1')
    expect(account).toMatchObject({
      userType: 'citizen',
      userTypeVersion: 1,
      status: 'active',
      email: { value: 'ann@example.test', verifiedAt: NOON },
      phone: { value: '+919876543210', verifiedAt: NOON },
      userId: 'ann.1',
      roles: ['editor'],
      adminRole: null,
      fields: { fullName: 'Ann Lee', card: { sealed: expect.any(String) } },
      createdAt: new Date('2019-05-04T01:02:01Z'),
      passwordHash: expect.stringMatching(/^v1\$bcrypt-plain\$4\$/),
    })
    for (const typed of ['ANN@example.test', '00919876543210'])
      expect(await accountOf(typed)).toEqual(account)
    expect(await operator.events()).toMatchObject([
      { event: 'account.imported', subject: { kind: 'account', id: account?.id }, details: { row: 1 } },
    ])
    expect(JSON.stringify(await operator.events())).not.toMatch(/ann@|98765|\$2b/)
  })

  it('takes what is not written as it is for a person who verified and is active', async () => {
    await runJson([{ email: 'a@example.test', fields: { fullName: 'A' } }], '--type', 'citizen')
    expect(await accountOf('a@example.test')).toMatchObject({
      status: 'active',
      phone: null,
      passwordHash: null,
      createdAt: NOON,
    })
  })

  it('reserves nothing by a contact that is not verified', async () => {
    await runJson([{ ...ANN, phoneVerified: false, status: 'disabled' }])
    expect(await accountOf(ANN.phone)).toBeUndefined()
    expect(await accountOf('ann.1')).toMatchObject({ status: 'disabled', phone: { verifiedAt: null } })
  })

  it('claims its employee id with the account, or is not taken over', async () => {
    const row = { userType: 'police', email: 'p@example.test', employeeId: 'POL-1' }
    operator.register.answer = { kind: 'refused', reason: 'no-record', holdsContact: false }
    expect(await runJson([row])).toMatchObject({
      code: 1,
      text: expect.stringContaining('employeeId: is not in'),
    })
    expect(await accountOf('pol-1')).toBeUndefined()
    const claim = { employeeId: 'pol-1', recordVersion: null, role: 'police', checkedAt: NOON }
    operator.register.answer = { kind: 'confirmed', claim, holdsContact: false }
    expect(await runJson([row])).toMatchObject({ code: 0 })
    const account = await accountOf('pol-1')
    expect(await storage().employees.findClaim('pol-1')).toMatchObject({ accountId: account?.id })
    expect(await runJson([row])).toMatchObject({ code: 0, text: expect.stringContaining('There already: 1') })
  })

  it('has no user id that is an employee id of the register', async () => {
    operator.register.names.add('ann.1')
    expect((await runJson([ANN])).text).toContain('Row 1: userId: is an employee ID')
  })
})

describe('a second run', () => {
  it('leaves what is there, takes over the rest, and says which is which', async () => {
    await runJson([ANN])
    const before = await accountOf('ann.1')
    const bob = {
      ...ANN,
      email: 'bob@example.test',
      phone: '+919876543211',
      userId: 'bob',
      fields: { fullName: 'B' },
    }
    const { code, text } = await runJson([{ ...ANN, roles: ['other'] }, bob])
    expect(code).toBe(0)
    expect(text.split('\n')).toEqual([
      `Row 1: there already, as ${before?.id}.`,
      'Taken over: 1. There already: 1. Bad: 0.',
    ])
    expect(await accountOf('ann.1')).toEqual(before)
  })

  it('is a bad row where only a part of it is somebody’s', async () => {
    await runJson([ANN])
    const { code, text } = await runJson([{ ...ANN, userId: 'ann.2' }])
    expect(code).toBe(1)
    for (const column of ['email', 'phone', 'field.card'])
      expect(text).toContain(`Row 1: ${column}: another account has it already`)
    expect(text).not.toContain('userId')
    const other = { userType: 'citizen', email: 'c@example.test', fields: { fullName: 'C', card: 'C-17' } }
    expect((await runJson([other])).text).toContain('Row 1: field.card: another account has it already')
  })
})

describe('a dry run', () => {
  it('writes nothing and reports the same', async () => {
    const rows = [ANN, { ...ANN, userId: 'x' }, { ...ANN, userType: 'nobody' }, { userType: 'citizen' }]
    const dry = await runJson(rows, '--dry-run', '--json')
    expect(await accountOf('ann.1')).toBeUndefined()
    expect(await storage().audit.countUnsealed()).toBe(0)
    const real = await runJson(rows, '--json')
    expect({ ...JSON.parse(dry.text), dryRun: false }).toEqual(JSON.parse(real.text))
    expect(dry.code).toBe(real.code)
    expect((await runJson(rows, '--dry-run')).text).toContain('Would be taken over: 0. There already: 1.')
  })
})

describe('the report', () => {
  it.each([
    [{ userType: 'nobody' }, 'userType: there is no user type "nobody"'],
    [{ email: undefined, phone: undefined }, 'no code could reach this person'],
    [{ emailVerified: false, phoneVerified: false }, 'no code could reach this person'],
    [{ email: 'no address' }, 'email: is not a whole email address'],
    [{ phone: '98765' }, 'phone: is not a whole phone number'],
    [{ phone: 9876543210 }, 'phone: must be text'],
    [{ userId: 'a@b' }, 'userId: must be 1 to 64 characters'],
    [{ employeeId: 'e1' }, 'employeeId: accounts of the type citizen have none'],
    [{ userType: 'police' }, 'employeeId: is missing'],
    [{ userType: 'police' }, 'phone: accounts of the type police have none'],
    [{ fields: {} }, 'field.fullName: is missing'],
    [{ fields: { fullName: 'A', card: '123456789' } }, 'field.card: is too long'],
    [{ fields: { fullName: 'A', nickname: 'B' } }, 'field.nickname: is no field of the type'],
    [{ fields: [] }, 'fields: must be an object'],
    [{ passwordHash: '5f4dcc3b5aa765d61d8327deb882cf99' }, 'passwordHash: is no bcrypt hash'],
    [{ passwordHash: HASH.replace('$04$', '$15$') }, 'passwordHash: has a cost above 14'],
    [{ status: 'deactivated' }, 'status: must be active or disabled'],
    [{ roles: ['owner'] }, 'roles: "owner" is a word of administration'],
    [{ roles: 'editor' }, 'roles: must be a list'],
    [{ emailVerified: 'yes' }, 'emailVerified: must be true or false'],
    [{ createdAt: 'yesterday' }, 'createdAt: must be a time'],
    [{ createdAt: at(60).toISOString() }, 'createdAt: must not be in the future'],
    [{ adminRole: 'owner' }, 'adminRole: is no column of an import'],
  ])('says of a row changed by %j what is wrong and what to write', async (changes, problem) => {
    const { code, text } = await runJson([{ ...ANN, ...changes }])
    expect(code).toBe(1)
    expect(text).toContain(`Row 1: ${problem}`)
    expect(await storage().audit.countUnsealed()).toBe(0)
  })

  it('names every problem of a row, goes on behind it, and says which row came first', async () => {
    const other = {
      ...ANN,
      email: 'b@example.test',
      phone: '+919876543211',
      userId: 'b',
      fields: { fullName: 'B' },
    }
    const content = [
      JSON.stringify({ ...ANN, email: 'x', fields: {} }),
      '{"email":',
      '[]',
      JSON.stringify({ ...ANN, __proto__x: 1 }).replace('__proto__x', '__proto__'),
      JSON.stringify(other),
      '',
      JSON.stringify({ ...other, userId: 'c' }),
    ].join('\n')
    const { code, text } = await run('accounts.ndjson', content)
    expect(code).toBe(1)
    expect(text.split('\n')).toEqual([
      expect.stringMatching(/^Row 1: email: /),
      expect.stringMatching(/^Row 1: field.fullName: /),
      'Row 2: is not JSON; write one object on a line.',
      expect.stringMatching(/^Row 3: must be an object/),
      expect.stringMatching(/^Row 4: __proto__: is no column/),
      'Row 7: email: stands in row 5 already; write it once.',
      'Row 7: phone: stands in row 5 already; write it once.',
      'Taken over: 1. There already: 0. Bad: 5.',
    ])
  })

  it('is one JSON object, also where nothing is to be told', async () => {
    const bad = await runJson([{ ...ANN, email: 'x' }, ANN], '--json')
    expect(JSON.parse(bad.text)).toEqual({
      rows: [{ row: 1, outcome: 'bad', problems: [{ column: 'email', problem: expect.any(String) }] }],
      ok: false,
      dryRun: false,
      imported: 1,
      there: 0,
      bad: 1,
      dearHashes: 0,
    })
    expect(JSON.parse((await runJson([], '--json')).text)).toMatchObject({ rows: [], ok: true, imported: 0 })
  })

  it('counts hashes that are dearer than ours', async () => {
    const { code, text } = await runJson([{ ...ANN, passwordHash: HASH.replace('$04$', '$13$') }])
    expect(code).toBe(0)
    expect(text).toContain('Hashes dearer than ours: 1.')
  })
})

describe('CSV', () => {
  const HEADER = 'userType,email,phone,emailVerified,passwordHash,roles,field.fullName,field.card'

  it('says the same as JSON, with fields and roles in cells', async () => {
    const rows = [
      `citizen,a@example.test,,no,,,A,`,
      `citizen,b@example.test,+919876543210,Yes,${HASH},x.y z,"B, ""b""",7`,
    ]
    const { code, text } = await run('accounts.CSV', `\ufeff${[HEADER, ...rows].join('\r\n')}\r\n`)
    expect(text).toContain('Row 2: no code could reach this person')
    expect(code).toBe(1)
    expect(await accountOf('b@example.test')).toMatchObject({
      roles: ['x.y', 'z'],
      fields: { fullName: 'B, "b"', card: { sealed: expect.any(String) } },
    })
  })

  it('with an unknown column, or one twice, is not read at all', async () => {
    const row = 'citizen,a@example.test,A,x'
    const unknown = await run('a.csv', `userType,email,field.fullName,adminRole\n${row}\n`)
    expect(unknown).toMatchObject({
      code: 1,
      text: expect.stringContaining('Row 1: the header has "adminRole"'),
    })
    const twice = await run('a.csv', `userType,email,field.fullName,email\n${row}\n`)
    expect(twice.text).toContain('Row 1: the header has "email" twice')
    expect(await accountOf('a@example.test')).toBeUndefined()
  })

  it('tells of cells too many, and of what cannot be read', async () => {
    const { text } = await run(
      'a.csv',
      `email,field.fullName\na@example.test\nb@example.test,B\n"c`,
      '--type',
      'citizen',
    )
    expect(text.split('\n')).toEqual([
      'Row 2: has 1 cells, the header has 2.',
      expect.stringMatching(/^Row 4: has a quotation mark/),
      'Taken over: 1. There already: 0. Bad: 2.',
    ])
    const utf16 = await run('b.csv', Buffer.from('\ufeffemail\nx@example.test', 'utf16le'))
    expect(utf16.text).toContain('Row 1: is not UTF-8')
  })
})

describe('a long file', () => {
  it('is taken over in any order of writing and told in the order of its rows', async () => {
    const rows = Array.from({ length: 700 }, (_, index) =>
      index % 100 === 99
        ? { userType: 'citizen' }
        : { email: `p${index}@example.test`, fields: { fullName: 'P' } },
    )
    const { text } = await runJson(rows, '--type', 'citizen')
    const told = text.split('\n').flatMap((line) => /^Row (\d+): no code/.exec(line)?.[1] ?? [])
    expect(told).toEqual(['100', '200', '300', '400', '500', '600', '700'])
    expect(text).toContain('Taken over: 693. There already: 0. Bad: 7.')
    expect(await storage().audit.countUnsealed()).toBe(693)
  })
})

describe('the command', () => {
  it('ends with 2 when it is wrong, and explains itself', async () => {
    const parts = { importAccounts: operator.importAccounts, random }
    for (const args of [[], ['a.csv', 'b.csv'], ['a.json'], ['a'], ['a.csv', '--what']]) {
      const lines: string[] = []
      expect(await accountsImport(parts, args, (line) => lines.push(line))).toBe(2)
      expect(lines.join('\n')).toContain('latchkey accounts import FILE')
    }
    expect(await accountsImport(parts, ['--help'], () => {})).toBe(0)
  })

  it('says when there is no such file', async () => {
    const lines: string[] = []
    const parts = { importAccounts: operator.importAccounts, random }
    const code = await accountsImport(parts, [join(folder, 'none.csv'), '--json'], (line) => lines.push(line))
    expect(code).toBe(1)
    expect(JSON.parse(lines.join('\n'))).toMatchObject({
      ok: false,
      error: expect.stringContaining('ENOENT'),
    })
  })
})
