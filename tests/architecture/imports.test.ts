import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { checkImports, type Violation } from './check-imports.ts'
import { importTable, renderTable } from './import-table.ts'

const root = join(import.meta.dirname, '../..')

function readSources(folder: string): readonly (readonly [string, string])[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|js)$/.test(file) && !file.includes('node_modules'))
    .map((file) => [`${folder}/${file}`, readFileSync(join(root, folder, file), 'utf8')])
}

/** The rules that a few planted files break. */
function broken(files: Readonly<Record<string, string>>): readonly Violation['rule'][] {
  return checkImports(new Map(Object.entries(files))).map(({ rule }) => rule)
}

describe('the house', () => {
  it('keeps to the import table', () => {
    const sources = new Map([...readSources('src'), ...readSources('examples')])
    expect(sources.size).toBeGreaterThan(0)
    expect(checkImports(sources)).toEqual([])
  })

  it('shows the same table in docs/architecture.md', () => {
    const document = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
    const chapter = document.split('## Who may import whom')[1]?.split('\n## ')[0] ?? ''
    const shown = chapter.split('\n').filter((line) => line.startsWith('|'))
    expect(shown.join('\n')).toBe(renderTable(importTable))
  })

  it('has a row for each folder once', () => {
    const folders = importTable.flatMap((row) => row.folders)
    expect(new Set(folders).size).toBe(folders.length)
  })
})

describe('the import table', () => {
  it.each([
    ['a room below', 'src/steps/finish.ts', "import { a } from '../domain/otp/index.ts'"],
    [
      'a type of a room it may only name',
      'src/domain/otp/otp.ts',
      "import type { A } from '../audit/index.ts'",
    ],
    ['a file of a folder without a door', 'src/domain/otp/otp.ts', "import { a } from '../../lib/clock.ts'"],
    ['a file of its own room', 'src/domain/otp/index.ts', "export { a } from './otp.ts'"],
    ['everything, in the composition root', 'src/app.ts', "import { a } from './storage/index.ts'"],
    ['the app, in main', 'src/main.ts', "import { a } from './app.ts'"],
    ['limits, in steps', 'src/steps/start.ts', "import { a } from '../domain/limits/index.ts'"],
    ['data', 'src/http/texts.ts', "import texts from '../../views/locales/en.json' with { type: 'json' }"],
    ['a package that nobody owns', 'src/http/page.ts', "import Koa from 'koa'"],
  ])('lets a file import %s', (_what, file, source) => {
    expect(broken({ [file]: source })).toEqual([])
  })

  it.each([
    ['a room above it', 'src/domain/otp/otp.ts', "import { a } from '../../steps/index.ts'"],
    ['a room above it, as a type', 'src/domain/otp/otp.ts', "import type { A } from '../../steps/index.ts'"],
    ['a room above it, inside a type', 'src/domain/otp/otp.ts', "type A = import('../../steps/index.ts').A"],
    ['a room above it, when it runs', 'src/lib/log.ts', "await import('../http/page.ts')"],
    ['a room above it, by require', 'src/lib/log.ts', "const a = require('../http/page.ts')"],
    ['a room above it, by passing it on', 'src/lib/log.ts', "export * from '../http/page.ts'"],
    ['another journey', 'src/journeys/feed/routes.ts', "import { a } from '../setup/index.ts'"],
    ['storage, from a journey', 'src/journeys/feed/routes.ts', "import { a } from '../../storage/index.ts'"],
    ['anything of ours, from the guard', 'src/guard/guard.js', "import { a } from '../lib/clock.ts'"],
    ['a room, from a folder without a row', 'src/helpers/a.ts', "import { a } from '../lib/clock.ts'"],
    ['what lies outside src', 'src/lib/log.ts', "import { a } from '../../bench/run.ts'"],
    ['a name that is computed', 'src/lib/log.ts', 'await import(name)'],
  ])('refuses %s', (_what, file, source) => {
    expect(broken({ [file]: source })).toEqual(['table'])
  })

  it.each([
    ['a value', "import { a } from '../audit/index.ts'"],
    ['a value passed on', "export { a } from '../audit/index.ts'"],
    ['a type in a list that stays an import at run time', "import { type A } from '../audit/index.ts'"],
  ])('refuses %s where only types may be named', (_what, source) => {
    expect(broken({ 'src/domain/otp/otp.ts': source })).toEqual(['type-only'])
  })

  it('lets storage name the types of ports, and nothing of theirs at run time', () => {
    const file = 'src/storage/storage.ts'
    expect(broken({ [file]: "import type { A } from '../workers/index.ts'" })).toEqual([])
    expect(broken({ [file]: "import { a } from '../workers/index.ts'" })).toEqual(['type-only'])
  })
})

describe('doors', () => {
  it('are the only way into a room', () => {
    const source = "import type { A } from '../domain/otp/challenge-store.ts'"
    expect(broken({ 'src/steps/check-code.ts': source })).toEqual(['door'])
  })

  it('are not walked around by the composition root', () => {
    expect(broken({ 'src/app.ts': "import { a } from './storage/sqlite/database.ts'" })).toEqual(['door'])
  })
})

describe('cycles', () => {
  it('between rooms are found, however long', () => {
    const violations = checkImports(
      new Map([
        ['src/cli/main.ts', "import { a } from '../app.ts'"],
        ['src/app.ts', "import { a } from './main.ts'"],
        ['src/main.ts', "import { a } from './cli/index.ts'"],
      ]),
    )
    expect(violations).toEqual([{ file: 'src/cli', rule: 'cycle', detail: 'cli → app.ts → main.ts → cli' }])
  })

  it('of types alone are none', () => {
    const files = {
      'src/app.ts': "import { a } from './main.ts'",
      'src/main.ts': "import type { A } from './app.ts'",
    }
    expect(broken(files)).toEqual([])
  })
})

