import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { createHttpClient, type HttpClient } from './http-client.ts'
import { ROOT, START_FLAGS, stopProcess } from './server-process.ts'

/** `src/main.ts` as `npm start` starts it, without npm. */
export interface MainProcess {
  readonly pid: number
  /** From the start of the process to the first answer that says it is ready. */
  readonly startMs: number
  stop(): Promise<void>
}

const MAIN = join(ROOT, 'src', 'main.ts')
const LOOK_EVERY_MS = 4

/** `compileCache` is the folder where Node keeps compiled code from one start to the next. */
export async function startMain(dataDir: string, compileCache: string): Promise<MainProcess> {
  const port = await freePort()
  const began = performance.now()
  const child = spawn(process.execPath, [...START_FLAGS, MAIN], {
    stdio: ['ignore', 'ignore', 'inherit'],
    cwd: ROOT,
    env: {
      NODE_COMPILE_CACHE: compileCache,
      LATCHKEY_PORT: String(port),
      LATCHKEY_DEMO_PORT: 'off',
      LATCHKEY_DATA_DIR: dataDir,
    },
  })
  await untilReady(child, createHttpClient(`http://localhost:${port}`))
  return { pid: child.pid ?? 0, startMs: performance.now() - began, stop: () => stopProcess(child) }
}

async function untilReady(child: ChildProcess, http: HttpClient): Promise<void> {
  const refused = { status: 0 }
  try {
    while (child.exitCode === null) {
      const { status } = await http.send('/health/ready').catch(() => refused)
      if (status === 200) return
      await wait(LOOK_EVERY_MS)
    }
    throw new Error(`main.ts ended with ${child.exitCode}.`)
  } finally {
    http.close()
  }
}
