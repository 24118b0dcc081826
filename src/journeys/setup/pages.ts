import { type AccountForm, accountFields } from '../../http/account-form.ts'
import { type Page, sheet } from '../../http/page.ts'

export interface SetupPage extends Pick<AccountForm, 'values' | 'problems' | 'minimumPasswordLength'> {
  readonly action: string
  /** Of the setup link; the button uses it up, opening the page does not. */
  readonly token: string
}

export function setupPage({ action, token, ...form }: SetupPage): Page {
  const fields = accountFields({
    ...form,
    contacts: { email: 'optional', phone: 'optional' },
    ids: [],
    fields: [],
    codeGoesTo: null,
    signsInBy: 'email',
  })
  const failed = form.problems.length > 0
  return sheet('setup/form', { key: 'setup.title' }, { action, token, form: fields }, { failed })
}

export interface SetUpPage {
  readonly signInUrl: string | null
}

export function setUpPage(page: SetUpPage): Page {
  return sheet('setup/done', { key: 'setup.done.title' }, page)
}