describe('packages with one owner', () => {
  it.each([
    ['oidc-provider', 'src/oidc/provider.ts'],
    ['node:sqlite', 'src/storage/sqlite/database.ts'],
    ['mongoose', 'src/storage/mongo/schema.ts'],
    ['mongodb', 'src/storage/mongo/schema.ts'],
    ['ioredis', 'src/storage/redis/wake.ts'],
    ['twilio', 'src/domain/delivery/twilio-sms.ts'],
    ['resend', 'src/domain/delivery/resend-email.ts'],
    ['nodemailer', 'src/domain/delivery/smtp-email.ts'],
  ])('%s is imported by its owner alone', (name, owner) => {
    expect(broken({ [owner]: `import a from '${name}'` })).toEqual([])
    expect(broken({ 'src/http/page.ts': `import a from '${name}'` })).toEqual(['package'])
    expect(broken({ 'src/http/page.ts': `import type { A } from '${name}/lib/a.js'` })).toEqual(['package'])
  })
})

describe('the guard, which stands alone', () => {
  it.each([
    ['jose', "import { jwtVerify } from 'jose'"],
    ['modules of Node', "import { createHash } from 'node:crypto'"],
    ['its own clock', 'export const now = Date.now'],
    ['its own randomness', 'export const draw = () => Math.random()'],
  ])('may have %s', (_what, source) => {
    expect(broken({ 'src/guard/guard.js': source })).toEqual([])
  })

  it.each([
    ['another package', "import { z } from 'zod'", 'package'],
    ['a type of another package', "import type { Context } from 'koa'", 'package'],
    ['the environment', 'export const home = process.env.HOME', 'reach'],
  ])('may not have %s', (_what, source, rule) => {
    expect(broken({ 'src/guard/guard.js': source })).toEqual([rule])
  })
})

describe('environment, time and randomness', () => {
  it.each([
    'process.env.HOME',
    "process.env['HOME']",
    "process['env']",
    'globalThis.process.env',
    'const { env } = process',
    "import { env } from 'node:process'",
  ])('reads the environment in settings alone: %s', (source) => {
    expect(broken({ 'src/settings/environment.ts': source })).toEqual([])
    expect(broken({ 'src/http/page.ts': source })).toEqual(['reach'])
  })

  it.each([
    'Date.now()',
    'const now = Date.now',
    'new Date()',
    'new Date',
    'Date()',
    'new globalThis.Date()',
    'Math.random()',
    'crypto.randomUUID()',
    'globalThis.crypto.getRandomValues(bytes)',
    "import { randomBytes } from 'node:crypto'",
    "import { randomInt as draw } from 'crypto'",
    "import { webcrypto } from 'node:crypto'",
    "import * as tools from 'node:crypto'; tools.randomFillSync(bytes)",
  ])('comes from the clock and the ids alone: %s', (source) => {
    expect(broken({ 'src/lib/clock.ts': source })).toEqual([])
    expect(broken({ 'src/lib/ids.ts': source })).toEqual([])
    expect(broken({ 'src/lib/hash.ts': source })).toEqual(['reach'])
  })

  it.each(['new Date(0)', 'new Date(text)', 'random.bytes(32)', "import { createHmac } from 'node:crypto'"])(
    'leaves arithmetic alone: %s',
    (source) => {
      expect(broken({ 'src/lib/hash.ts': source })).toEqual([])
    },
  )
})

describe('tests, contracts and examples', () => {
  it('lets a test import what it needs', () => {
    const source = "import { a } from '../../storage/sqlite/database.ts'; const now = new Date()"
    expect(broken({ 'src/domain/otp/otp.test.ts': source })).toEqual([])
  })

  it('lets a contract use what tests share, and holds it to the table otherwise', () => {
    const file = 'src/domain/otp/challenge-store.contract.ts'
    expect(broken({ [file]: "import { a } from '../../../tests/support/backend.ts'" })).toEqual([])
    expect(broken({ [file]: "import type { Storage } from '../../storage/index.ts'" })).toEqual([])
    expect(broken({ [file]: "import { a } from '../../storage/index.ts'" })).toEqual(['type-only'])
    expect(broken({ [file]: "import type { A } from '../../steps/index.ts'" })).toEqual(['table'])
  })

  it.each([
    ['a test', "import { a } from './otp.test.ts'"],
    ['a contract', "import { a } from './challenge-store.contract.ts'"],
    ['what tests share', "import { a } from '../../../tests/support/ports.ts'"],
  ])('keeps %s out of what runs', (_what, source) => {
    expect(broken({ 'src/domain/otp/otp.ts': source })).toEqual(['tests'])
  })

  it('keeps src/ out of the examples, types too', () => {
    const file = 'examples/demo-app/app.ts'
    expect(broken({ [file]: "import { a } from '../../src/lib/clock.ts'" })).toEqual(['examples'])
    expect(broken({ [file]: "import type { A } from '../../src/lib/clock.ts'" })).toEqual(['examples'])
    expect(broken({ [file]: "import { a } from './sessions.ts'; const now = new Date()" })).toEqual([])
  })

  it('keeps the examples out of src/', () => {
    expect(broken({ 'src/main.ts': "import { a } from '../examples/demo-app/app.ts'" })).toEqual(['table'])
  })
})
