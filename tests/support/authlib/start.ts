import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram, python } from '../machine.ts'
import { type RunningProcess, startProgram } from '../processes.ts'

export interface AuthlibParts {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly port: number
}

export interface AuthlibApplication {
  readonly url: string
  stop(): Promise<void>
}

/** Installs Authlib and Flask into a folder of their own and starts the application beside this file with them. */
export async function startAuthlib(parts: AuthlibParts): Promise<AuthlibApplication> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-authlib-'))
  const inside = join(folder, 'bin', 'python')
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    run(pythonOfThisMachine(), ['-m', 'venv', folder])
    const requirements = join(import.meta.dirname, 'requirements.txt')
    run(inside, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements])
    const app = startProgram(inside, [join(import.meta.dirname, 'application.py')], {
      APP_ISSUER: parts.issuer,
      APP_CLIENT_ID: parts.clientId,
      APP_CLIENT_SECRET: parts.clientSecret,
      APP_PORT: String(parts.port),
      // The issuer of a test is http.
      AUTHLIB_INSECURE_TRANSPORT: '1',
    })
    await app.waitFor(/Running on/)
    return { url: `http://localhost:${parts.port}`, stop: () => stop(app).finally(remove) }
  } catch (error) {
    remove()
    throw error
  }
}

function pythonOfThisMachine(): string {
  const found = findProgram(python, process.env)
  if (found !== null) return found
  throw new Error(
    `Python with venv is missing: install ${python.debianPackage} or name one in ${python.variable}.`,
  )
}

function run(command: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) {
    throw new Error(
      `Authlib could not be installed; \`${[command, ...args].join(' ')}\` said:\n${stdout}${stderr}`,
    )
  }
}

async function stop(app: RunningProcess): Promise<void> {
  await app.stop()
}
