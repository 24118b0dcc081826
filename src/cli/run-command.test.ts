import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from '@jest/globals'

const MAIN = join(import.meta.dirname, 'main.ts')

/** In a process of its own: what a command needs of its environment is the point. */
async function run(args: readonly string[], env: Readonly<Record<string, string>>) {
  const options = { env: { PATH: process.env['PATH'] ?? '', ...env } }
  const failed = (error: { code?: unknown; stdout?: string; stderr?: string }) => ({ ...error })
  const {
    code = 0,
    stdout = '',
    stderr = '',
  } = await promisify(execFile)(process.execPath, [MAIN, ...args], options)
    .then(({ stdout, stderr }) => ({ code: 0 as unknown, stdout, stderr }))
    .catch(failed)
  return { code, stdout, stderr }
}

const UNSOUND = { LATCHKEY_PORT: 'no port', LATCHKEY_DATA_DIR: '/nowhere/at/all' }

describe('a command', () => {
  it('explains itself where the settings are wrong', async () => {
    for (const words of [['setup-link'], ['accounts', 'import'], ['accounts', 'approve'], ['invite']]) {
      const { code, stdout } = await run([...words, '--help'], UNSOUND)
      expect({ code, shown: stdout.split('\n')[0] }).toEqual({
        code: 0,
        shown: expect.stringContaining(`latchkey ${words.join(' ')}`),
      })
    }
  })

  it('does nothing with settings that are wrong', async () => {
    const { code, stderr } = await run(['accounts', 'disable', 'x'], UNSOUND)
    expect(code).toBe(1)
    expect(stderr).toContain('LATCHKEY_PORT')
  })

  it('says that it refuses as JSON where JSON is asked for, as it says everything else', async () => {
    const { code, stdout } = await run(['accounts', 'disable', 'x', '--json'], UNSOUND)
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      error: 'refused',
      message: expect.stringContaining('LATCHKEY_PORT'),
    })
  })

  it('that is none ends with 2 and the list of those there are', async () => {
    const { code, stdout } = await run(['accounts', 'destroy'], {})
    expect(code).toBe(2)
    for (const words of ['accounts approve', 'accounts import', 'invite', 'setup-link'])
      expect(stdout).toContain(words)
  })
})
