import Router from '@koa/router'
import type { Context } from 'koa'
import type { Origin } from '../../domain/audit/index.ts'
import type { Challenge, CodePolicy, Otp } from '../../domain/otp/index.ts'
import type { Progress, Read } from '../../domain/progress/index.ts'
import type { UserTypeStore } from '../../domain/user-types/index.ts'
import type { AskerOf } from '../../http/asker.ts'
import { answerCode, codeFailure, resendFailure } from '../../http/code-answer.ts'
import { type CodeFailure, type CodePage, codePage } from '../../http/code-page.ts'
import type { Csrf } from '../../http/csrf.ts'
import type { DeviceCookie } from '../../http/device-cookie.ts'
import { readFormAs } from '../../http/form.ts'
import type { Page } from '../../http/page.ts'
import type { Place, PlaceOf } from '../../http/place.ts'
import { goTo, type Show } from '../../http/show.ts'
import type { Clock } from '../../lib/clock.ts'
import type {
  CheckCode,
  Claimant,
  CodeRequest,
  FindClaimant,
  PasswordProblem,
  ResetPassword,
  Resettable,
  SendCode,
} from '../../steps/index.ts'
import { findNoted, isBeingSent } from '../../steps/index.ts'
import { codeForm, forgotForm, newPasswordForm, resendForm } from './forms.ts'
import { forgotPage, newPasswordPage, overPage, recoveredPage } from './pages.ts'
import type { AwaitedCode, Proved, RecoveryState } from './state.ts'

export interface RecoveryParts {
  readonly placeOf: PlaceOf
  readonly progress: Progress<RecoveryState>
  readonly findClaimant: FindClaimant
  readonly sendCode: SendCode
  readonly checkCode: CheckCode
  readonly resetPassword: ResetPassword
  readonly recoveryCodePolicy: CodePolicy
  readonly deviceCookie: DeviceCookie
  readonly userTypes: UserTypeStore
  readonly otp: Otp
  readonly clock: Clock
  readonly csrf: Csrf
  readonly show: Show
  readonly askerOf: AskerOf
  readonly languageOf: (ctx: Context) => string
}

const STRANGER = { kind: 'stranger', id: null } as const

