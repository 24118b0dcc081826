import type { FieldDefinition, FieldValues } from '../../../domain/user-types/index.ts'
import { shownValue } from '../../../domain/user-types/index.ts'
import { type Page, sheet } from '../../../http/page.ts'
import { type TypeFieldProblem, typeFieldProblems, typeFields } from '../../../http/type-fields.ts'
import { secondsUntil } from '../../../lib/clock.ts'

export interface ProfilePage {
  readonly accountId: string
  readonly fields: readonly FieldDefinition[]
  readonly held: FieldValues
  /** What was typed; null: the page is opened. */
  readonly typed: Readonly<Record<string, string>> | null
  readonly problems: readonly TypeFieldProblem[]
  readonly pausedUntil: Date | null
  /** There is more that only an administrator may correct. */
  readonly others: boolean
  readonly now: Date
}

export function profilePage({ fields, held, typed, problems, now, ...page }: ProfilePage): Page {
  const values = new Map<string, string>()
  const kept = new Map<string, string>()
  for (const field of fields) {
    const value = held[field.name]
    if (value === undefined) continue
    if (field.sensitive) kept.set(field.name, shownValue(field, value))
    else values.set(field.name, String(value))
  }
  const form = {
    fields,
    values: typed ?? Object.fromEntries(values),
    problems,
    kept: Object.fromEntries(kept),
  }
  const { pausedUntil } = page
  const model = {
    ...page,
    form: { fields: typeFields(form), problems: typeFieldProblems(form) },
    waitSeconds: pausedUntil === null ? 0 : secondsUntil(pausedUntil, now),
  }
  const failed = problems.length > 0 || pausedUntil !== null
  return sheet('my-account/profile', { key: 'myAccount.profile.title' }, model, { failed })
}
