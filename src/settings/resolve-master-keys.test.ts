import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { StartRefused } from '../lib/errors.ts'
import { systemRandom } from '../lib/ids.ts'
import { resolveMasterKeys } from './resolve-master-keys.ts'
import { secretOf } from './secret.ts'

const parts = { random: systemRandom }
let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'master-keys-'))
  file = join(folder, 'data', 'master.key')
})
afterEach(() => rmSync(folder, { recursive: true }))

const resolve = () => resolveMasterKeys({ from: 'data-dir', file }, parts)

describe('the master key of the data directory', () => {
  it('is made on the first start, for its owner alone, and is the same on the next', () => {
    const [made, ...others] = resolve()
    expect(made.key).toHaveLength(32)
    expect(others).toEqual([])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700)
    expect(readdirSync(join(folder, 'data'))).toEqual(['master.key'])
    expect(resolve()).toEqual([made])
  })

  it('is one key, also when several processes start at once', async () => {
    const module = new URL('./resolve-master-keys.ts', import.meta.url)
    const ids = new URL('../lib/ids.ts', import.meta.url)
    const script = `
      import { resolveMasterKeys } from '${module}'
      import { systemRandom } from '${ids}'
      const [made] = resolveMasterKeys({ from: 'data-dir', file: process.argv[1] }, { random: systemRandom })
      process.stdout.write(made.key.toString('base64url'))`
    const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script, file])
    const answers = await Promise.all([run(), run(), run(), run()])
    const keys = new Set(answers.map(({ stdout }) => stdout))
    expect([...keys]).toEqual([readFileSync(file, 'utf8').trim()])
    expect(readdirSync(join(folder, 'data'))).toEqual(['master.key'])
  })

  it('that is damaged stops the start, and is not replaced', () => {
    resolve()
    writeFileSync(file, 'half a k')
    expect(resolve).toThrow(/master\.key: holds no master key; put back the one it held/)
    expect(readFileSync(file, 'utf8')).toBe('half a k')
  })

  it('that cannot be made stops the start and names the file', () => {
    writeFileSync(join(folder, 'data'), '')
    expect(resolve).toThrow(StartRefused)
    expect(resolve).toThrow(/master\.key: cannot be made or read \(E[A-Z]+\)/)
  })
})

describe('master keys of the environment', () => {
  it('are taken as they stand, the first to wrap', () => {
    const texts = [systemRandom.bytes(32), systemRandom.bytes(32)].map((key) => key.toString('base64url'))
    const keys = resolveMasterKeys({ from: 'environment', keys: texts.map(secretOf), file: null }, parts)
    expect(keys.map(({ key }) => Buffer.from(key).toString('base64url'))).toEqual(texts)
  })
})
