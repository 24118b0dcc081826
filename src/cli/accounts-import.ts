import { createReadStream } from 'node:fs'
import { parseArgs } from 'node:util'
import { systemOrigin } from '../domain/audit/index.ts'
import type { Random } from '../lib/ids.ts'
import type { ImportAccounts, RowReport } from '../steps/index.ts'
import { formatOf, type ImportFormat, readImportedRows } from './read-imported-rows.ts'
import type { Out } from './read-options.ts'

export const accountsImportUsage = `latchkey accounts import FILE [--type TYPE] [--dry-run] [--json]

Takes over the accounts of an older system. People sign in with the password they have: bcrypt hashes ($2a$, $2b$,
$2y$, cost 4 to 14) are kept as they are, sealed, and replaced at the first sign-in. Good rows are taken over, bad ones
are reported; what an earlier run took over is left as it is.

  FILE       JSON Lines (.jsonl, .ndjson) or CSV with a header (.csv), UTF-8
  --type     the user type of rows that name none
  --dry-run  writes nothing, and reports the same
  --json     the report as JSON

Columns of CSV, keys of JSON; an empty cell or null is nothing:
  userType   else --type
  email, phone, userId, employeeId
  emailVerified, phoneVerified   true or false; true unless written
  passwordHash   none: the person sets a password by "Forgot your password?"
  status     active or disabled; active unless written
  roles      beside those of the type; in CSV with spaces between them
  createdAt  such as 2026-11-21T13:45:26Z
  field.NAME in CSV, "fields": {"NAME": …} in JSON: the fields of the user type

A hash that is dearer than cost 12 takes longer to check until its owner signs in, so the time of a wrong password tells
that this account exists; the report counts such hashes.

Ends with 0 when no row was bad, 1 when one was, 2 when the command is wrong.`

export interface AccountsImportParts {
  readonly importAccounts: ImportAccounts
  readonly random: Random
}

/** The command `accounts import`; answers the exit code. */
export async function accountsImport(
  { importAccounts, random }: AccountsImportParts,
  args: readonly string[],
  out: Out,
): Promise<number> {
  const asked = readArgs(args)
  if (asked.kind !== 'run') {
    out(asked.kind === 'help' ? accountsImportUsage : `${asked.what}\n\n${accountsImportUsage}`)
    return asked.kind === 'help' ? 0 : 2
  }
  const { file, format, userType, dryRun } = asked
  const report = asked.json ? jsonReport(dryRun, out) : textReport(dryRun, out)
  const rows = readImportedRows(format, createReadStream(file))
  const origin = systemOrigin('cli', 'accounts import', random)
  const counts: Counts = { imported: 0, there: 0, bad: 0, dearHashes: 0 }
  report.begin()
  try {
    for await (const one of importAccounts(rows, { userType, dryRun }, origin)) {
      counts[one.outcome] += 1
      if (one.outcome === 'imported') counts.dearHashes += one.hasDearHash ? 1 : 0
      else report.row(one)
    }
  } catch (error) {
    const why = unreadable(error)
    if (why === null) throw error
    report.end(counts, `${file} cannot be read: ${why}`)
    return 1
  }
  report.end(counts, null)
  return counts.bad === 0 ? 0 : 1
}

type ReadArgs =
  | {
      readonly kind: 'run'
      readonly file: string
      readonly format: ImportFormat
      readonly userType: string | null
      readonly dryRun: boolean
      readonly json: boolean
    }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly what: string }

function readArgs(args: readonly string[]): ReadArgs {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        type: { type: 'string' },
        'dry-run': { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
      allowPositionals: true,
    })
    if (values.help) return { kind: 'help' }
    const [file, ...more] = positionals
    if (file === undefined || more.length > 0) return { kind: 'wrong', what: 'Write one FILE.' }
    const format = formatOf(file)
    if (format === null) return { kind: 'wrong', what: 'FILE must end with .csv, .jsonl or .ndjson.' }
    const { type: userType = null, json = false } = values
    return { kind: 'run', file, format, userType, dryRun: values['dry-run'] ?? false, json }
  } catch (error) {
    return { kind: 'wrong', what: error instanceof Error ? error.message : String(error) }
  }
}

/** Why the operating system gives no file; null for any other error. */
function unreadable(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('syscall' in error)) return null
  return 'code' in error ? String(error.code) : 'it cannot be opened'
}

type Counts = Record<RowReport['outcome'] | 'dearHashes', number>
type Told = Exclude<RowReport, { outcome: 'imported' }>

/** Rows are told as they come: a report may be as long as the file. */
interface Report {
  begin(): void
  row(one: Told): void
  end(counts: Counts, error: string | null): void
}

function textReport(dryRun: boolean, out: Out): Report {
  return {
    begin: () => {},
    row: (one) => {
      if (one.outcome === 'there') return out(`Row ${one.row}: there already, as ${one.accountId}.`)
      for (const { column, problem } of one.problems)
        out(`Row ${one.row}: ${column === null ? '' : `${column}: `}${problem}.`)
    },
    end: ({ imported, there, bad, dearHashes }, error) => {
      if (error !== null) out(error)
      if (dearHashes > 0) out(`Hashes dearer than ours: ${dearHashes}.`)
      const done = dryRun ? 'Would be taken over' : 'Taken over'
      out(`${done}: ${imported}. There already: ${there}. Bad: ${bad}.`)
    },
  }
}

/** One JSON object over many lines. */
function jsonReport(dryRun: boolean, out: Out): Report {
  let separator = ''
  return {
    begin: () => out('{"rows":['),
    row: (one) => {
      out(separator + JSON.stringify(one))
      separator = ','
    },
    end: (counts, error) => {
      const ok = counts.bad === 0 && error === null
      out(`],${JSON.stringify({ ok, dryRun, ...counts, ...(error !== null && { error }) }).slice(1)}`)
    },
  }
}
