import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TestNode } from './node.ts'

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts')

/** What a command needs of a node to run on its data. */
export type CommandNode = Pick<TestNode, 'dataDir' | 'settings'> & { readonly configDir: string }

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** `latchkey …` in a process of its own and in the environment of a node, as an operator runs it. */
export async function latchkey(node: CommandNode, ...args: readonly string[]): Promise<CommandResult> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    LATCHKEY_DATA_DIR: node.dataDir,
    LATCHKEY_CONFIG_DIR: node.configDir,
    LATCHKEY_ISSUER: node.settings.issuer,
    LATCHKEY_DEMO_PORT: 'off',
  }
  const failed = ({ code, stdout, stderr }: Partial<CommandResult>) => ({ code, stdout, stderr })
  const run = promisify(execFile)(process.execPath, [MAIN, ...args], { env })
  const { code = 0, stdout = '', stderr = '' } = await run.then((done) => ({ code: 0, ...done }), failed)
  return { code, stdout, stderr }
}

/** The same, for programs; throws what it printed when it ends with another code. */
export async function latchkeyJson<T>(node: CommandNode, ...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await latchkey(node, ...args, '--json')
  if (code !== 0) throw new Error(`latchkey ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`)
  return JSON.parse(stdout) as T
}
