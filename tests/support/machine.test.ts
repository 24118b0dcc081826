import { basename, dirname } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { findProgram, type Program } from './machine.ts'

const program: Program = {
  name: 'Sample',
  commands: ['latchkey-no-such-program', basename(process.execPath)],
  variable: 'LATCHKEY_TEST_SAMPLE',
  debianPackage: 'sample',
}

describe('looking for a program', () => {
  it('takes the first command on the PATH that runs', () => {
    const env = { PATH: `/nowhere:${dirname(process.execPath)}` }
    expect(findProgram(program, env)).toBe(process.execPath)
  })

  it('is null when none runs', () => {
    expect(findProgram(program, { PATH: '/nowhere' })).toBeNull()
    expect(findProgram(program, {})).toBeNull()
  })

  it('takes the override at its word', () => {
    const broken = { PATH: dirname(process.execPath), LATCHKEY_TEST_SAMPLE: 'latchkey-no-such-program' }
    expect(findProgram(program, broken)).toBeNull()
    expect(findProgram(program, { LATCHKEY_TEST_SAMPLE: process.execPath })).toBe(process.execPath)
  })
})
