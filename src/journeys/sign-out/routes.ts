import Router from '@koa/router'
import type { Context } from 'koa'
import type { AskerOf } from '../../http/asker.ts'
import type { Csrf } from '../../http/csrf.ts'
import { readFormAs } from '../../http/form.ts'
import { goTo, type Show } from '../../http/show.ts'
import { ForeignForm, Malformed } from '../../lib/errors.ts'
import { formActionOf, type PendingSignOut, type SignOut } from '../../oidc/index.ts'
import { signOutForm } from './forms.ts'
import { signedOutPage, signOutPage, stillSignedInPage } from './pages.ts'

export interface SignOutParts {
  readonly signOut: SignOut
  readonly csrf: Csrf
  readonly show: Show
  readonly askerOf: AskerOf
}

/** OpenID Connect RP-Initiated Logout 1.0: the library checks the request, here a person decides. */
export function signOutRoutes(parts: SignOutParts): Router {
  const { signOut, csrf, show, askerOf } = parts
  return new Router({ prefix: '/session/end' }).post('/confirm', decide).get('/success', showSignedOut)

  async function decide(ctx: Context) {
    const form = await readFormAs(ctx, signOutForm)
    const pending = await signOut.find(ctx)
    if (!pending) throw new Malformed('Nobody asked for a sign-out in this browser.')
    // The library's token is drawn for each request to sign out, and only this browser's session holds it.
    if (!signOut.isSecretOf(pending, form.xsrf)) throw new ForeignForm()
    if (form.logout === '') csrf.check(ctx, form.csrf)

    if (form.logout === '' && form.decision !== 'sign-out') {
      const { clientName, returnTo } = pending
      return show(ctx, stillSignedInPage({ backUrl: returnTo, clientName }))
    }
    const { accountId, clientId } = pending
    const actor = accountId === null ? STRANGER : ({ kind: 'account', id: accountId } as const)
    await signOut.end(ctx, { ...askerOf(ctx), api: 'sign-out', step: 'decide', clientId, actor })
    return goTo(ctx, pending.returnTo ?? '/session/end/success')
  }

  async function showSignedOut(ctx: Context) {
    const page = signedOutPage({ applications: [], backUrl: null, clientName: null, signInUrl: null })
    return show(ctx, page)
  }
}

const STRANGER = { kind: 'stranger', id: null } as const

/** The library found the request to sign out sound: ask the person. */
export function showSignOut(ctx: Context, show: Show, pending: PendingSignOut): void {
  const page = signOutPage({
    action: '/session/end/confirm',
    xsrf: pending.secret,
    clientName: pending.clientName,
    name: null,
  })
  show(ctx, page, pending.returnTo === null ? {} : { formAction: formActionOf(pending.returnTo) })
}
