import Router from '@koa/router'
import type { Context } from 'koa'
import type { Channel } from '../../domain/delivery/index.ts'
import type { Devices } from '../../domain/devices/index.ts'
import { minimumLength } from '../../domain/passwords/index.ts'
import type { Read } from '../../domain/progress/index.ts'
import type { AskerOf } from '../../http/asker.ts'
import { codeFailure, resendFailure } from '../../http/code-answer.ts'
import type { Csrf } from '../../http/csrf.ts'
import type { DeviceCookie } from '../../http/device-cookie.ts'
import { readForm, readFormAs } from '../../http/form.ts'
import { goTo } from '../../http/show.ts'
import { secondsUntil } from '../../lib/clock.ts'
import { TooManyRequests } from '../../lib/errors.ts'
import type { CheckCode, FinishSignIn, OpenAccount, ReadNewAccount } from '../../steps/index.ts'
import { findNoted } from '../../steps/index.ts'
import { buttonForm, chooseChannelForm, codeForm, readFormOfNoType, readSignUpForm } from './forms.ts'
import { createOriginOf } from './origin.ts'
import type { Place, PlaceOf } from './place.ts'
import { type At, createSending, type SendingParts } from './send.ts'
import { createSignUpPages, formUrl, isOpen, NOTHING_TYPED, type SignUpPagesParts } from './show.ts'
import type { SignUpState } from './state.ts'

export interface SignUpParts extends SignUpPagesParts, Omit<SendingParts, 'originOf'> {
  readonly placeOf: PlaceOf
  readonly readNewAccount: ReadNewAccount
  readonly checkCode: CheckCode
  readonly openAccount: OpenAccount
  readonly finishSignIn: FinishSignIn
  readonly devices: Devices
  readonly deviceCookie: DeviceCookie
  readonly csrf: Csrf
  readonly askerOf: AskerOf
}

/** Where a person who is signed in finds what they have. */
const ACCOUNT_PATH = '/account'

