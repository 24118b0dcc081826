import Router from '@koa/router'
import type { Context } from 'koa'
import type { AccountFields, InvitationLinks, Invited } from '../../domain/accounts/index.ts'
import type { Origin } from '../../domain/audit/index.ts'
import { minimumLength, type Passwords } from '../../domain/passwords/index.ts'
import type { Progress, Read } from '../../domain/progress/index.ts'
import { type StoredUserType, shownValue, type UserTypeStore } from '../../domain/user-types/index.ts'
import type { FieldProblem } from '../../http/account-form.ts'
import type { AskerOf } from '../../http/asker.ts'
import type { Csrf } from '../../http/csrf.ts'
import { readForm, readFormAs } from '../../http/form.ts'
import { type PostedAccountForm, readFormOfNothing } from '../../http/read-account-form.ts'
import { goTo, type Show } from '../../http/show.ts'
import { addSeconds, type Clock } from '../../lib/clock.ts'
import { newSecret, type Random } from '../../lib/ids.ts'
import { networkOf } from '../../lib/ip.ts'
import {
  type AcceptInvitation,
  type AcceptInvitationResult,
  invitedContact,
  type ReadNewAccount,
  wayTo,
} from '../../steps/index.ts'
import { askedOf, type Given, HIDDEN, invitationForm, readDetailsForm, rulesOf } from './forms.ts'
import {
  acceptedPage,
  deadInvitationPage,
  detailsPage,
  invitationPage,
  notConfirmedPage,
  waitingPage,
} from './pages.ts'
import type { InvitationState } from './state.ts'

export interface InvitationParts {
  readonly links: InvitationLinks
  readonly progress: Progress<InvitationState>
  readonly readNewAccount: ReadNewAccount
  readonly acceptInvitation: AcceptInvitation
  readonly accountFields: AccountFields
  readonly userTypes: UserTypeStore
  readonly passwords: Passwords
  readonly clock: Clock
  readonly random: Random
  readonly secureCookies: boolean
  readonly csrf: Csrf
  readonly show: Show
  readonly askerOf: AskerOf
  /** The demo application, where there is one: what somebody with an account may open next. */
  readonly nextUrl: string | null
}

const COOKIE = 'latchkey_invitation'
const DETAILS = '/invitation/details'
const DETAILS_SECONDS = 1800
/** When to come back where the register could not be asked. */
const RETRY_SECONDS = 10

/** A live invitation, its type, and what of it is still to be asked. */
interface Opened {
  readonly invited: Invited
  readonly userType: StoredUserType
  readonly given: Given
}

