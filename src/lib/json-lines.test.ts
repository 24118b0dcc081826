import { describe, expect, it } from '@jest/globals'
import { type JsonLine, readJsonLines } from './json-lines.ts'

async function* inPieces(bytes: Uint8Array, size: number) {
  for (let from = 0; from < bytes.byteLength; from += size) yield bytes.subarray(from, from + size)
}

async function read(text: string | Uint8Array, size = 7): Promise<JsonLine[]> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  const lines: JsonLine[] = []
  for await (const line of readJsonLines(inPieces(bytes, size))) lines.push(line)
  return lines
}

describe('reading JSON Lines', () => {
  it('reads lines wherever the bytes are cut, and counts empty ones', async () => {
    const text = '{"a":"Ärger 🙂"}\n\r\n  \n[1]\r\n{"b":2}'
    for (const size of [1, 2, 3, 1000]) {
      expect(await read(text, size)).toEqual([
        { kind: 'row', row: 1, value: { a: 'Ärger 🙂' } },
        { kind: 'row', row: 4, value: [1] },
        { kind: 'row', row: 5, value: { b: 2 } },
      ])
    }
  })

  it('drops a byte order mark', async () => {
    expect(await read('\ufeff{}', 1)).toEqual([{ kind: 'row', row: 1, value: {} }])
  })

  it('goes on behind a line that is no JSON, or no UTF-8', async () => {
    const latin = Buffer.concat([
      Buffer.from('{"a":1}\n{"a":"M'),
      Buffer.from([0xfc]),
      Buffer.from('"}\n{a}\n1'),
    ])
    expect(await read(latin)).toEqual([
      { kind: 'row', row: 1, value: { a: 1 } },
      { kind: 'bad', row: 2, fault: 'not-utf8' },
      { kind: 'bad', row: 3, fault: 'not-json' },
      { kind: 'row', row: 4, value: 1 },
    ])
  })

  it('reads no line that has no end, and takes no memory for it', async () => {
    let taken = 0
    async function* endless() {
      yield Buffer.from('{}\n')
      for (; ; taken += 1) yield Buffer.alloc(10_000, 'x')
    }
    const lines: JsonLine[] = []
    for await (const line of readJsonLines(endless())) lines.push(line)
    expect(lines).toEqual([
      { kind: 'row', row: 1, value: {} },
      { kind: 'fault', row: 2, fault: 'too-long' },
    ])
    expect(taken).toBeLessThan(20)
  })

  it('reads nothing from nothing', async () => {
    expect(await read('')).toEqual([])
  })
})
