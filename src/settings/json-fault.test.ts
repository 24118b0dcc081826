import { describe, expect, it } from '@jest/globals'
import { findJsonFault } from './json-fault.ts'

describe('the first place where a text stops being JSON', () => {
  it.each([
    ['', 1, 1],
    ['{\n  "a": [,]\n}', 2, 9],
    ['{\n  "a": [', 2, 9],
    ['{"a": 1,}', 1, 9],
    ['{"a": 1\n "b": 2}', 2, 2],
    ['{a: 1}', 1, 2],
    ["{'a': 1}", 1, 2],
    ['{"a": tru}', 1, 7],
    ['{"a": "b\nc"}', 1, 7],
    ['{"a" 1}', 1, 6],
    ['[1, 2}', 1, 6],
    ['[01]', 1, 3],
    ['{} // done', 1, 4],
    ['[1, -2.5e+3, "\\u00e9", null, {"a": {}}] ]', 1, 41],
  ])('of %j is line %d, column %d', (text, line, column) => {
    expect(() => JSON.parse(text)).toThrow()
    expect(findJsonFault(text)).toEqual({ line, column })
  })
})
