import { join } from 'node:path'
import type { TestNode } from './node.ts'
import { startNode } from './processes.ts'

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')

export interface Told {
  readonly code: number | null
  readonly text: string
}

/** A command of the operator, in a process of its own on the data of a running node. */
export async function latchkey(
  node: Pick<TestNode, 'url' | 'dataDir'> & { readonly configDir?: string },
  ...args: string[]
): Promise<Told> {
  const command = startNode(
    MAIN,
    {
      LATCHKEY_ISSUER: node.url,
      LATCHKEY_DATA_DIR: node.dataDir,
      LATCHKEY_LOG_LEVEL: 'silent',
      ...(node.configDir !== undefined && { LATCHKEY_CONFIG_DIR: node.configDir }),
    },
    args,
  )
  const { code } = await command.exit()
  return { code, text: command.output() }
}
