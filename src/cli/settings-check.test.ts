import { describe, expect, it } from '@jest/globals'
import type { Settings } from '../settings/index.ts'
import { createProblems } from '../settings/problems.ts'
import { settingsCheck } from './settings-check.ts'

function check(keys: readonly string[]) {
  const told: string[] = []
  const read = (): Settings => {
    const problems = createProblems()
    for (const key of keys) problems.add(key, 'must be set')
    problems.refuseIfAny()
    return {} as Settings
  }
  const code = settingsCheck(read, ['--json'], (line) => told.push(line))
  return { code, told: JSON.parse(told.join('\n')) }
}

describe('settings check --json', () => {
  it.each([[['LATCHKEY_ISSUER']], [['LATCHKEY_ISSUER', 'LATCHKEY_SMTP_URL']]])(
    'lists a line for each problem and nothing else (%j)',
    (keys) => {
      const problems = keys.map((key) => `${key}: must be set`)
      expect(check(keys)).toEqual({ code: 1, told: { ok: false, problems } })
    },
  )

  it('says that there is none', () => {
    expect(check([])).toEqual({ code: 0, told: { ok: true, problems: [] } })
  })
})
