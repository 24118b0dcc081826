import type { IdentifierKind } from '../../domain/user-types/index.ts'
import { identifierHint, identifierLabel } from '../../http/identifier-field.ts'
import { type Page, sheet } from '../../http/page.ts'
import {
  type ShownField,
  type TypeFieldProblem,
  typeFieldProblems,
  typeFields,
} from '../../http/type-fields.ts'
import { secondsUntil } from '../../lib/clock.ts'

export type PasswordFailure =
  /** Which half was wrong is never said. */
  | { readonly kind: 'wrong' }
  | { readonly kind: 'missing'; readonly fields: readonly ('identifier' | 'password')[] }
  /** The same for known and unknown identifiers. */
  | { readonly kind: 'paused'; readonly until: Date; readonly now: Date }

export interface PasswordPage {
  readonly action: string
  /** The application to continue to. */
  readonly clientName: string | null
  /** As typed. */
  readonly identifier: string
  /** What the user types of this deployment sign in with. */
  readonly identifierKinds: readonly IdentifierKind[]
  readonly failure: PasswordFailure | null
  readonly signUpUrl: string | null
  readonly forgotUrl: string | null
  readonly withCodeUrl: string | null
  /** A forgotten password was set anew just now. */
  readonly passwordIsNew: boolean
}

export function passwordPage(page: PasswordPage): Page {
  const { failure, identifierKinds } = page
  const missing = failure?.kind === 'missing' ? failure.fields : []
  const wrong = failure?.kind === 'wrong'
  const model = {
    ...page,
    wrong,
    label: identifierLabel(identifierKinds),
    hint: identifierHint(identifierKinds),
    missing: missing.map((field) => ({ href: `#${field}`, text: MISSING[field] })),
    problems: {
      identifier: missing.includes('identifier') ? MISSING.identifier : null,
      password: missing.includes('password') ? MISSING.password : null,
    },
    waitSeconds: failure?.kind === 'paused' ? secondsUntil(failure.until, failure.now) : 0,
  }
  return sheet('sign-in/password', { key: 'signIn.title' }, model, { failed: failure !== null })
}

const MISSING = {
  identifier: { key: 'signIn.missing.identifier' },
  password: { key: 'signIn.missing.password' },
} as const

export interface WithCodePage {
  readonly action: string
  readonly clientName: string | null
  /** As typed. */
  readonly identifier: string
  /** What the user types sign in with that allow a code alone. */
  readonly identifierKinds: readonly IdentifierKind[]
  readonly failure: PasswordFailure | null
  readonly passwordUrl: string
  /** Some types need a password. */
  readonly notAll: boolean
}

export function withCodePage(page: WithCodePage): Page {
  const { failure, identifierKinds } = page
  const byContact = identifierKinds.every((kind) => kind === 'email' || kind === 'phone')
  const model = {
    ...page,
    label: identifierLabel(identifierKinds),
    hint: { key: byContact ? 'signIn.codeOnly.hintContact' : 'signIn.codeOnly.hintAny' },
    problem: failure?.kind === 'missing' ? MISSING.identifier : null,
    waitSeconds: failure?.kind === 'paused' ? secondsUntil(failure.until, failure.now) : 0,
  }
  return sheet('sign-in/with-code', { key: 'signIn.codeOnly.title' }, model, { failed: failure !== null })
}

export interface CompletePage {
  readonly action: string
  /** The form is about this account, whoever signs in in another tab meanwhile. */
  readonly accountId: string
  readonly clientName: string
  readonly typeName: string
  /** The account was made just now. */
  readonly isNew: boolean
  readonly fields: readonly ShownField[]
  readonly typed: Readonly<Record<string, string>>
  readonly problems: readonly TypeFieldProblem[]
  readonly pausedUntil: Date | null
  readonly now: Date
  readonly startAgainUrl: string
}

export function completePage({ fields, typed, problems, ...page }: CompletePage): Page {
  const title = { key: 'complete.title', values: { count: fields.length } } as const
  const { pausedUntil, now } = page
  const typeForm = { fields, values: typed, problems }
  const model = {
    ...page,
    title,
    form: { fields: typeFields(typeForm), problems: typeFieldProblems(typeForm) },
    waitSeconds: pausedUntil === null ? 0 : secondsUntil(pausedUntil, now),
  }
  const failed = problems.length > 0 || pausedUntil !== null
  return sheet('sign-in/complete', title, model, { failed })
}
