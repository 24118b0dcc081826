/**
 * What `npm test` runs: what is missing on the machine, then types, lint and every test. Ends with one line,
 * `N passed, N failed`, and not with 0 when anything failed or nothing ran.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram, installDebianPackages, mayInstall, type Program, programs } from './support/machine.ts'
import { addUp, type JestReport, type Tally, tallyJest } from './support/tally.ts'

const root = join(import.meta.dirname, '..')

say('What tests need on this machine')
const missing = provide(programs)
const tallies = missing.length > 0 ? [nameMissing(missing)] : [check('check'), check('lint'), runJest()]
finish(addUp(tallies))

/** Looks for every program, installs what is absent where that may be done, answers what is still absent. */
function provide(wanted: readonly Program[]): readonly Program[] {
  const absent = wanted.filter((program) => !isThere(program))
  const installable = absent.filter(({ variable }) => process.env[variable] === undefined)
  if (installable.length === 0 || !mayInstall()) return absent
  const packages = installable.map((program) => program.debianPackage)
  say(`Installing ${packages.join(', ')} with apt-get`)
  if (!installDebianPackages(packages)) return absent
  return absent.filter((program) => !isThere(program))
}

/** Hands the command on to the tests, so that both mean the same one. */
function isThere(program: Program): boolean {
  const command = findProgram(program, process.env)
  if (command === null) return false
  process.env[program.variable] = command
  print(`${program.name}: ${command}`)
  return true
}

function nameMissing(absent: readonly Program[]): Tally {
  const complaints = absent.map(({ name, debianPackage, variable }) => {
    const named = process.env[variable]
    return named === undefined
      ? `${name} is missing: install it (Debian: apt-get install ${debianPackage}) or name it in ${variable}`
      : `${name} is missing: ${variable} names ${named}, which does not run`
  })
  return { passed: 0, failed: absent.length, complaints }
}

function check(script: string): Tally {
  say(`npm run ${script}`)
  const status = npmRun(script)
  if (status === 0) return { passed: 1, failed: 0, complaints: [] }
  return { passed: 0, failed: 1, complaints: [`npm run ${script} failed`] }
}

function runJest(): Tally {
  say('npm run jest')
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-test-'))
  const file = join(folder, 'report.json')
  try {
    const status = npmRun('jest', '--ci', '--maxWorkers=2', '--json', `--outputFile=${file}`)
    const report = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as JestReport) : null
    return tallyJest(report, status)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The commands stand in package.json alone; npm also puts the Node that the lockfile names first on the PATH. */
function npmRun(script: string, ...args: readonly string[]): number | null {
  return spawnSync('npm', ['run', '--silent', script, '--', ...args], { cwd: root, stdio: 'inherit' }).status
}

function finish({ passed, failed, complaints }: Tally): void {
  if (complaints.length > 0) say('Failed beside the tests')
  for (const complaint of complaints) print(complaint)
  print('')
  print(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}

function say(heading: string): void {
  print(`\n== ${heading}`)
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
