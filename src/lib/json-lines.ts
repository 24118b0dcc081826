import { isUtf8 } from 'node:buffer'

/** What a text of JSON Lines (jsonlines.org) holds, in its order; after a fault nothing more comes. */
export type JsonLine =
  | { readonly kind: 'row'; readonly row: number; readonly value: unknown }
  /** This line alone cannot be read. */
  | { readonly kind: 'bad'; readonly row: number; readonly fault: 'not-json' | 'not-utf8' }
  | { readonly kind: 'fault'; readonly row: number; readonly fault: 'too-long' }

const LONGEST_LINE_BYTES = 65_536
const LINE_FEED = 0x0a
const BYTE_ORDER_MARK = '\ufeff'

/**
 * Reads JSON Lines as they come, in UTF-8 with or without a byte order mark, never holding more than one of them.
 * Lines are counted from 1; empty ones are left out. What the source throws is thrown.
 */
export async function* readJsonLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<JsonLine> {
  let row = 0
  let rest: Uint8Array = new Uint8Array(0)
  for await (const chunk of source) {
    const bytes = rest.byteLength === 0 ? chunk : Buffer.concat([rest, chunk])
    let from = 0
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, from)) {
      row += 1
      const line = readLine(bytes.subarray(from, end), row)
      if (line !== null) yield line
      if (line?.kind === 'fault') return
      from = end + 1
    }
    rest = bytes.subarray(from)
    if (rest.byteLength > LONGEST_LINE_BYTES) break
  }
  const last = readLine(rest, row + 1)
  if (last !== null) yield last
}

function readLine(bytes: Uint8Array, row: number): JsonLine | null {
  if (bytes.byteLength > LONGEST_LINE_BYTES) return { kind: 'fault', row, fault: 'too-long' }
  if (!isUtf8(bytes)) return { kind: 'bad', row, fault: 'not-utf8' }
  const text = Buffer.from(bytes).toString('utf8')
  const line = row === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
  if (line.trim() === '') return null
  try {
    return { kind: 'row', row, value: JSON.parse(line) }
  } catch {
    return { kind: 'bad', row, fault: 'not-json' }
  }
}
