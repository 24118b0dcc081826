import type { Text } from './texts.ts'

export type PasswordProblem = 'missing' | 'too-short' | 'too-long' | 'common' | 'context-word'

const PROBLEMS = {
  missing: 'account.problem.passwordMissing',
  'too-short': 'account.problem.passwordTooShort',
  'too-long': 'account.problem.passwordTooLong',
  common: 'account.problem.passwordCommon',
  'context-word': 'account.problem.passwordContextWord',
} as const

/** Why a password is not taken, and what to write instead; the same words wherever one is chosen. */
export function passwordProblem(problem: PasswordProblem, minimumLength: number): Text {
  return { key: PROBLEMS[problem], values: { count: minimumLength } }
}

/** What stands above the input, before anything is refused. */
export function passwordHint(minimumLength: number): Text {
  return { key: 'account.passwordHint', values: { count: minimumLength } }
}
