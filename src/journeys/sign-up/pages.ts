import { type AccountForm, accountFields } from '../../http/account-form.ts'
import { type Page, type Step, sheet } from '../../http/page.ts'

export interface ChooseTypePage {
  /** The page itself: a choice is `?userType=<id>` on it. */
  readonly action: string
  readonly types: readonly { readonly id: string; readonly name: string; readonly description: string }[]
  readonly signInUrl: string | null
}

export function chooseTypePage(page: ChooseTypePage): Page {
  return sheet('sign-up/choose-type', { key: 'signUp.choose.title' }, { ...page, step: { at: 1, of: 3 } })
}

/** Of which type the account is to be, and where in the steps a page stands. */
interface OfType {
  readonly typeName: string
  /** Null where there is one type only: then nothing was chosen before. */
  readonly chooseTypeUrl: string | null
}

export interface SignUpPage extends OfType, AccountForm {
  readonly action: string
  readonly userType: string
  /** Is what is typed compared with a register of employees? */
  readonly asksRegister: boolean
  readonly signInUrl: string | null
  /** Until when this contact has no sign-up left that may fail. */
  readonly pausedUntil: Date | null
}

export function signUpPage(page: SignUpPage): Page {
  const { typeName, chooseTypeUrl, pausedUntil, problems } = page
  const model = {
    action: page.action,
    userType: page.userType,
    typeName,
    chooseTypeUrl,
    asksRegister: page.asksRegister,
    signInUrl: page.signInUrl,
    pausedUntil,
    step: stepOf(page, 1),
    form: accountFields(page),
  }
  const title =
    chooseTypeUrl === null
      ? ({ key: 'signUp.title' } as const)
      : ({ key: 'signUp.titleOfType', values: { type: typeName } } as const)
  return sheet('sign-up/form', title, model, { failed: problems.length > 0 || pausedUntil !== null })
}

/** The code page stands last, after the form and, where there are several types, their choice. */
export function stepOf({ chooseTypeUrl }: Pick<OfType, 'chooseTypeUrl'>, at: 1 | 2): Step {
  return chooseTypeUrl === null ? { at, of: 2 } : { at: at + 1, of: 3 }
}

/** After a right code: no account was made, whatever the reason. */
export interface NotConfirmedPage extends OfType {
  readonly asksRegister: boolean
  readonly againUrl: string
  readonly signInUrl: string | null
}

export function notConfirmedPage(page: NotConfirmedPage): Page {
  const model = { ...page, step: stepOf(page, 2) }
  return sheet('sign-up/not-confirmed', { key: 'signUp.title' }, model, { failed: true })
}

/** After a right code, while the account is still to be made: the button goes on, without a new code. */
export interface FinishPage {
  readonly action: string
  /** Null before it was tried: there is nothing to wait for. */
  readonly retryAfterSeconds: number | null
}

export function finishPage(page: FinishPage): Page {
  return sheet('sign-up/finish', { key: 'signUp.finish.title' }, page)
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
