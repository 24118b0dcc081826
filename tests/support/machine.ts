import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A program beside Node that tests start. */
export interface Program {
  readonly name: string
  /** Names to look for on the PATH, the first that runs is taken. */
  readonly commands: readonly string[]
  /** Environment variable that names another executable. */
  readonly variable: `LATCHKEY_TEST_${string}`
  readonly debianPackage: string
  /** What it must be able to do to be of use; `--version` unless it says otherwise. */
  readonly proof?: readonly string[]
}

export const chromium: Program = {
  name: 'Chromium',
  commands: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  variable: 'LATCHKEY_TEST_CHROMIUM',
  debianPackage: 'chromium',
}

/** Debian has `python3` without what makes a virtual environment. */
export const python: Program = {
  name: 'Python with venv',
  commands: ['python3'],
  variable: 'LATCHKEY_TEST_PYTHON',
  debianPackage: 'python3-venv',
  proof: ['-m', 'ensurepip', '--version'],
}

/** Where Debian has them. */
export const APACHE_MODULES = '/usr/lib/apache2/modules'

/** Any Apache would say its version; this one must have the module, and what that needs. */
export const apache: Program = {
  name: 'Apache with mod_auth_openidc',
  commands: ['apache2', 'httpd'],
  variable: 'LATCHKEY_TEST_APACHE',
  debianPackage: 'libapache2-mod-auth-openidc',
  proof: [
    ...['-t', '-f', '/dev/null', '-C', 'ErrorLog /dev/null', '-C', 'ServerName localhost'],
    ...['mpm_event', 'authn_core', 'authz_core', 'auth_openidc'].flatMap((name) => [
      '-C',
      `LoadModule ${name}_module ${APACHE_MODULES}/mod_${name}.so`,
    ]),
  ],
}

/** Everything that `npm test` needs on a machine: a new program is one entry here. */
export const programs: readonly Program[] = [chromium, python, apache]

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The path of a program, or null when the machine has none that runs. An override is taken at its word: where it
 * names nothing that runs, nothing else is tried.
 */
export function findProgram(program: Program, env: Environment): string | null {
  const named = env[program.variable]
  const folders = (env['PATH'] ?? '').split(delimiter)
  const paths = program.commands.flatMap((command) => folders.map((folder) => join(folder, command)))
  const candidates = named === undefined ? paths.filter((path) => existsSync(path)) : [named]
  return candidates.find((path) => runs(path, program.proof ?? ['--version'])) ?? null
}

/** Is this a Debian-like machine, and are we allowed to install on it? */
export function mayInstall(): boolean {
  return process.getuid?.() === 0 && runs('apt-get', ['--version'])
}

/** Installs Debian packages; false when that did not work. */
export function installDebianPackages(packages: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const commands = [['update'], ['install', '--yes', '--no-install-recommends', ...packages]]
  return commands.every((args) => spawnSync('apt-get', args, { stdio: 'inherit', env }).status === 0)
}

function runs(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 30_000 }).status === 0
}
