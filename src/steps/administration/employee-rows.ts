import { type EmployeeRecord, type RecordProblem, readRecord } from '../../domain/employees/index.ts'
import { canonicalText } from '../../lib/canonical.ts'
import { type CsvFault, readCsv } from '../../lib/csv.ts'
import { assertNever } from '../../lib/errors.ts'

/** What is wrong with a row, and what to write; the row's own text is not repeated. */
export interface RowProblem {
  /** As a spreadsheet counts: the header is row 1. */
  readonly row: number
  /** By its name in the header; null where the row as a whole is meant. */
  readonly column: string | null
  /** For programs, kept stable. */
  readonly problem: RecordProblem['problem'] | CsvFault | 'header' | 'cells' | 'twice' | 'user-id'
  readonly message: string
}

export type EmployeeRow =
  | { readonly ok: true; readonly row: number; readonly record: EmployeeRecord }
  | { readonly ok: false; readonly row: number; readonly problems: readonly RowProblem[] }

const COLUMNS = ['employeeId', 'role', 'status', 'fullName', 'email', 'phone'] as const
const HEADER = COLUMNS.join(',')
const MOST_COLUMNS = 60
/** As the name of a field, which it may be matched with. */
const COLUMN_NAME = /^[a-zA-Z][a-zA-Z0-9]{0,39}$/

/** Records from CSV as it comes, each row by itself; nothing follows a header that is wrong. */
export async function* readEmployeeRows(
  source: AsyncIterable<Uint8Array>,
  phoneRegion: string | null,
): AsyncGenerator<EmployeeRow> {
  let header: readonly string[] | null = null
  for await (const item of readCsv(source)) {
    const { row } = item
    if (item.kind === 'fault') {
      yield { ok: false, row, problems: [sayFault(row, item.fault)] }
      return
    }
    if (header !== null) {
      yield readRow(row, item.cells, header, phoneRegion)
      continue
    }
    header = item.cells.map((cell) => canonicalText(cell) ?? '')
    const problems = problemsOfHeader(row, header)
    if (problems.length > 0) {
      yield { ok: false, row, problems }
      return
    }
  }
  if (header === null) yield { ok: false, row: 1, problems: [wrongHeader(1, `is missing: write ${HEADER}`)] }
}

function wrongHeader(row: number, message: string): RowProblem {
  return { row, column: null, problem: 'header', message }
}

function problemsOfHeader(row: number, header: readonly string[]): RowProblem[] {
  const missing = COLUMNS.filter((name) => !header.includes(name))
  const further = header.filter((name) => !isOurs(name))
  const odd = further.filter((name) => !COLUMN_NAME.test(name))
  const said: string[] = []
  if (missing.length > 0) {
    said.push(
      `has no ${missing.join(', ')}; the header must be ${HEADER}, with commas, and may have more columns`,
    )
  } else if (odd.length > 0) {
    said.push(
      'has a column whose name is not letters and digits, a letter first, at most 40; write such a name',
    )
  } else if (new Set(header).size < header.length) said.push('has a column twice; write each once')
  if (header.length > MOST_COLUMNS) said.push(`has more than ${MOST_COLUMNS} columns; write fewer`)
  return said.map((message) => wrongHeader(row, message))
}

function readRow(
  row: number,
  cells: readonly string[],
  header: readonly string[],
  phoneRegion: string | null,
): EmployeeRow {
  if (cells.length !== header.length) {
    const message = `must have ${header.length} cells as the header has, has ${cells.length}; quote a cell that holds a comma`
    return { ok: false, row, problems: [{ row, column: null, problem: 'cells', message }] }
  }
  const cellOf = (name: (typeof COLUMNS)[number]) => cells[header.indexOf(name)] ?? ''
  const further = header.flatMap((name, index) => (isOurs(name) ? [] : [[name, cells[index] ?? ''] as const]))
  const texts = {
    employeeId: cellOf('employeeId'),
    role: cellOf('role'),
    status: cellOf('status'),
    fullName: cellOf('fullName'),
    email: cellOf('email'),
    phone: cellOf('phone'),
    attributes: Object.fromEntries(further),
  }
  const read = readRecord(texts, phoneRegion)
  if (read.ok) return { ok: true, row, record: read.record }
  const problems = read.problems.map((one) => ({ row, ...one, message: sayProblem(one, phoneRegion) }))
  return { ok: false, row, problems }
}

function isOurs(name: string): boolean {
  return COLUMNS.some((one) => one === name)
}

/** What is wrong with a text of a record, and what to write. */
export function sayProblem({ column, problem }: RecordProblem, phoneRegion: string | null): string {
  switch (problem) {
    case 'missing':
      return 'is missing; write it'
    case 'too-long':
      return `is too long; write at most ${column === 'employeeId' || column === 'role' ? 64 : 1000} characters`
    case 'not-a-status':
      return 'must be active, suspended or ended'
    case 'malformed':
      return sayMalformed(column, phoneRegion)
    default:
      return assertNever(problem)
  }
}

function sayMalformed(column: string, phoneRegion: string | null): string {
  if (column === 'email') return 'must be an email address such as name@example.org'
  if (column === 'employeeId') return 'must not begin with + and must hold no @'
  return phoneRegion === null
    ? 'must be a phone number with its country code, such as +919876543210'
    : `must be a phone number, with its country code unless it is one of ${phoneRegion}`
}

function sayFault(row: number, fault: CsvFault): RowProblem {
  return { row, column: null, problem: fault, message: FAULTS[fault] }
}

const FAULTS: Readonly<Record<CsvFault, string>> = {
  'not-utf8': 'is not UTF-8 text; save the file as CSV in UTF-8',
  quotes:
    'has a quotation mark that is not closed, or that stands inside a cell; write " around the cell and "" in it',
  'too-long': 'is too long to be a row; most likely a quotation mark before it is not closed',
}
