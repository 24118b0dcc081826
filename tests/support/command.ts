import { join } from 'node:path'
import { runCommand } from '../../src/cli/run-command.ts'
import type { TestNode } from './node.ts'
import { startNode } from './processes.ts'

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')

type Place = Pick<TestNode, 'url' | 'dataDir'> & { readonly configDir?: string }

export interface Told {
  readonly code: number | null
  readonly text: string
}

/** A command of the operator, in a process of its own on the data of a running node. */
export async function latchkey(node: Place, ...args: string[]): Promise<Told> {
  const command = startNode(MAIN, environmentOf(node), args)
  const { code } = await command.exit()
  return { code, text: command.output() }
}

/**
 * The same in the process of the test, for tests in which the command is not the point: to start a process takes
 * longer than what it does. It has its own connections all the same.
 */
export async function latchkeyHere(node: Place, ...args: string[]): Promise<Told> {
  const kept = process.env
  process.env = environmentOf(node)
  try {
    const lines: string[] = []
    const code = await runCommand(args, (line) => lines.push(`${line}\n`))
    return { code, text: lines.join('') }
  } finally {
    process.env = kept
  }
}

function environmentOf({ url, dataDir, configDir }: Place): Record<string, string> {
  return {
    LATCHKEY_ISSUER: url,
    LATCHKEY_DATA_DIR: dataDir,
    LATCHKEY_LOG_LEVEL: 'silent',
    ...(configDir !== undefined && { LATCHKEY_CONFIG_DIR: configDir }),
  }
}