/** Link → what it is for → details and password → the account. Only the account uses the link up. */
export function invitationRoutes(parts: InvitationParts): Router {
  const { links, progress, csrf, show, clock, userTypes } = parts
  const cookieName = parts.secureCookies ? `__Secure-${COOKIE}` : COOKIE
  return new Router({ prefix: '/invitation' })
    .get('/', showInvitation)
    .post('/', follow)
    .get('/details', askForDetails)
    .post('/details', accept)
    .get('/done', showDone)

  async function showInvitation(ctx: Context) {
    const token = String(ctx.query['token'] ?? '')
    const opened = await openInvitation(token)
    if (!opened) return showDead(ctx)
    const { invited, userType } = opened
    const { channel, destination: contact } = invitedContact(invited)
    const worksUntil = invited.link.expiresAt
    const page = { action: '/invitation', token, typeName: userType.type.name, worksUntil, channel, contact }
    return show(ctx, invitationPage(page))
  }

  async function follow(ctx: Context) {
    const form = await readFormAs(ctx, invitationForm)
    csrf.check(ctx, form.csrf)
    const opened = await openInvitation(form.token)
    if (!opened) return showDead(ctx)
    const key = newSecret(parts.random)
    const expiresAt = addSeconds(clock.now(), DETAILS_SECONDS)
    const accountId = opened.invited.account.id
    await progress.begin(key, { step: 'details', token: form.token, accountId }, expiresAt)
    const attributes = { signed: true, httpOnly: true, sameSite: 'lax', secure: parts.secureCookies } as const
    ctx.cookies.set(cookieName, key, { ...attributes, path: '/invitation', expires: expiresAt })
    return goTo(ctx, DETAILS)
  }

  async function askForDetails(ctx: Context) {
    const at = await whereWeAre(ctx)
    if (at && at.read.state.step !== 'details') return goTo(ctx, '/invitation/done')
    const opened = at && (await openInvitation(at.read.state.token))
    return opened ? showForm(ctx, opened, null, []) : showDead(ctx)
  }

  async function accept(ctx: Context) {
    const posted = await readForm(ctx)
    const at = await whereWeAre(ctx)
    const opened = at && (await openInvitation(at.read.state.token))
    const isOthers = opened !== null && isOfAnother(posted, opened.invited)
    const asked = opened && !isOthers ? askedOf(opened.userType.type, opened.given) : null
    const form = asked && readDetailsForm(posted, asked)
    csrf.check(ctx, (form ?? readFormOfNothing(posted, HIDDEN)).csrf)
    if (at && at.read.state.step !== 'details') return goTo(ctx, '/invitation/done')
    // Another invitation was followed in this browser since: its page shows what this one is for.
    if (isOthers) return goTo(ctx, DETAILS)
    if (!at || !opened || !form) return showDead(ctx)

    const { invited, userType, given } = opened
    const { type } = userType
    const whole = { ...form, ...knownOf(opened), fields: form.fields }
    const result = parts.readNewAccount(whole, rulesOf(type, given), minimumLength(type.otp))
    if (!result.ok) return showForm(ctx, opened, form, result.problems)
    const origin = originOf(ctx, 'details')
    const passwordHash = await parts.passwords.hash(form.password, { caller: networkOf(origin.ip ?? '') })
    const fields = { ...given.fields, ...result.account.fields }
    const person = { ...result.account, userType, fields, passwordHash }
    return answer(ctx, at, opened, form, await parts.acceptInvitation(person, invited, origin))
  }

  async function answer(
    ctx: Context,
    { key, read }: At,
    opened: Opened,
    form: PostedAccountForm,
    result: AcceptInvitationResult,
  ): Promise<void> {
    switch (result.kind) {
      case 'opened':
      case 'awaiting-approval': {
        const step = result.kind === 'opened' ? 'done' : 'waiting'
        await progress.advance(key, read, { ...read.state, step })
        return goTo(ctx, '/invitation/done')
      }
      case 'not-confirmed': {
        const asksRegister = opened.userType.type.employee !== null
        return show(ctx, notConfirmedPage({ asksRegister, againUrl: DETAILS }), { status: 422 })
      }
      case 'register-unavailable':
        return showForm(ctx, opened, form, [], RETRY_SECONDS)
      case 'link-dead': {
        // The same form posted twice at once: the other one won, in this browser.
        const now = await progress.find(key)
        return now && now.state.step !== 'details' ? goTo(ctx, '/invitation/done') : showDead(ctx)
      }
    }
  }

  async function showDone(ctx: Context) {
    const at = await whereWeAre(ctx)
    if (!at) return showDead(ctx)
    const { step, accountId } = at.read.state
    if (step === 'details') return goTo(ctx, DETAILS)
    if (step === 'done') return show(ctx, acceptedPage({ signInUrl: parts.nextUrl }))
    return showWaiting(ctx, accountId)
  }

  async function showWaiting(ctx: Context, accountId: string): Promise<void> {
    const account = await links.findAccount(accountId)
    const userType = account && (await userTypes.find(account.userType))
    // The one that the invitation went to: another that was typed beside it is nobody's yet.
    const verified = account && wayTo(account)
    // Rejected meanwhile: there is nothing left to tell of.
    if (!verified || !userType) return showDead(ctx)
    const { channel, destination: contact } = verified
    show(ctx, waitingPage({ typeName: userType.type.name, verified: { channel, contact } }))
  }

  function showDead(ctx: Context): void {
    show(ctx, deadInvitationPage(), { status: 404 })
  }

  function showForm(
    ctx: Context,
    { invited, userType: { type }, given }: Opened,
    form: PostedAccountForm | null,
    problems: readonly FieldProblem[],
    retryAfterSeconds: number | null = null,
  ): void {
    const { channel, destination: contact } = invitedContact(invited)
    const asked = askedOf(type, given)
    const [id] = asked.ids
    const page = detailsPage({
      ...asked,
      action: DETAILS,
      accountId: invited.account.id,
      typeName: type.name,
      channel,
      contact,
      employeeId: given.employeeId,
      given: type.fields.flatMap((field) => {
        const value = Object.hasOwn(given.fields, field.name) ? given.fields[field.name] : undefined
        return value === undefined ? [] : [{ label: field.label, shown: shownValue(field, value) }]
      }),
      asksRegister: type.employee !== null,
      codeGoesTo: null,
      signsInBy: given.employeeId === null ? (id ?? null) : null,
      values: form ?? { email: '', phone: '' },
      problems,
      minimumPasswordLength: minimumLength(type.otp),
      retryAfterSeconds,
    })
    if (retryAfterSeconds !== null) ctx.set('Retry-After', String(retryAfterSeconds))
    show(ctx, page, { status: retryAfterSeconds !== null ? 503 : problems.length > 0 ? 422 : 200 })
  }

  async function openInvitation(token: string): Promise<Opened | null> {
    const invited = await links.find(token)
    const userType = invited && (await userTypes.find(invited.account.userType))
    if (!invited || !userType) return null
    const contact = invitedContact(invited).channel === 'sms' ? 'phone' : 'email'
    const { employeeId } = invited.account
    return {
      invited,
      userType,
      given: { contact, employeeId, fields: parts.accountFields.open(invited.account) },
    }
  }

  async function whereWeAre(ctx: Context): Promise<At | null> {
    const key = ctx.cookies.get(cookieName, { signed: true })
    const read = key === undefined ? null : await progress.find(key)
    return key === undefined || !read ? null : { key, read }
  }

  function originOf(ctx: Context, step: string): Origin {
    return {
      ...parts.askerOf(ctx),
      api: 'invitation',
      step,
      clientId: null,
      actor: { kind: 'stranger', id: null },
    }
  }
}

interface At {
  readonly key: string
  readonly read: Read<InvitationState>
}

/** The page said for whom it is; a form without that was not made by a page. */
function isOfAnother(posted: Readonly<Record<string, string>>, { account }: Invited): boolean {
  const { account: shown = '' } = posted
  return shown !== '' && shown !== account.id
}

/** What was not asked for, because it is known. */
function knownOf({ invited, given: { employeeId, contact } }: Opened) {
  const { destination } = invitedContact(invited)
  return { [contact]: destination, ...(employeeId !== null && { employeeId }) }
}
