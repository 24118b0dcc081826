import { type Page, sheet } from '../../http/page.ts'

export interface SignOutPage {
  readonly action: string
  /** The OIDC library's own token for this form, beside ours. */
  readonly xsrf: string
  /** The application that asks. */
  readonly clientName: string | null
  /** Who is signed in. */
  readonly name: string | null
}

export function signOutPage(page: SignOutPage): Page {
  return sheet('sign-out/confirm', { key: 'signOut.title' }, page)
}

export interface SignedOutPage {
  /** Names of the applications that were told. */
  readonly applications: readonly string[]
  readonly backUrl: string | null
  readonly clientName: string | null
  readonly signInUrl: string | null
}

export function signedOutPage(page: SignedOutPage): Page {
  return sheet('sign-out/signed-out', { key: 'signOut.done.title' }, page)
}

export interface StillSignedInPage {
  readonly backUrl: string | null
  readonly clientName: string | null
}

export function stillSignedInPage(page: StillSignedInPage): Page {
  return sheet('sign-out/still-signed-in', { key: 'signOut.stayed.title' }, page)
}