/** Identifier → code → new password. Until the code is right nothing says whether there is such a person. */
export function recoveryRoutes(
  prefix: '/forgot-password' | '/interaction/:uid/forgot-password',
  parts: RecoveryParts,
): Router {
  const { placeOf, progress, csrf, clock, resetPassword } = parts
  return new Router({ prefix })
    .get('/', askWho)
    .post('/', sendCode)
    .get('/code', askForCode)
    .post('/code', checkCode)
    .post('/resend', resendCode)
    .get('/new-password', askForPassword)
    .post('/new-password', setPassword)
    .get('/done', showDone)

  async function askWho(ctx: Context) {
    return showForgot(ctx, await placeOf(ctx), '', false)
  }

  async function sendCode(ctx: Context) {
    const form = await readFormAs(ctx, forgotForm)
    const place = await placeOf(ctx)
    csrf.check(ctx, form.csrf)
    if (form.identifier.trim() === '') return showForgot(ctx, place, form.identifier, true)
    const claimant = await parts.findClaimant(form.identifier, parts.deviceCookie.find(ctx))
    await awaitCode(ctx, place, form.identifier, claimant)
    return goTo(ctx, `${place.path}/code`)
  }

  async function askForCode(ctx: Context) {
    const { place, at } = await whereWeAre(ctx)
    const awaited = at && (await awaitedOf(at))
    if (!awaited) return goTo(ctx, onwardOf(place, at))
    return showCode(ctx, place, awaited.state, awaited.challenge, null, ctx.query['sent'] === 'again')
  }

  async function checkCode(ctx: Context) {
    const form = await readFormAs(ctx, codeForm)
    const { place, at } = await whereWeAre(ctx)
    csrf.check(ctx, form.csrf)
    const awaited = at && (await awaitedOf(at))
    if (!at || !awaited || place.key === null) return goTo(ctx, onwardOf(place, at))
    const { state, challenge } = awaited
    if (form.code.trim() === '') return showCode(ctx, place, state, challenge, { kind: 'missing' })

    const { account, countedFor, channel, destination, knownDevice = null } = state.claimant
    const expected = {
      challengeId: challenge.id,
      purpose: 'recovery',
      accountId: account?.id ?? null,
      destination,
      countedFor,
      knownDevice,
    } as const
    const result = await parts.checkCode(form.code, expected, originOf(ctx, place, 'code'))
    if (result.ok && account) {
      const grounds = { kind: 'code', account, channel } as const
      await progress.advance(place.key, at, { step: 'password', typed: state.typed, grounds })
      return goTo(ctx, `${place.path}/new-password`)
    }
    if (!result.ok && result.reason === 'dead') {
      // The same form posted twice at once: the other one was right and goes on, and so does this one.
      const now = await progress.find(place.key)
      if (now && now.state.step !== 'code') return goTo(ctx, onwardOf(place, now))
    }
    return showCode(ctx, place, state, challenge, codeFailure(result.ok ? { reason: 'dead' } : result))
  }

  async function resendCode(ctx: Context) {
    const form = await readFormAs(ctx, resendForm)
    const { place, at } = await whereWeAre(ctx)
    csrf.check(ctx, form.csrf)
    const awaited = at && (await awaitedOf(at))
    if (!at || !awaited || place.key === null) return goTo(ctx, onwardOf(place, at))
    const { state, challenge } = awaited
    const request = codeRequest(ctx, place, state.claimant)
    const result = await parts.sendCode.again(challenge, request, originOf(ctx, place, 'resend'))
    if (result.ok) {
      await progress.advance(place.key, at, { ...state, challengeId: result.challenge.id })
      return goTo(ctx, `${place.path}/code?sent=again`)
    }
    // Another tab was faster: the page shows the code that works now.
    if (result.reason === 'dead') return goTo(ctx, `${place.path}/code`)
    return showCode(ctx, place, state, challenge, resendFailure(result.reason))
  }

  async function askForPassword(ctx: Context) {
    const { place, at } = await whereWeAre(ctx)
    if (at?.state.step !== 'password') return goTo(ctx, onwardOf(place, at))
    const found = await resetPassword.find(at.state.grounds)
    if (!found) return showOver(ctx, place)
    return showNewPassword(ctx, place, at.state, found, null)
  }

  async function setPassword(ctx: Context) {
    const form = await readFormAs(ctx, newPasswordForm)
    const { place, at } = await whereWeAre(ctx)
    csrf.check(ctx, form.csrf)
    if (!at || place.key === null || at.state.step === 'code') return goTo(ctx, onwardOf(place, at))
    const { grounds } = at.state
    // Another recovery was begun in this browser since: the page of this one shows whose password it sets.
    if (await isOfAnother(form.account, grounds)) return goTo(ctx, `${place.path}/new-password`)
    const result = await resetPassword.set(
      grounds,
      form.newPassword,
      originOf(ctx, place, 'new-password', grounds.kind),
    )
    if (result.ok) {
      const done = { ...at.state, step: 'done' } as const
      await progress.advance(place.key, at, done)
      return goTo(ctx, onwardOf(place, { state: done }))
    }
    const found = result.reason === 'password' ? await resetPassword.find(grounds) : null
    if (result.reason === 'void' || !found) return showOver(ctx, place)
    return showNewPassword(ctx, place, at.state, found, result.problem)
  }

  async function showDone(ctx: Context) {
    const { place, at } = await whereWeAre(ctx)
    if (at?.state.step !== 'done') return goTo(ctx, onwardOf(place, at))
    return showIn(ctx, place, recoveredPage({ accountUrl: '/account' }))
  }

  /** The page that somebody who has come so far belongs to. */
  function onwardOf(place: Place, at: Pick<Read<RecoveryState>, 'state'> | null): string {
    if (at?.state.step === 'password') return `${place.path}/new-password`
    if (at?.state.step !== 'done') return place.path
    return place.signInUrl === null ? `${place.path}/done` : `${place.signInUrl}&recovered`
  }

  async function awaitCode(ctx: Context, place: Place, typed: string, claimant: Claimant): Promise<void> {
    const at = place.key === null ? null : await progress.find(place.key)
    if (at && (await isStillSending(at.state, claimant))) return
    const state: AwaitedCode = {
      step: 'code',
      typed,
      claimant,
      challengeId: parts.otp.newId(),
      notedAt: clock.now().getTime(),
    }
    // Noted before anything is sent: of the same form posted twice at once one goes on to send.
    if (!(await note(ctx, place, at, state))) return
    const sent = await parts.sendCode.start(
      state.challengeId,
      codeRequest(ctx, place, claimant),
      originOf(ctx, place, 'identifier'),
    )
    if (!sent.ok) throw new Error('A stranger is never told of a budget.')
  }

  async function note(ctx: Context, place: Place, at: Read<RecoveryState> | null, state: RecoveryState) {
    if (at && place.key !== null) return progress.advance(place.key, at, state)
    const { key, expiresAt } = place.begin(ctx)
    return progress.begin(key, state, expiresAt)
  }

  /**
   * The same identifier again, a moment after a code was sent for it: that code is the one that works. Whatever has
   * become of the account meanwhile: a code that is sent anew would say so, and that there is one.
   */
  async function isStillSending(state: RecoveryState, { countedFor }: Claimant): Promise<boolean> {
    if (state.step !== 'code' || state.claimant.countedFor !== countedFor) return false
    return isBeingSent(await parts.otp.find(state.challengeId), state.notedAt, clock.now())
  }

  async function isOfAnother(account: string, grounds: Proved['grounds']): Promise<boolean> {
    const found = account === '' ? null : await resetPassword.find(grounds)
    return found !== null && found.account.id !== account
  }

  async function whereWeAre(ctx: Context) {
    const place = await placeOf(ctx)
    const at = place.key === null ? null : await progress.find(place.key)
    return { place, at }
  }

  async function awaitedOf({ state }: Read<RecoveryState>) {
    const challenge = state.step === 'code' ? await findNoted(parts.otp, state, clock) : null
    return state.step === 'code' && challenge ? { state, challenge } : null
  }

  function codeRequest(ctx: Context, place: Place, claimant: Claimant): CodeRequest {
    const { accountId, channel, destination, identifier, countedFor, refusal, knownDevice = null } = claimant
    return {
      purpose: 'recovery',
      channel,
      destination,
      policy: parts.recoveryCodePolicy,
      clientName: place.clientName,
      language: parts.languageOf(ctx),
      by: { kind: 'claimant', accountId, refusal, identifier, payer: countedFor, knownDevice },
    }
  }

  async function showForgot(ctx: Context, place: Place, identifier: string, missing: boolean): Promise<void> {
    const types = await parts.userTypes.list()
    const page = forgotPage({
      action: place.path,
      identifier,
      identifierKinds: [...new Set(types.flatMap(({ type }) => type.identifiers))],
      missing,
      signInUrl: place.signInUrl,
    })
    showIn(ctx, place, page, missing ? 422 : 200)
  }

  function showCode(
    ctx: Context,
    place: Place,
    { claimant: { contact } }: AwaitedCode,
    challenge: Challenge,
    failure: CodeFailure | null,
    resent = false,
  ): void {
    const code: CodePage = {
      purpose: 'recovery',
      action: `${place.path}/code`,
      resendAction: `${place.path}/resend`,
      step: { at: 2, of: 3 },
      digits: challenge.digits,
      reference: challenge.reference,
      channel: challenge.channel,
      destination: contact === null ? { kind: 'unsaid' } : { kind: 'typed', contact },
      worksUntil: challenge.expiresAt,
      resendAt: challenge.resendAt,
      now: clock.now(),
      failure,
      resent,
      // Which other way there is would say that there is somebody.
      otherChannel: null,
      startAgainUrl: place.path,
    }
    showIn(ctx, place, codePage(code), answerCode(ctx, code))
  }

  function showNewPassword(
    ctx: Context,
    place: Place,
    { typed, grounds }: Proved,
    { account, minimumLength }: Resettable,
    problem: PasswordProblem | null,
  ): void {
    const page = newPasswordPage({
      action: `${place.path}/new-password`,
      accountId: account.id,
      step: grounds.kind === 'code' ? { at: 3, of: 3 } : null,
      identifier: typed,
      minimumLength,
      problem,
    })
    showIn(ctx, place, page, problem === null ? 200 : 422)
  }

  function showOver(ctx: Context, place: Place): void {
    showIn(ctx, place, overPage({ againUrl: place.path, signInUrl: place.signInUrl }), 422)
  }

  function showIn(ctx: Context, { formAction }: Place, page: Page, status = 200): void {
    parts.show(ctx, page, { status, ...(formAction !== undefined && { formAction }) })
  }

  function originOf(ctx: Context, place: Place, step: string, grounds?: Proved['grounds']['kind']): Origin {
    const api = grounds === 'owner-link' ? 'owner-recovery' : 'recovery'
    return { ...parts.askerOf(ctx), api, step, clientId: place.clientId, actor: STRANGER }
  }
}
