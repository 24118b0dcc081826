import { type AccountForm, accountFields } from '../../http/account-form.ts'
import { type Page, sheet } from '../../http/page.ts'

/** The contact that an invitation went to. */
export interface InvitedContact {
  readonly channel: 'sms' | 'email'
  readonly contact: string
}

/** What an invitation is for; the button goes on, opening the page uses nothing up. */
export interface InvitationPage extends InvitedContact {
  readonly action: string
  readonly token: string
  readonly typeName: string
  readonly worksUntil: Date
}

export function invitationPage(page: InvitationPage): Page {
  return sheet('invitation/ask', { key: 'invitation.title' }, page)
}

/** One thing that an administrator wrote for the person already. */
export interface GivenValue {
  readonly label: string
  readonly shown: string
}

export interface DetailsPage extends InvitedContact, AccountForm {
  readonly action: string
  /** The form is about this account, whatever other invitation is followed meanwhile. */
  readonly accountId: string
  readonly typeName: string
  readonly employeeId: string | null
  readonly given: readonly GivenValue[]
  /** Is what is typed compared with a register of employees? */
  readonly asksRegister: boolean
  /** The register could not be asked: nothing was changed. */
  readonly retryAfterSeconds: number | null
}

export function detailsPage(page: DetailsPage): Page {
  const { problems, retryAfterSeconds } = page
  const model = {
    action: page.action,
    accountId: page.accountId,
    typeName: page.typeName,
    channel: page.channel,
    contact: page.contact,
    employeeId: page.employeeId,
    given: page.given,
    asksRegister: page.asksRegister,
    isLater: retryAfterSeconds !== null,
    form: accountFields(page),
  }
  const failed = problems.length > 0 || retryAfterSeconds !== null
  return sheet('invitation/details', { key: 'signUp.title' }, model, { failed })
}

/** The account could not be made, whatever the reason. */
export interface NotConfirmedPage {
  readonly asksRegister: boolean
  readonly againUrl: string
}

export function notConfirmedPage(page: NotConfirmedPage): Page {
  return sheet('invitation/not-confirmed', { key: 'signUp.title' }, page, { failed: true })
}

export interface AcceptedPage {
  readonly signInUrl: string | null
}

export function acceptedPage(page: AcceptedPage): Page {
  return sheet('sign-up/done', { key: 'signUp.done.title' }, page)
}

export interface WaitingPage {
  readonly typeName: string
  readonly verified: InvitedContact
}

export function waitingPage(page: WaitingPage): Page {
  const nowhere = { backUrl: null, clientName: null }
  return sheet('sign-up/awaiting-approval', { key: 'signUp.waiting.title' }, { ...page, ...nowhere })
}

/** Used, too old, withdrawn, or never sent: the page does not say which. */
export function deadInvitationPage(): Page {
  return sheet('invitation/dead', { key: 'invitation.dead.heading' }, {})
}
