import { rmSync } from 'node:fs'
import { type MoreConfiguration, roomyConfigDir } from './config-dir.ts'
import { fastHasher } from './fast-hasher.ts'
import { startNode, type TestNode, type TestNodeOptions } from './node.ts'

/** A node for tests in which neither hashing nor budgets are the point. */
export interface FastNode extends TestNode {
  readonly configDir: string
}

/** A whole node with a fast hasher, roomy budgets, and more clients, APIs and user types than are shipped. */
export async function startFastNode(
  options: Omit<TestNodeOptions, 'hasher'> = {},
  more: MoreConfiguration = {},
): Promise<FastNode> {
  const configDir = roomyConfigDir(more)
  const env = { ...options.env, LATCHKEY_CONFIG_DIR: configDir }
  const node = await startNode({ ...options, env, hasher: fastHasher() })
  return {
    ...node,
    configDir,
    async stop() {
      await node.stop()
      rmSync(configDir, { recursive: true })
    },
  }
}