/** Type → form → code to the contact → account. Nothing is an account before its contact is verified. */
export function signUpRoutes(prefix: '/sign-up' | '/interaction/:uid/sign-up', parts: SignUpParts): Router {
  const { placeOf, progress, csrf, clock, userTypes } = parts
  const originOf = createOriginOf(parts.askerOf)
  const pages = createSignUpPages(parts)
  const sending = createSending({ ...parts, originOf })
  return new Router({ prefix })
    .get('/', askForDetails)
    .post('/', sendCode)
    .get('/code', askForCode)
    .post('/code', checkCode)
    .post('/resend', resendCode)
    .post('/choose-channel', chooseChannel)
    .post('/finish', goOnWithoutCode)
    .get('/done', showDone)

  async function askForDetails(ctx: Context) {
    const place = await placeOf(ctx)
    if (await place.isSignedIn(ctx)) return goTo(ctx, ACCOUNT_PATH)
    const chosen = await pages.findOpenType(ctx.query['userType'])
    if (!chosen) return pages.chooseType(ctx, place)
    return pages.form(ctx, place, chosen.type, NOTHING_TYPED)
  }

  async function sendCode(ctx: Context) {
    const posted = await readForm(ctx)
    const chosen = await pages.findOpenType(posted['userType'] || ctx.query['userType'])
    const form = chosen && readSignUpForm(posted, chosen.type)
    const { csrf: token } = form ?? readFormOfNoType(posted)
    const place = await placeOf(ctx)
    csrf.check(ctx, token)
    if (await place.isSignedIn(ctx)) return goTo(ctx, ACCOUNT_PATH)
    if (!chosen || !form) return goTo(ctx, place.path)

    const { type } = chosen
    const result = parts.readNewAccount(form, type, minimumLength(type.otp))
    const shown = { ...NOTHING_TYPED, values: form }
    if (!result.ok) return pages.form(ctx, place, type, { ...shown, problems: result.problems })
    await countSignUp(ctx)
    const pausedUntil = await parts.limits.confirmationPauseOf(result.account.verify.destination)
    if (pausedUntil !== null) return pages.form(ctx, place, type, { ...shown, pausedUntil })
    await sending.begin(ctx, place, chosen, result.account, form.password)
    return goTo(ctx, `${place.path}/code`)
  }

  async function askForCode(ctx: Context) {
    const { place, at, challenge } = await whereWeAre(ctx)
    if (!at) return goTo(ctx, place.path)
    const { state } = at.read
    if (state.step === 'verified') return pages.finish(ctx, place, { failed: false })
    if (state.step === 'refused') return pages.notConfirmed(ctx, place, state)
    if (!challenge || state.step !== 'code') return goTo(ctx, place.path)
    return pages.code(ctx, place, state, challenge, null, ctx.query['sent'] === 'again')
  }

  async function checkCode(ctx: Context) {
    const form = await readFormAs(ctx, codeForm)
    const { place, at, challenge } = await whereWeAre(ctx)
    csrf.check(ctx, form.csrf)
    if (!at) return goTo(ctx, place.path)
    const { state } = at.read
    if (state.step !== 'code') return goOn(ctx, place, at)
    if (!challenge) return goTo(ctx, place.path)
    if (form.code.trim() === '') return pages.code(ctx, place, state, challenge, { kind: 'missing' })

    const { channel } = challenge
    // Of what is noted, not of the challenge: no code makes a contact verified that it did not go to.
    const destination = (channel === 'sms' ? state.phone : state.email) ?? ''
    const expected = {
      challengeId: challenge.id,
      purpose: 'sign-up',
      accountId: null,
      destination,
      knownDevice: null,
    } as const
    const result = await parts.checkCode(form.code, expected, originOf(ctx, place, 'code'))
    if (result.ok) {
      const verified = { ...state, step: 'verified', verified: { channel, destination } } as const
      const read = await progress.advance(at.key, at.read, verified)
      return read ? goOn(ctx, place, { ...at, read }) : goTo(ctx, `${place.path}/code`)
    }
    if (result.reason === 'dead') {
      // The same form posted twice at once: the other one was right and goes on, and so does this one.
      const read = await progress.find(at.key)
      if (read && read.state.step !== 'code') return goOn(ctx, place, { ...at, read })
    }
    return pages.code(ctx, place, state, challenge, codeFailure(result))
  }

  async function resendCode(ctx: Context) {
    const form = await readFormAs(ctx, buttonForm)
    return sendAgain(ctx, form.csrf)
  }

  async function chooseChannel(ctx: Context) {
    const form = await readFormAs(ctx, chooseChannelForm)
    return sendAgain(ctx, form.csrf, form.channel)
  }

  async function sendAgain(ctx: Context, csrfToken: string, channel?: Channel) {
    const { place, at, challenge } = await whereWeAre(ctx)
    csrf.check(ctx, csrfToken)
    const stored = at && (await userTypes.find(at.read.state.userType))
    if (!at || !challenge || !stored || at.read.state.step !== 'code') return goTo(ctx, place.path)
    const { state } = at.read
    const result = await sending.again(ctx, place, at, stored.type, challenge, channel)
    if (result.ok) return goTo(ctx, `${place.path}/code?sent=again`)
    if (result.reason === 'dead') return goTo(ctx, `${place.path}/code`)
    const failure =
      result.reason === 'paused'
        ? ({ kind: 'blocked', until: result.until } as const)
        : resendFailure(result.reason)
    return pages.code(ctx, place, state, challenge, failure)
  }

  /** The code was right before; only the account is still to be made. */
  async function goOnWithoutCode(ctx: Context) {
    const form = await readFormAs(ctx, buttonForm)
    const { place, at } = await whereWeAre(ctx)
    csrf.check(ctx, form.csrf)
    return at ? goOn(ctx, place, at) : goTo(ctx, place.path)
  }

  async function showDone(ctx: Context) {
    const { place, at } = await whereWeAre(ctx)
    const step = at?.read.state.step
    if (!at || (step !== 'done' && step !== 'waiting')) return goTo(ctx, place.path)
    return pages.done(ctx, place, at.read.state)
  }

  async function goOn(ctx: Context, place: Place, at: At): Promise<void> {
    const { state } = at.read
    switch (state.step) {
      case 'code':
        return goTo(ctx, `${place.path}/code`)
      case 'verified':
        return openAccount(ctx, place, at)
      case 'refused':
        return pages.notConfirmed(ctx, place, state)
      case 'waiting':
        return goTo(ctx, `${place.path}/done`)
      case 'done':
        return finish(ctx, place, state)
    }
  }

  async function openAccount(ctx: Context, place: Place, { key, read }: At): Promise<void> {
    const { state } = read
    const { verified } = state
    const userType = await userTypes.find(state.userType)
    // What was typed was read by another definition: the form says what is asked for now.
    if (!userType || !verified || userType.version !== state.userTypeVersion || !isOpen(userType.type)) {
      await progress.end(key)
      return goTo(ctx, formUrl(place, state.userType))
    }
    const result = await parts.openAccount({ ...state, userType, verified }, originOf(ctx, place, 'open'))
    switch (result.kind) {
      case 'register-unavailable':
        return pages.finish(ctx, place, { failed: true })
      case 'not-confirmed': {
        if (await progress.advance(key, read, { ...state, step: 'refused' })) {
          return pages.notConfirmed(ctx, place, state)
        }
        // The same form posted twice at once: the other one said how it ended.
        const now = await progress.find(key)
        return now && now.state.step !== 'verified'
          ? goOn(ctx, place, { key, read: now })
          : pages.notConfirmed(ctx, place, state)
      }
      case 'awaiting-approval':
        await noteEnd(key, read, 'waiting')
        return goTo(ctx, `${place.path}/done`)
      case 'opened':
        await noteEnd(key, read, 'done')
        return finish(ctx, place, state)
    }
  }

  /** The account is there, whatever another post of the same form has noted meanwhile. */
  async function noteEnd(key: string, read: Read<SignUpState>, step: 'waiting' | 'done'): Promise<void> {
    if (await progress.advance(key, read, { ...read.state, step })) return
    const now = await progress.find(key)
    if (now?.state.accountId === read.state.accountId) {
      await progress.advance(key, now, { ...now.state, step })
    }
  }

  async function finish(ctx: Context, place: Place, { accountId, verified }: SignUpState): Promise<void> {
    if (!place.goOn || verified === null) return goTo(ctx, `${place.path}/done`)
    const device = parts.deviceCookie.keep(ctx, parts.devices.newSecret)
    const code = verified.channel
    const steps = { accountId, generation: 0, password: true, code, device, accountIsNew: true }
    const signIn = await parts.finishSignIn(steps, originOf(ctx, place, 'finish'))
    return goTo(ctx, signIn ? await place.goOn(ctx, signIn) : `${place.path}/done`)
  }

  async function countSignUp(ctx: Context): Promise<void> {
    const taken = await parts.limits.takeSignUp(parts.askerOf(ctx).ip)
    if (!taken.ok) throw new TooManyRequests(secondsUntil(taken.retryAt, clock.now()))
  }

  async function whereWeAre(ctx: Context) {
    const place = await placeOf(ctx)
    const read: Read<SignUpState> | null = place.key === null ? null : await progress.find(place.key)
    const at: At | null = read && place.key !== null ? { key: place.key, read } : null
    const challenge = at && (await findNoted(parts.otp, at.read.state, clock))
    return { place, at, challenge }
  }
}
