import { rmSync } from 'node:fs'
import { createLog } from '../../src/lib/log.ts'
import { type ServeParts, type Serving, serve } from '../../src/serve.ts'
import { readSettings, type Settings, systemIo } from '../../src/settings/index.ts'
import { freePort } from './ports.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface TestNode {
  readonly url: string
  readonly settings: Settings
  readonly serving: Serving
  readonly dataDir: string
  stop(): Promise<void>
}

export interface TestNodeOptions extends Partial<Omit<ServeParts, 'settings' | 'log'>> {
  readonly env?: Readonly<Record<string, string>>
  /** A change to the settings that no variable makes, such as another number of limits.json. */
  readonly change?: (settings: Settings) => Settings
  /** Data of an earlier node; a fresh folder otherwise. */
  readonly dataDir?: string
  /** Of a node that shares its issuer with another. */
  readonly issuer?: string
}

/** A whole node, as main starts it: real store on disk, real workers, listening on a port of its own. */
export async function startNode(options: TestNodeOptions = {}): Promise<TestNode> {
  const { env = {}, change = (settings: Settings) => settings, ...parts } = options
  const port = await freePort()
  const dataDir = options.dataDir ?? temporaryFolder()
  const url = `http://localhost:${port}`
  const settings = change(
    readSettings(
      {
        LATCHKEY_PORT: String(port),
        LATCHKEY_DEMO_PORT: 'off',
        LATCHKEY_DATA_DIR: dataDir,
        LATCHKEY_LOG_LEVEL: 'silent',
        ...(options.issuer === undefined ? {} : { LATCHKEY_ISSUER: options.issuer }),
        ...env,
      },
      systemIo,
    ),
  )
  const log = await createLog(settings.log)
  const serving = await serve({ ...parts, settings, log })
  return {
    url,
    settings,
    serving,
    dataDir,
    async stop() {
      await serving.stop()
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
