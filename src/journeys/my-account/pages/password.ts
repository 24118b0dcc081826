import { type Page, sheet } from '../../../http/page.ts'
import { type PasswordProblem, passwordProblem } from '../../../http/password-problem.ts'
import type { Text } from '../../../http/texts.ts'
import { secondsUntil } from '../../../lib/clock.ts'
import { CURRENT_PASSWORD_PROBLEMS } from './leaving.ts'

type Problem =
  | { readonly field: 'currentPassword'; readonly problem: 'missing' | 'wrong' }
  | { readonly field: 'newPassword'; readonly problem: PasswordProblem }

export interface ChangePasswordPage {
  readonly accountId: string
  /** For password managers; not sent. */
  readonly identifier: string
  readonly hasPassword: boolean
  /** In code points. */
  readonly minimumLength: number
  readonly problems: readonly Problem[]
  readonly pausedUntil: Date | null
  readonly now: Date
}

export function changePasswordPage({ problems, now, ...page }: ChangePasswordPage): Page {
  const { pausedUntil, minimumLength } = page
  const textOf = (field: Problem['field']) => {
    const problem = problems.find((one) => one.field === field)
    return problem ? problemText(problem, minimumLength) : null
  }
  const model = {
    ...page,
    links: problems.map((one) => ({ href: `#${one.field}`, text: problemText(one, minimumLength) })),
    currentProblem: textOf('currentPassword'),
    newProblem: textOf('newPassword'),
    waitSeconds: pausedUntil === null ? 0 : secondsUntil(pausedUntil, now),
  }
  const failed = problems.length > 0 || pausedUntil !== null
  return sheet('my-account/password', { key: 'myAccount.password.title' }, model, { failed })
}

function problemText(problem: Problem, minimum: number): Text {
  if (problem.field === 'currentPassword') return CURRENT_PASSWORD_PROBLEMS[problem.problem]
  return passwordProblem(problem.problem, minimum)
}
