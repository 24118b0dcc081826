import { isUtf8 } from 'node:buffer'
import { finished } from 'node:stream/promises'
import { CsvError, parse } from 'csv-parse'

/** What a CSV text (RFC 4180) holds, in its order; after a fault nothing more comes. */
export type CsvItem =
  | {
      readonly kind: 'row'
      /** As a spreadsheet counts: the header is row 1, an empty line is a row. */
      readonly row: number
      readonly cells: readonly string[]
    }
  | { readonly kind: 'fault'; readonly row: number; readonly fault: CsvFault }

/** `quotes`: a quotation mark that is not closed, or stands where none may. */
export type CsvFault = 'not-utf8' | 'quotes' | 'too-long'

/** A row longer than this is no row: most likely a quotation mark that nobody closes. */
const LONGEST_ROW_BYTES = 65_536
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/**
 * Reads CSV as it comes, in UTF-8 with or without a byte order mark, with any line ending, never holding more than
 * the rows of one piece. Empty lines are left out; the rows before a fault come before it. What the source throws is
 * thrown.
 */
export async function* readCsv(source: AsyncIterable<Uint8Array>): AsyncGenerator<CsvItem> {
  const parser = createParser()
  try {
    for await (const lines of wholeLines(source)) yield* parser.read(lines)
    yield* parser.end()
  } catch (error) {
    const fault = faultOf(error)
    if (fault === null) throw error
    yield { kind: 'fault', ...fault }
  }
}

/** The rows of one piece after another. They are taken as they are found: a stream that fails drops what it holds. */
function createParser() {
  const found: CsvItem[] = []
  let failed: Error | null = null
  const parser = parse({
    bom: true,
    relax_column_count: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: LONGEST_ROW_BYTES,
    on_record: (cells: string[], { records }) => {
      const isEmptyLine = cells.length === 1 && cells[0] === ''
      if (!isEmptyLine) found.push({ kind: 'row', row: records, cells })
      return null
    },
  })
  parser.on('error', (error) => {
    failed = error
  })
  // Nothing comes out of it, but only a stream that is read ends.
  parser.resume()

  async function* take(step: Promise<unknown>): AsyncGenerator<CsvItem> {
    await step.catch(() => {})
    yield* found.splice(0)
    if (failed !== null) throw failed
  }

  return {
    read: (lines: Uint8Array) => take(new Promise<void>((resolve) => parser.write(lines, () => resolve()))),
    end: () => {
      parser.end()
      return take(finished(parser))
    },
  }
}

/** Bytes that are not text, or go on for too long without an end of line. */
class BadBytes extends Error {
  readonly line: number
  readonly fault: CsvFault

  constructor(line: number, fault: CsvFault) {
    super(fault)
    this.line = line
    this.fault = fault
  }
}

/** The same bytes cut behind ends of lines, so that no letter is torn, each piece checked to be UTF-8. */
async function* wholeLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let linesBefore = 0
  let rest: Uint8Array = new Uint8Array(0)
  for await (const chunk of source) {
    const bytes = rest.byteLength === 0 ? chunk : Buffer.concat([rest, chunk])
    // Whether a line feed belongs to a carriage return that comes last is only known with what comes next.
    const end = Math.max(bytes.lastIndexOf(LINE_FEED), bytes.lastIndexOf(CARRIAGE_RETURN, -2)) + 1
    const lines = bytes.subarray(0, end)
    rest = bytes.subarray(end)
    linesBefore += checkLines(lines, linesBefore)
    if (lines.byteLength > 0) yield lines
    if (rest.byteLength > LONGEST_ROW_BYTES) throw new BadBytes(linesBefore + 1, 'too-long')
  }
  checkLines(rest, linesBefore)
  if (rest.byteLength > 0) yield rest
}

/** How many lines they are. */
function checkLines(bytes: Uint8Array, linesBefore: number): number {
  const isText = isUtf8(bytes)
  let lines = 0
  let from = 0
  for (let at = 0; at < bytes.byteLength; at += 1) {
    if (!isLineEnd(bytes, at)) continue
    if (!isText && !isUtf8(bytes.subarray(from, at))) throw new BadBytes(linesBefore + lines + 1, 'not-utf8')
    lines += 1
    from = at + 1
  }
  if (!isText) throw new BadBytes(linesBefore + lines + 1, 'not-utf8')
  return lines
}

function isLineEnd(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] === LINE_FEED) return true
  return bytes[at] === CARRIAGE_RETURN && bytes[at + 1] !== LINE_FEED
}

function faultOf(error: unknown): { readonly row: number; readonly fault: CsvFault } | null {
  if (error instanceof BadBytes) return { row: error.line, fault: error.fault }
  if (!(error instanceof CsvError)) return null
  const row = Number(error['records']) + 1
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE':
    case 'INVALID_OPENING_QUOTE':
      return { row, fault: 'quotes' }
    case 'CSV_MAX_RECORD_SIZE':
      return { row, fault: 'too-long' }
    default:
      return null
  }
}
