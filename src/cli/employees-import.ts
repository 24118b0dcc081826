import { open } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { type Audit, systemOrigin } from '../domain/audit/index.ts'
import type { AffectedClaim, Office } from '../domain/employees/index.ts'
import type { Clock } from '../lib/clock.ts'
import { systemErrorCode } from '../lib/error-code.ts'
import { assertNever } from '../lib/errors.ts'
import type { Random } from '../lib/ids.ts'
import type { Settings } from '../settings/index.ts'
import { createImportEmployees, type ImportResult } from '../steps/index.ts'
import type { Storage } from '../storage/index.ts'
import type { Out } from './read-options.ts'

export const employeesImportUsage = `latchkey employees import FILE [--dry-run] [--json]

Takes records over into the register of employees: all rows of the file or none. A record that is
there is changed, one that the file does not name stays. Accounts whose employee gets another role
or status lose their access tokens; the next ones carry what is true then.

  FILE        CSV in UTF-8: employeeId,role,status,fullName,email,phone and any further columns;
              status is active, suspended or ended
  --dry-run   only tells what would be done
  --json      the report as JSON

Ends with 0 when it is done, 1 when the file is refused, 2 when the command is wrong.`

const DONE = 0
const REFUSED = 1
const WRONG_COMMAND = 2
/** So many of the affected accounts are named one by one. */
const MOST_NAMED = 100
/** The rows of a piece live together: those of a larger one outlive collections, and the heap grows by what they leave. */
const PIECE_BYTES = 16 * 1024

export interface EmployeesImportParts {
  readonly storage: Pick<Storage, 'employees'>
  readonly audit: Audit
  readonly settings: Pick<Settings, 'register' | 'pages'>
  readonly clock: Clock
  readonly random: Random
}

type Asked =
  | { kind: 'import'; file: string; dryRun: boolean; json: boolean }
  | { kind: 'help' }
  | { kind: 'wrong'; what: string }

type Outcome = ImportResult | { readonly kind: 'unreadable'; readonly why: string }

/** The command `employees import`; answers the exit code. */
export async function employeesImport(
  parts: EmployeesImportParts,
  args: readonly string[],
  out: Out,
): Promise<number> {
  const asked = readArgs(args)
  if (asked.kind !== 'import') {
    out(asked.kind === 'help' ? employeesImportUsage : `${asked.what}\n\n${employeesImportUsage}`)
    return asked.kind === 'help' ? DONE : WRONG_COMMAND
  }
  const outcome = await importFile(parts, asked)
  const isDone = outcome.kind === 'published' || outcome.kind === 'dry-run'
  if (asked.json) out(JSON.stringify({ ok: isDone, dryRun: asked.dryRun, ...reportOf(outcome) }))
  else for (const line of linesOf(outcome, asked.file)) out(line)
  return isDone ? DONE : REFUSED
}

function readArgs(args: readonly string[]): Asked {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { 'dry-run': { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
    })
    if (values.help) return { kind: 'help' }
    const [file, ...more] = positionals
    if (file === undefined || more.length > 0) return { kind: 'wrong', what: 'One FILE must be named.' }
    return { kind: 'import', file, dryRun: values['dry-run'] ?? false, json: values.json ?? false }
  } catch (error) {
    return { kind: 'wrong', what: error instanceof Error ? error.message : String(error) }
  }
}

async function importFile(
  { storage, audit, settings, clock, random }: EmployeesImportParts,
  { file, dryRun }: Extract<Asked, { kind: 'import' }>,
): Promise<Outcome> {
  const importEmployees = createImportEmployees({
    store: storage.employees,
    isBuiltIn: settings.register.kind === 'built-in',
    audit,
    phoneRegion: settings.pages.phoneRegion,
    clock,
    random,
  })
  try {
    await using handle = await open(file)
    const origin = systemOrigin('cli', 'employees-import', random)
    const source = handle.createReadStream({ autoClose: false, highWaterMark: PIECE_BYTES })
    return await importEmployees(source, dryRun ? 'dry-run' : 'publish', origin)
  } catch (error) {
    const why = whyUnreadable(error)
    if (why === null) throw error
    return { kind: 'unreadable', why }
  }
}

/** Null when it is not the file's fault. */
function whyUnreadable(error: unknown): string | null {
  const code = systemErrorCode(error)
  if (code === null) return null
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'it may not be read by this user',
    EISDIR: 'it is a directory',
  }
  return reasons[code] ?? `it cannot be read (${code})`
}

function reportOf(outcome: Outcome) {
  switch (outcome.kind) {
    case 'published':
    case 'dry-run': {
      const { rows, summary, affected } = outcome
      return { rows, ...summary, affectedCount: affected.length, affected: affected.slice(0, MOST_NAMED) }
    }
    case 'refused': {
      const { rows, problems, problemCount } = outcome
      return { error: 'bad_rows', rows, problemCount, problems }
    }
    case 'not-empty':
      return { error: 'register_not_empty' }
    case 'elsewhere':
      return { error: 'register_elsewhere' }
    case 'unreadable':
      return { error: 'unreadable_file', why: outcome.why }
    default:
      return assertNever(outcome)
  }
}

function linesOf(outcome: Outcome, file: string): string[] {
  switch (outcome.kind) {
    case 'published':
    case 'dry-run':
      return linesOfReport(outcome)
    case 'refused': {
      const { rows, problems, problemCount } = outcome
      const unnamed = problemCount - problems.length
      return [
        `Nothing was imported. Rows: ${rows}, problems: ${problemCount}.`,
        ...problems.map(
          ({ row, column, message }) => `  row ${row}${column ? `, ${column}` : ''}: ${message}`,
        ),
        ...(unnamed > 0 ? [`  ${unnamed} more problems.`] : []),
      ]
    }
    case 'not-empty':
      return ['Nothing was imported: the register holds records already.']
    case 'elsewhere':
      return ['Nothing was imported: LATCHKEY_REGISTER_URL names the register; its records are kept there.']
    case 'unreadable':
      return [`Nothing was imported: cannot read ${file}: ${outcome.why}.`]
    default:
      return assertNever(outcome)
  }
}

function linesOfReport({
  kind,
  rows,
  summary,
  affected,
}: Extract<Outcome, { kind: 'published' | 'dry-run' }>): string[] {
  const { added, changed, same } = summary
  const unnamed = affected.length - MOST_NAMED
  return [
    `${kind === 'dry-run' ? 'Would be imported, nothing was' : 'Imported'}. Rows: ${rows}; new: ${added}, changed: ${changed}, the same: ${same}.`,
    ...(affected.length > 0 ? [`Accounts that lose their access tokens: ${affected.length}.`] : []),
    ...affected.slice(0, MOST_NAMED).map(lineOf),
    ...(unnamed > 0 ? [`  ${unnamed} more accounts.`] : []),
  ]
}

function lineOf({ accountId, employeeId, before, after }: AffectedClaim): string {
  const shown = ({ role, status }: Office) => `${role}, ${status}`
  return `  ${employeeId} (${accountId}): ${shown(before)} → ${shown(after)}`
}
