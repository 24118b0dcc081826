import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { movingClock } from '../../tests/support/moving-clock.ts'
import { auditOn } from '../../tests/support/operators.ts'
import { anAccount } from '../../tests/support/records.ts'
import { temporaryStorage } from '../../tests/support/temporary-storage.ts'
import { systemRandom as random } from '../lib/ids.ts'
import { readSettings, systemIo } from '../settings/index.ts'
import { employeesImport } from './employees-import.ts'

const clock = movingClock(new Date('2026-08-09T10:40:12.480Z'))
const { storage } = temporaryStorage(clock)
const HEADER = 'employeeId,role,status,fullName,email,phone'
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-import-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function fileOf(...rows: readonly string[]): string {
  const file = join(folder, 'employees.csv')
  writeFileSync(file, [HEADER, ...rows, ''].join('\n'))
  return file
}

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const lines: string[] = []
  const parts = {
    storage: storage(),
    audit: auditOn(storage(), clock),
    settings: readSettings(env, systemIo),
    clock,
    random,
  }
  const code = await employeesImport(parts, args, (line) => lines.push(line))
  return { code, text: lines.join('\n') }
}

const count = async () => (await storage().employees.list(null, 100)).length

async function claimed(employeeId: string): Promise<string> {
  const account = anAccount()
  await storage().accounts.insert(account, [], {
    audit: [],
    claim: { employeeId, recordVersion: 1, role: 'judge', checkedAt: clock.now() },
  })
  return account.id
}

describe('employees import', () => {
  it('ends with 0 and tells what it did', async () => {
    expect(await run([fileOf('A,judge,active,,,', 'B,judge,active,,,')])).toEqual({
      code: 0,
      text: 'Imported. Rows: 2; new: 2, changed: 0, the same: 0.',
    })
    const id = await claimed('a')
    expect(await run([fileOf('A,judge,ended,,,')])).toEqual({
      code: 0,
      text: [
        'Imported. Rows: 1; new: 0, changed: 1, the same: 0.',
        'Accounts that lose their access tokens: 1.',
        `  a (${id}): judge, active → judge, ended`,
      ].join('\n'),
    })
    expect(await count()).toBe(2)
  })

  it('only tells what it would do with --dry-run', async () => {
    expect(await run(['--dry-run', fileOf('A,judge,active,,,')])).toEqual({
      code: 0,
      text: 'Would be imported, nothing was. Rows: 1; new: 1, changed: 0, the same: 0.',
    })
    expect(await count()).toBe(0)
  })

  it('ends with 1 when a row is wrong, and names it', async () => {
    const { code, text } = await run([fileOf('A,judge,active,,,', 'B,judge,retired,,,', ',x')])
    expect(code).toBe(1)
    expect(text.split('\n').slice(0, 2)).toEqual([
      'Nothing was imported. Rows: 3, problems: 2.',
      '  row 3, status: must be active, suspended or ended',
    ])
    expect(text).toContain('  row 4: must have 6 cells as the header has, has 2')
    expect(await count()).toBe(0)
  })

  it('tells programs the same as JSON', async () => {
    const done = await run(['--json', fileOf('A,judge,active,,,')])
    expect(JSON.parse(done.text)).toEqual({
      ok: true,
      dryRun: false,
      rows: 1,
      added: 1,
      changed: 0,
      same: 0,
      affectedCount: 0,
      affected: [],
    })
    const refused = await run(['--json', '--dry-run', fileOf('A,judge,retired,,,')])
    expect(refused.code).toBe(1)
    expect(JSON.parse(refused.text)).toEqual({
      ok: false,
      dryRun: true,
      error: 'bad_rows',
      rows: 1,
      problemCount: 1,
      problems: [
        { row: 2, column: 'status', problem: 'not-a-status', message: 'must be active, suspended or ended' },
      ],
    })
  })

  it('reads phone numbers of the configured region', async () => {
    const file = fileOf('A,judge,active,,,98765 00101')
    expect((await run([file])).code).toBe(1)
    expect((await run([file], { LATCHKEY_PHONE_REGION: 'IN' })).code).toBe(0)
    expect(await storage().employees.find('a')).toMatchObject({ phone: '+919876500101' })
  })

  it('ends with 1 when the file cannot be read, or is not text', async () => {
    expect(await run([join(folder, 'none.csv')])).toMatchObject({
      code: 1,
      text: expect.stringContaining('there is no such file'),
    })
    expect(await run([folder])).toMatchObject({ code: 1, text: expect.stringContaining('it is a directory') })
    const file = join(folder, 'latin1.csv')
    writeFileSync(file, Buffer.from(`${HEADER}\nA,judge,active,M\xfcller,,\n`, 'latin1'))
    expect(await run([file])).toMatchObject({ code: 1, text: expect.stringContaining('row 2: is not UTF-8') })
  })

  it('ends with 1 where somebody else keeps the register', async () => {
    const env = { LATCHKEY_REGISTER_URL: 'https://hr.example', LATCHKEY_REGISTER_TOKEN: 'abc' }
    const { code, text } = await run([fileOf('A,judge,active,,,')], env)
    expect(code).toBe(1)
    expect(text).toContain('LATCHKEY_REGISTER_URL')
  })

  it('ends with 2 when the command is wrong, and explains itself', async () => {
    for (const args of [[], ['a', 'b'], ['--dryrun', 'a']]) {
      const { code, text } = await run(args)
      expect(code).toBe(2)
      expect(text).toContain('latchkey employees import FILE [--dry-run] [--json]')
    }
    expect(await run(['--help'])).toMatchObject({ code: 0, text: expect.stringContaining('--dry-run') })
  })
})
