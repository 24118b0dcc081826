import { type Page, sheet } from '../../../http/page.ts'
import type { Text } from '../../../http/texts.ts'
import { secondsUntil } from '../../../lib/clock.ts'

/** Why the password that was asked for again was not taken. */
export type PasswordFailure =
  | { readonly kind: 'missing' | 'wrong' }
  | { readonly kind: 'paused'; readonly until: Date }

export const CURRENT_PASSWORD_PROBLEMS = {
  missing: { key: 'myAccount.problem.currentMissing' },
  wrong: { key: 'myAccount.problem.currentWrong' },
} as const satisfies Readonly<Record<string, Text>>

export interface EverywherePage {
  readonly accountId: string
}

export function everywherePage(page: EverywherePage): Page {
  return sheet('my-account/sign-out-everywhere', { key: 'myAccount.everywhere.title' }, page)
}

export interface DeactivatePage {
  readonly accountId: string
  readonly hasPassword: boolean
  readonly failure: PasswordFailure | null
  readonly now: Date
}

export function deactivatePage({ failure, now, ...page }: DeactivatePage): Page {
  const problem = failure && failure.kind !== 'paused' ? CURRENT_PASSWORD_PROBLEMS[failure.kind] : null
  const model = {
    ...page,
    problem,
    pausedUntil: failure?.kind === 'paused' ? failure.until : null,
    waitSeconds: failure?.kind === 'paused' ? secondsUntil(failure.until, now) : 0,
  }
  const title = { key: 'myAccount.deactivate.title' } as const
  return sheet('my-account/deactivate', title, model, { failed: failure !== null })
}
