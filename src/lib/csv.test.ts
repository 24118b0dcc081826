import { describe, expect, it } from '@jest/globals'
import { type CsvItem, readCsv } from './csv.ts'

async function* inPieces(bytes: Uint8Array, size: number) {
  for (let from = 0; from < bytes.byteLength; from += size) yield bytes.subarray(from, from + size)
}

async function read(text: string | Uint8Array, size = 7): Promise<CsvItem[]> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  const items: CsvItem[] = []
  for await (const item of readCsv(inPieces(bytes, size))) items.push(item)
  return items
}

const rows = (items: readonly CsvItem[]) =>
  items.map((one) => (one.kind === 'row' ? [one.row, ...one.cells] : [one.row, one.fault]))

describe('reading CSV', () => {
  it('reads rows wherever the bytes are cut, letters of several bytes too', async () => {
    const text = 'id,name\n1,Ärger 🙂 中文\n2,"a ""b"", c"\n'
    for (const size of [1, 2, 3, 5, 1000]) {
      expect(rows(await read(text, size))).toEqual([
        [1, 'id', 'name'],
        [2, '1', 'Ärger 🙂 中文'],
        [3, '2', 'a "b", c'],
      ])
    }
  })

  it('drops a byte order mark, also when it comes in pieces', async () => {
    expect(rows(await read('\ufeffid\n1', 1))).toEqual([
      [1, 'id'],
      [2, '1'],
    ])
  })

  it.each(['\n', '\r\n', '\r'])('takes %j as the end of a line, and counts empty lines', async (end) => {
    expect(rows(await read(['a,b', '', '1,2', ''].join(end)))).toEqual([
      [1, 'a', 'b'],
      [3, '1', '2'],
    ])
  })

  it('takes line ends that are mixed', async () => {
    expect(rows(await read('a\r\n1\n2\r\n3'))).toEqual([
      [1, 'a'],
      [2, '1'],
      [3, '2'],
      [4, '3'],
    ])
  })

  it('gives rows with too few or too many cells as they are', async () => {
    expect(rows(await read('a,b\n1\n1,2,3\n'))).toEqual([
      [1, 'a', 'b'],
      [2, '1'],
      [3, '1', '2', '3'],
    ])
  })

  it('names the row whose bytes are not UTF-8', async () => {
    const latin = Buffer.concat([
      Buffer.from('id,name\n1,Ann\n2,M'),
      Buffer.from([0xfc]),
      Buffer.from('ller\n'),
    ])
    for (const size of [1, 9, 1000]) expect((await read(latin, size)).at(-1)).toMatchObject({ row: 3 })
    expect((await read(latin)).at(-1)).toEqual({ kind: 'fault', row: 3, fault: 'not-utf8' })
    const crLf = Buffer.concat([Buffer.from('id\r\n1\r\n2'), Buffer.from([0xfc])])
    for (const size of [1, 2, 3, 1000]) expect((await read(crLf, size)).at(-1)).toMatchObject({ row: 3 })
    expect(await read(Buffer.from('\ufeffid\n1\n', 'utf16le'))).toEqual([
      { kind: 'fault', row: 1, fault: 'not-utf8' },
    ])
  })

  it.each([
    ['that is not closed', 'a,b\n1,"2\n3,4\n'],
    ['with something behind it', 'a,b\n1,"2"x\n'],
    ['in the middle of a cell', 'a,b\n1,2"x\n'],
  ])('names the row with a quotation mark %s', async (_, text) => {
    expect((await read(text)).at(-1)).toEqual({ kind: 'fault', row: 2, fault: 'quotes' })
  })

  it('gives all rows before a fault, however the bytes are cut', async () => {
    for (const size of [1, 7, 1000]) {
      for (const end of ['"3', '"3"x\n9\n']) {
        expect(rows(await read(`a\n1\n2\n${end}`, size))).toEqual([
          [1, 'a'],
          [2, '1'],
          [3, '2'],
          [4, 'quotes'],
        ])
      }
    }
  })

  it('reads no row that has no end, and takes no memory for it', async () => {
    let taken = 0
    async function* endless() {
      yield Buffer.from('a,b\n')
      for (; ; taken += 1) yield Buffer.alloc(10_000, 'x')
    }
    const items: CsvItem[] = []
    for await (const item of readCsv(endless())) items.push(item)
    expect(items.at(-1)).toEqual({ kind: 'fault', row: 2, fault: 'too-long' })
    expect(taken).toBeLessThan(20)
    const quoted = `a,b\n1,"${'x\n'.repeat(50_000)}"\n`
    expect((await read(quoted, 10_000)).at(-1)).toEqual({ kind: 'fault', row: 2, fault: 'too-long' })
  })

  it('passes on what the source throws', async () => {
    async function* broken() {
      yield Buffer.from('a,b\n')
      throw new Error('EIO')
    }
    const reading = (async () => {
      for await (const item of readCsv(broken())) expect(item).toBeDefined()
    })()
    await expect(reading).rejects.toThrow('EIO')
  })

  it('lets go of the source when the reader has enough', async () => {
    let isLetGo = false
    async function* source() {
      try {
        for (;;) yield Buffer.from('1,2\n')
      } finally {
        isLetGo = true
      }
    }
    for await (const item of readCsv(source())) if (item.row === 3) break
    await new Promise((resolve) => setImmediate(resolve))
    expect(isLetGo).toBe(true)
  })
})
