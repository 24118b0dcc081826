import { join } from 'node:path'
import { freePort } from './ports.ts'
import { type RunningProcess, startNode } from './processes.ts'

export interface SecondNode {
  readonly url: string
  readonly process: RunningProcess
}

export interface SecondNodeOptions {
  readonly dataDir: string
  readonly configDir: string
  /** Of the node whose data it shares; without one it is an issuer of its own. */
  readonly issuer?: string
  readonly logLevel?: string
  readonly env?: Readonly<Record<string, string>>
}

/** A node in a process of its own; resolves once it listens. */
export async function startSecondNode(options: SecondNodeOptions): Promise<SecondNode> {
  const { dataDir, configDir, issuer, logLevel = 'silent', env = {} } = options
  const port = await freePort()
  const url = `http://localhost:${port}`
  const node = startNode(join(import.meta.dirname, 'node-process.ts'), {
    LATCHKEY_PORT: String(port),
    LATCHKEY_DEMO_PORT: 'off',
    LATCHKEY_DATA_DIR: dataDir,
    LATCHKEY_CONFIG_DIR: configDir,
    LATCHKEY_LOG_LEVEL: logLevel,
    LATCHKEY_ISSUER: issuer ?? url,
    LATCHKEY_TEST_FAST_HASH: '1',
    ...env,
  })
  await node.waitFor(/^serving$/m)
  return { url, process: node }
}
