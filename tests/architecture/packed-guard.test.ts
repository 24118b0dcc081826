import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { type FeedDouble, startFeedDouble } from '../support/feed-double.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
/** Node strips no types below node_modules; here it shall not do so anywhere. */
const PLAIN_NODE = ['--no-experimental-strip-types']

let project: string
let packed: readonly string[]
const running: FeedDouble[] = []

/** An empty project with the packed guard in it and of its dependencies jose, nothing else. */
beforeAll(async () => {
  project = realpathSync(mkdtempSync(join(tmpdir(), 'latchkey-packed-')))
  const { stdout } = await run(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', project, '--cache', join(project, 'cache')],
    { cwd: root },
  )
  const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
  packed = files.map(({ path }) => path)
  write('package.json', JSON.stringify({ type: 'module', private: true }))
  mkdirSync(join(project, 'node_modules/latchkey'), { recursive: true })
  await run('tar', ['-xzf', filename, '-C', 'node_modules/latchkey', '--strip-components=1'], {
    cwd: project,
  })
  link('jose')
}, 120_000)

afterAll(() => rmSync(project, { recursive: true }))
afterEach(async () => {
  for (const double of running.splice(0)) await double.close()
})

function write(file: string, text: string): void {
  writeFileSync(join(project, file), text)
}

function link(name: string): void {
  const place = join(project, 'node_modules', name)
  mkdirSync(dirname(place), { recursive: true })
  symlinkSync(realpathSync(join(root, 'node_modules', name)), place)
}

async function verifyWith(file: string): Promise<unknown> {
  const issuer = await startFeedDouble()
  running.push(issuer)
  const { stdout } = await run(process.execPath, [...PLAIN_NODE, file], {
    cwd: project,
    env: { ISSUER: issuer.issuer, AUDIENCE: issuer.audience, TOKEN: await issuer.makeToken() },
  })
  return JSON.parse(stdout)
}

const USE = `
const { ISSUER: issuer, AUDIENCE: audience, TOKEN: token } = process.env
const guard = createGuard({ issuer, audience })
guard.verify({ token, roles: ['police'] }).then((result) => {
  console.log(JSON.stringify(result))
  guard.close()
})
`

describe('the packed guard', () => {
  it('works in an empty project, without types being stripped and with jose alone beside it', async () => {
    write('use.mjs', `import { createGuard } from 'latchkey/guard'${USE}`)
    expect(await verifyWith('use.mjs')).toMatchObject({ ok: true, claims: { sub: 'acc_ann' } })
  })

  it('works where modules are required', async () => {
    write('use.cjs', `const { createGuard } = require('latchkey/guard')${USE}`)
    expect(await verifyWith('use.cjs')).toMatchObject({ ok: true, claims: { sub: 'acc_ann' } })
  })

  it('is the only door into the package', async () => {
    write('inside.mjs', "await import('latchkey/src/guard/guard.js')")
    await expect(run(process.execPath, ['inside.mjs'], { cwd: project })).rejects.toThrow(
      'ERR_PACKAGE_PATH_NOT_EXPORTED',
    )
  })

  it('comes without tests', () => {
    expect(packed).toContain('src/guard/index.js')
    expect(
      packed.filter((path) => /\.(?:test|contract)\.ts$|^(?:tests|bench|examples|data)\//.test(path)),
    ).toEqual([])
  })

  it('has types that fit Koa, Express and Node, and refuse what cannot be meant', async () => {
    for (const name of ['@types/node', '@types/koa', '@types/express']) link(name)
    write(
      'use.ts',
      `
import { createServer } from 'node:http'
import type { Express } from 'express'
import type Koa from 'koa'
import { createGuard, type Guard, type GuardOptions, type Reason } from 'latchkey/guard'

const options: GuardOptions = { issuer: 'https://id.example', audience: 'https://orders.example/api' }
export const guard: Guard = createGuard(options)
export function protect(koa: Koa, express: Express) {
  koa.use(guard.koa({ roles: ['police'] }))
  express.use(guard.express({ scopes: ['orders:read'] }))
  const check = guard.express()
  return createServer((req, res) => void check(req, res, () => res.end()))
}
export async function whyNot(token: string): Promise<Reason | null> {
  const result = await guard.verify({ token })
  if (!result.ok) return result.reason
  const roles: readonly string[] = result.claims.roles ?? []
  return roles.length > 0 ? null : 'insufficient-roles'
}
// @ts-expect-error The audience is missing.
createGuard({ issuer: 'https://id.example' })
// @ts-expect-error There is no such requirement.
guard.koa({ role: 'police' })
// @ts-expect-error There is no such reason.
export const reason: Reason = 'because'
`,
    )
    write(
      'tsconfig.json',
      JSON.stringify({
        compilerOptions: {
          target: 'es2024',
          module: 'nodenext',
          strict: true,
          exactOptionalPropertyTypes: true,
          noEmit: true,
          types: ['node'],
        },
        files: ['use.ts'],
      }),
    )
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout } = await run(process.execPath, [tsc, '-p', '.'], { cwd: project }).catch((error) => error)
    expect(stdout).toBe('')
  }, 60_000)
})
