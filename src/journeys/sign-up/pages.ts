import { type AccountForm, accountFields } from '../../http/account-form.ts'
import { type Page, sheet } from '../../http/page.ts'

export interface ChooseTypePage {
  /** The page itself: a choice is `?userType=<id>` on it. */
  readonly action: string
  readonly types: readonly { readonly id: string; readonly name: string; readonly description: string }[]
  readonly signInUrl: string | null
}

export function chooseTypePage(page: ChooseTypePage): Page {
  return sheet('sign-up/choose-type', { key: 'signUp.choose.title' }, { ...page, step: { at: 1, of: 3 } })
}

export interface SignUpPage extends AccountForm {
  readonly action: string
  readonly typeName: string
  /** Null where there is one type only: then nothing was chosen before. */
  readonly chooseTypeUrl: string | null
  readonly signInUrl: string | null
}

export function signUpPage(page: SignUpPage): Page {
  const { action, typeName, chooseTypeUrl, signInUrl } = page
  const model = {
    action,
    typeName,
    chooseTypeUrl,
    signInUrl,
    step: chooseTypeUrl === null ? { at: 1, of: 2 } : { at: 2, of: 3 },
    form: accountFields(page),
  }
  const title =
    chooseTypeUrl === null
      ? ({ key: 'signUp.title' } as const)
      : ({ key: 'signUp.titleOfType', values: { type: typeName } } as const)
  return sheet('sign-up/form', title, model, { failed: page.problems.length > 0 })
}

/** After a right code: no account was made, whatever the reason. */
export interface NotConfirmedPage {
  readonly againUrl: string
  readonly signInUrl: string | null
}

export function notConfirmedPage(page: NotConfirmedPage): Page {
  return sheet('sign-up/not-confirmed', { key: 'signUp.title' }, page, { failed: true })
}

/** The end of a sign-up that stands alone. */
export interface SignedUpPage {
  readonly signInUrl: string | null
}

export function signedUpPage(page: SignedUpPage): Page {
  return sheet('sign-up/done', { key: 'signUp.done.title' }, page)
}

export interface AwaitingApprovalPage {
  readonly typeName: string
  /** The contact that was verified just now, as typed. */
  readonly verified: { readonly channel: 'sms' | 'email'; readonly contact: string }
  readonly backUrl: string | null
  readonly clientName: string | null
}

export function awaitingApprovalPage(page: AwaitingApprovalPage): Page {
  return sheet('sign-up/awaiting-approval', { key: 'signUp.waiting.title' }, page)
}
