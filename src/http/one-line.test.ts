import { describe, expect, it } from '@jest/globals'
import { oneLine } from './one-line.ts'

describe('what others have named, in a message', () => {
  it.each([
    ['Court\r\nBcc: all@example.org', 'Court Bcc: all@example.org'],
    ['Court\u2028Filing\u2029', 'Court Filing'],
    ['\u202Egnilif\u202C \u2066court\u2069', 'gnilif court'],
    ['Cou\u0000rt\u001b[2J', 'Cou rt [2J'],
    ['a\u200b\u200b\u200bb', 'ab'],
    ['  Court \t Filing ', 'Court Filing'],
    ['न्यायालय', 'न्यायालय'],
  ])('is one line that shows all it says: %j', (typed, said) => expect(oneLine(typed)).toBe(said))

  it('is cut between characters where it is long', () => {
    expect(oneLine('x'.repeat(80))).toBe('x'.repeat(80))
    expect(Array.from(oneLine('😀'.repeat(200)))).toHaveLength(80)
    expect(oneLine('😀'.repeat(200))).toMatch(/^😀+…$/u)
  })
})
