import { identifierHint, identifierLabel } from '../../http/identifier-field.ts'
import { type Page, sheet } from '../../http/page.ts'
import { type PasswordProblem, passwordHint, passwordProblem } from '../../http/password-problem.ts'

export interface ForgotPage {
  readonly action: string
  readonly identifier: string
  /** What the user types of this deployment sign in with. */
  readonly identifierKinds: Parameters<typeof identifierLabel>[0]
  readonly missing: boolean
  readonly signInUrl: string | null
}

export function forgotPage({ action, identifier, identifierKinds, missing, signInUrl }: ForgotPage): Page {
  const model = {
    action,
    identifier,
    signInUrl,
    step: { at: 1, of: 3 },
    label: identifierLabel(identifierKinds),
    hint: identifierHint(identifierKinds),
    problem: missing ? { key: 'recovery.missing' } : null,
  }
  return sheet('recovery/forgot', { key: 'recovery.title' }, model, { failed: missing })
}

export interface NewPasswordPage {
  readonly action: string
  /** The form is about this account, whatever is begun in another tab meanwhile. */
  readonly accountId: string
  /** Null where no identifier and code came before. */
  readonly step: { readonly at: number; readonly of: number } | null
  /** For password managers: they file the new password under this name. */
  readonly identifier: string
  /** In code points. */
  readonly minimumLength: number
  readonly problem: PasswordProblem | null
}

export function newPasswordPage(page: NewPasswordPage): Page {
  const { minimumLength } = page
  const problem = page.problem && passwordProblem(page.problem, minimumLength)
  const model = { ...page, hint: passwordHint(minimumLength), problem }
  return sheet('recovery/new-password', { key: 'recovery.new.title' }, model, { failed: problem !== null })
}

/** The end of a recovery that stands alone. */
export interface RecoveredPage {
  readonly accountUrl: string
}

export function recoveredPage(page: RecoveredPage): Page {
  return sheet('recovery/done', { key: 'recovery.done.title' }, page)
}

/** The form was used, or its time is over: one page for whatever made it so. */
export interface OverPage {
  readonly againUrl: string
  readonly signInUrl: string | null
}

export function overPage(page: OverPage): Page {
  return sheet('recovery/over', { key: 'recovery.over.title' }, page, { failed: true })
}

/** Opening the link shows this; only the button acts. */
export interface OwnerLinkPage {
  readonly action: string
  readonly token: string
}

export function ownerLinkPage(page: OwnerLinkPage): Page {
  return sheet('recovery/owner', { key: 'recovery.title' }, page)
}
