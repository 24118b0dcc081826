import Router from '@koa/router'
import type { Context } from 'koa'
import { goTo } from '../../http/show.ts'
import { type ContactParts, contactHandlers } from './contact.ts'
import { type DataParts, dataHandlers } from './data.ts'
import {
  codeForm,
  contactForm,
  deactivateForm,
  oneOfListForm,
  passwordForm,
  plainForm,
  profileForm,
  signOutForm,
} from './forms.ts'
import { createGate, type GateParts, type TargetOf } from './gate.ts'
import { type LeavingParts, leavingHandlers } from './leaving.ts'
import { type ListsParts, listHandlers } from './lists.ts'
import { type OverviewParts, overviewHandlers } from './overview.ts'
import { stoppedPage } from './pages/ends.ts'
import { type PasswordParts, passwordHandlers } from './password.ts'
import { type ProfileParts, profileHandlers } from './profile.ts'
import { contactTarget, HOME, isTarget, removalTarget, type Target } from './targets.ts'

export interface MyAccountParts
  extends GateParts,
    OverviewParts,
    ProfileParts,
    ContactParts,
    PasswordParts,
    ListsParts,
    LeavingParts,
    DataParts {}

/** What is sensitive asks for a sign-in of the last 5 minutes, and says so before anything is typed. */
export function myAccountRoutes(parts: MyAccountParts): Router {
  const gate = createGate(parts)
  const { visit, post } = gate
  const overview = overviewHandlers(gate, parts)
  const profile = profileHandlers(gate, parts)
  const contact = contactHandlers(gate, parts)
  const password = passwordHandlers(gate, parts)
  const lists = listHandlers(gate, parts)
  const leaving = leavingHandlers(gate, parts)
  const data = dataHandlers(gate, parts)
  const at =
    (target: Target): TargetOf =>
    () =>
      target
  const atContact: TargetOf = (ctx) => contactTarget(channelIn(ctx))
  const atRemoval: TargetOf = (ctx) => removalTarget(channelIn(ctx))

  return new Router({ prefix: '/account' })
    .get('/', visit(at(HOME), 'signed-in', overview.show))
    .get('/signed-in', comeBack)
    .get('/profile', visit(at('/account/profile'), 'signed-in', profile.ask))
    .post('/profile', post(profileForm, at('/account/profile'), 'signed-in', profile.save))
    .get('/contact', visit(atContact, 'fresh', contact.askForContact))
    .post('/contact', post(contactForm, atContact, 'fresh', contact.sendCode))
    .get('/contact/code', visit(atContact, 'fresh', contact.askForCode))
    .post('/contact/code', post(codeForm, atContact, 'fresh', contact.checkCode))
    .post('/contact/resend', post(plainForm, atContact, 'fresh', contact.resendCode))
    .get('/contact/remove', visit(atRemoval, 'fresh', contact.askToRemove))
    .post('/contact/remove', post(plainForm, atRemoval, 'fresh', contact.remove))
    .get('/password', visit(at('/account/password'), 'fresh', password.ask))
    .post('/password', post(passwordForm, at('/account/password'), 'fresh', password.change))
    .post('/sessions', post(oneOfListForm, at(HOME), 'signed-in', lists.endSession))
    .post('/applications', post(oneOfListForm, at(HOME), 'signed-in', lists.disconnect))
    .post('/devices', post(oneOfListForm, at(HOME), 'signed-in', lists.forgetDevice))
    .post('/sign-out', post(signOutForm, at(HOME), 'signed-in', leaving.signOut))
    .get('/sign-out-everywhere', visit(at('/account/sign-out-everywhere'), 'fresh', leaving.askEverywhere))
    .post(
      '/sign-out-everywhere',
      post(plainForm, at('/account/sign-out-everywhere'), 'fresh', leaving.signOutEverywhere),
    )
    .get('/signed-out-everywhere', leaving.showSignedOutEverywhere)
    .get('/deactivate', visit(at('/account/deactivate'), 'fresh', leaving.askToDeactivate))
    .post('/deactivate', post(deactivateForm, at('/account/deactivate'), 'fresh', leaving.deactivate))
    .get('/deactivated', leaving.showDeactivated)
    .get('/download', visit(at('/account/download'), 'signed-in', data.ask))
    .get('/download/in-clear', visit(at('/account/download'), 'fresh', data.askInClear))
    .get('/export', visit(at('/account/download'), 'signed-in', data.send))

  /** The end of the sign-in for these pages: only the session counts, the code is of no use to anybody. */
  async function comeBack(ctx: Context) {
    const { state, error } = ctx.query
    const target = isTarget(state) ? state : HOME
    if (error === undefined) return goTo(ctx, target)
    return gate.show(ctx, stoppedPage({ reason: 'not-signed-in', againUrl: target }), { status: 400 })
  }
}

/** Anything but `sms` is the email's page; whether the type has one, its handler says. */
function channelIn(ctx: Context) {
  return ctx.query['channel'] === 'sms' ? 'sms' : 'email'
}
