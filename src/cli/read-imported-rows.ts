import { readCsv } from '../lib/csv.ts'
import { readJsonLines } from '../lib/json-lines.ts'
import { IMPORTED_COLUMNS, type ImportedRow } from '../steps/index.ts'

export type ImportFormat = 'csv' | 'json-lines'

/** By the end of its name; null: neither. */
export function formatOf(file: string): ImportFormat | null {
  if (/\.csv$/i.test(file)) return 'csv'
  return /\.(?:jsonl|ndjson)$/i.test(file) ? 'json-lines' : null
}

/** The rows of a file of accounts as they come, all in the form that JSON has. */
export function readImportedRows(
  format: ImportFormat,
  source: AsyncIterable<Uint8Array>,
): AsyncIterable<ImportedRow> {
  return format === 'csv' ? rowsOfCsv(source) : rowsOfJson(source)
}

async function* rowsOfJson(source: AsyncIterable<Uint8Array>): AsyncGenerator<ImportedRow> {
  for await (const line of readJsonLines(source)) {
    if (line.kind === 'row') yield { row: line.row, value: line.value }
    else yield { row: line.row, problem: FAULTS[line.fault] }
  }
}

async function* rowsOfCsv(source: AsyncIterable<Uint8Array>): AsyncGenerator<ImportedRow> {
  let columns: readonly string[] | null = null
  for await (const item of readCsv(source)) {
    const { row } = item
    if (item.kind === 'fault') yield { row, problem: FAULTS[item.fault] }
    else if (columns === null) {
      columns = item.cells.map((cell) => cell.trim())
      const problem = headerProblem(columns)
      if (problem !== null) {
        yield { row, problem }
        return
      }
    } else if (item.cells.length === columns.length) yield { row, value: objectOf(columns, item.cells) }
    else yield { row, problem: `has ${item.cells.length} cells, the header has ${columns.length}` }
  }
}

const FIELD = 'field.'

function headerProblem(columns: readonly string[]): string | null {
  const unknown = columns.filter((one) => !IMPORTED_COLUMNS.includes(one) && !one.startsWith(FIELD))
  const known = `${IMPORTED_COLUMNS.join(', ')} and ${FIELD}NAME`
  if (unknown.length > 0) return `the header has ${unknown.map(quoted).join(', ')}; columns are ${known}`
  const twice = columns.filter((one, index) => columns.indexOf(one) < index)
  return twice.length > 0 ? `the header has ${twice.map(quoted).join(', ')} twice` : null
}

function quoted(text: string): string {
  return `"${text}"`
}

/** An empty cell is nothing. */
function objectOf(columns: readonly string[], cells: readonly string[]): object {
  const written = columns.flatMap((column, index): [string, string][] => {
    const cell = cells[index] ?? ''
    return cell.trim() === '' ? [] : [[column, cell]]
  })
  const builtIn = written.filter(([column]) => !column.startsWith(FIELD))
  const fields = written.filter(([column]) => column.startsWith(FIELD))
  return {
    ...Object.fromEntries(builtIn.map(([column, cell]) => [column, typedCell(column, cell)])),
    fields: Object.fromEntries(fields.map(([column, cell]) => [column.slice(FIELD.length), cell])),
  }
}

function typedCell(column: string, cell: string): unknown {
  const text = cell.trim()
  if (column === 'roles') return text.split(/[\s,;|]+/)
  if (column.endsWith('Verified')) return FLAGS.get(text.toLowerCase()) ?? text
  return text
}

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['false', false],
  ['0', false],
  ['no', false],
])

const FAULTS = {
  'not-utf8': 'is not UTF-8; save the file in UTF-8',
  'not-json': 'is not JSON; write one object on a line',
  quotes: 'has a quotation mark that is not closed, or stands where none may; nothing behind it was read',
  'too-long': 'is longer than 64 KB; nothing behind it was read',
} as const
