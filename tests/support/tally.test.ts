import { describe, expect, it } from '@jest/globals'
import { addUp, type JestReport, tallyJest } from './tally.ts'

function report(statuses: readonly string[], suitesThatDidNotRun = 0): JestReport {
  return {
    numPassedTests: statuses.filter((status) => status === 'passed').length,
    numFailedTests: statuses.filter((status) => status === 'failed').length,
    numRuntimeErrorTestSuites: suitesThatDidNotRun,
    testResults: [
      {
        name: 'a.test.ts',
        assertionResults: statuses.map((status, index) => ({ fullName: `test ${index}`, status })),
      },
    ],
  }
}

describe('the tally of a run', () => {
  it('counts what passed and what failed', () => {
    expect(tallyJest(report(['passed', 'passed', 'failed']), 1)).toEqual({
      passed: 2,
      failed: 1,
      complaints: [],
    })
  })

  it.each(['pending', 'skipped', 'todo', 'disabled'])('counts a %s test as failed and names it', (status) => {
    const tally = tallyJest(report(['passed', status]), 0)
    expect(tally.failed).toBe(1)
    expect(tally.complaints).toEqual([`not run (${status}): test 1, in a.test.ts`])
  })

  it('counts a suite that could not run as failed', () => {
    expect(tallyJest(report(['passed'], 1), 1).failed).toBe(1)
  })

  it('fails when no test ran', () => {
    expect(tallyJest(report([]), 0).failed).toBe(1)
  })

  it('fails when jest ended badly though every test passed', () => {
    expect(tallyJest(report(['passed']), 1).failed).toBe(1)
    expect(tallyJest(report(['passed']), null).failed).toBe(1)
  })

  it('fails when there is no report', () => {
    expect(tallyJest(null, 0).failed).toBe(1)
  })

  it('adds checks and tests', () => {
    const checks = { passed: 2, failed: 0, complaints: [] }
    expect(addUp([checks, tallyJest(report(['passed', 'todo']), 0)])).toMatchObject({ passed: 3, failed: 1 })
  })
})
