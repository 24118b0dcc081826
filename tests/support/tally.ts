/** How many tests and checks passed and failed, and why a failure is one where jest's own output does not say. */
export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly complaints: readonly string[]
}

/** What is read of the file that `jest --json --outputFile` writes. */
export interface JestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  /** Suites that never got to their tests: a syntax error, a missing import, no test in the file. */
  readonly numRuntimeErrorTestSuites: number
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

/** Statuses of tests that did not run. Nothing is skipped in silence, so each counts as failed. */
const NOT_RUN = new Set(['pending', 'skipped', 'todo', 'disabled'])

/** Counts a run of jest. `report` is null when jest ended without writing one. */
export function tallyJest(report: JestReport | null, exitCode: number | null): Tally {
  if (report === null) return { passed: 0, failed: 1, complaints: ['jest ended without a report'] }
  const complaints = report.testResults.flatMap((suite) =>
    suite.assertionResults
      .filter((test) => NOT_RUN.has(test.status))
      .map((test) => `not run (${test.status}): ${test.fullName}, in ${suite.name}`),
  )
  if (report.numPassedTests + report.numFailedTests === 0) complaints.push('no test ran')
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites + complaints.length
  if (exitCode === 0 || failed > 0) return { passed: report.numPassedTests, failed, complaints }
  return {
    passed: report.numPassedTests,
    failed: 1,
    complaints: [`every test passed, yet jest ended with ${exitCode ?? 'a signal'}`],
  }
}

export function addUp(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((sum, tally) => sum + tally.passed, 0),
    failed: tallies.reduce((sum, tally) => sum + tally.failed, 0),
    complaints: tallies.flatMap((tally) => tally.complaints),
  }
}
