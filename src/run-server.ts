import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { StartRefused } from './lib/errors.ts'
import { createLog, type Log } from './lib/log.ts'
import { serve } from './serve.ts'
import { readSettingsFromProcess, type Settings } from './settings/index.ts'

const DEMO = join(import.meta.dirname, '..', 'examples', 'demo-app', 'server.ts')
const DEMO_CLIENT = 'demo'

/** Settings → data → application → listen; the reverse on SIGTERM. A start that is refused says why, once. */
export async function runServer(): Promise<void> {
  try {
    const settings = readSettingsFromProcess()
    const log = await createLog(settings.log)
    const serving = await serve({ settings, log })
    const demo = startDemo(settings, log)
    process.stdout.write(`${whatIsWhere(settings, serving.setupSecret)}\n`)

    const stop = async () => {
      demo?.kill('SIGTERM')
      await serving.stop()
      process.exit(0)
    }
    process.once('SIGTERM', stop)
    process.once('SIGINT', stop)
  } catch (error) {
    if (!(error instanceof StartRefused)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

function whatIsWhere({ issuer, mode, demo }: Settings, setupSecret: string | null): string {
  const lines = [`Latchkey         ${issuer}`]
  if (demo.enabled) lines.push(`Demo application ${demo.url}`)
  if (mode === 'development') lines.push(`Outbox           ${issuer}/dev/outbox`)
  if (setupSecret !== null) lines.push(`First owner      ${issuer}/setup?token=${setupSecret}`)
  return lines.join('\n')
}

/** The demo application is a relying party like any other: a process of its own that knows nothing of ours. */
function startDemo({ issuer, audience, demo, clients }: Settings, log: Log): ChildProcess | null {
  const secret = clients.find(({ id }) => id === DEMO_CLIENT)?.secret
  if (!demo.enabled || !secret) return null
  const child = spawn(process.execPath, [DEMO], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      DEMO_ISSUER: issuer,
      DEMO_AUDIENCE: audience,
      DEMO_PORT: String(demo.port),
      DEMO_CLIENT_ID: DEMO_CLIENT,
      DEMO_CLIENT_SECRET: secret.reveal(),
    },
  })
  child.on('exit', (code) => {
    if (code) log.warn({ code }, 'the demo application ended')
  })
  return child
}
