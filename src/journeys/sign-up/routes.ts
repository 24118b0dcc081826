import Router from '@koa/router'
import type { Context } from 'koa'
import type { Accounts } from '../../domain/accounts/index.ts'
import type { Audit, Origin } from '../../domain/audit/index.ts'
import type { Devices } from '../../domain/devices/index.ts'
import type { Limits } from '../../domain/limits/index.ts'
import type { Challenge, Otp } from '../../domain/otp/index.ts'
import { minimumLength, type Passwords } from '../../domain/passwords/index.ts'
import type { Progress, Read } from '../../domain/progress/index.ts'
import type { StoredUserType, UserTypeStore } from '../../domain/user-types/index.ts'
import type { FieldProblem } from '../../http/account-form.ts'
import type { AskerOf } from '../../http/asker.ts'
import { answerCode, codeFailure, resendFailure } from '../../http/code-answer.ts'
import { type CodeFailure, type CodePage, codePage } from '../../http/code-page.ts'
import type { Csrf } from '../../http/csrf.ts'
import type { DeviceCookie } from '../../http/device-cookie.ts'
import { readFormAs } from '../../http/form.ts'
import { goTo, type Show } from '../../http/show.ts'
import { type Clock, secondsUntil } from '../../lib/clock.ts'
import { DuplicateKey, TooManyRequests } from '../../lib/errors.ts'
import { networkOf } from '../../lib/ip.ts'
import type {
  CheckCode,
  CodePolicyOf,
  CodeRequest,
  FinishSignIn,
  ReadNewAccount,
  SendCode,
} from '../../steps/index.ts'
import { findNoted, isBeingSent } from '../../steps/index.ts'
import { codeForm, resendForm, signUpForm } from './forms.ts'
import { chooseTypePage, notConfirmedPage, signedUpPage, signUpPage } from './pages.ts'
import type { Place, PlaceOf } from './place.ts'
import type { SignUpState } from './state.ts'

export interface SignUpParts {
  readonly placeOf: PlaceOf
  readonly progress: Progress<SignUpState>
  readonly readNewAccount: ReadNewAccount
  readonly sendCode: SendCode
  readonly checkCode: CheckCode
  readonly finishSignIn: FinishSignIn
  readonly codePolicyOf: CodePolicyOf
  readonly limits: Limits
  readonly devices: Devices
  readonly deviceCookie: DeviceCookie
  readonly accounts: Accounts
  readonly userTypes: UserTypeStore
  readonly passwords: Passwords
  readonly otp: Otp
  readonly audit: Audit
  readonly clock: Clock
  readonly csrf: Csrf
  readonly show: Show
  readonly askerOf: AskerOf
  readonly languageOf: (ctx: Context) => string
}

/** Type → form → code to the contact → account. Nothing is an account before its contact is verified. */
export function signUpRoutes(prefix: '/sign-up' | '/interaction/:uid/sign-up', parts: SignUpParts): Router {
  const { placeOf, progress, csrf, show, clock, accounts, audit } = parts
  return new Router({ prefix })
    .get('/', askForDetails)
    .post('/', sendCode)
    .get('/code', askForCode)
    .post('/code', checkCode)
    .post('/resend', resendCode)
    .get('/done', showDone)

  async function askForDetails(ctx: Context) {
    const place = await placeOf(ctx)
    const open = await openTypes()
    const chosen = open.find(({ type }) => type.id === ctx.query['userType']) ?? onlyOne(open)
    if (chosen) return showForm(ctx, place, chosen, open.length > 1, NOTHING_TYPED, [])
    const types = open.map(({ type }) => type)
    return show(ctx, chooseTypePage({ action: place.path, types, signInUrl: place.signInUrl }), {
      ...(place.formAction !== undefined && { formAction: place.formAction }),
    })
  }

  async function sendCode(ctx: Context) {
    const form = await readFormAs(ctx, signUpForm)
    const place = await placeOf(ctx)
    csrf.check(ctx, form.csrf)
    const open = await openTypes()
    const wanted = form.userType || ctx.query['userType']
    const chosen = open.find(({ type }) => type.id === wanted) ?? onlyOne(open)
    if (!chosen) return goTo(ctx, place.path)

    const result = parts.readNewAccount(form, chosen.type, minimumLength(chosen.type.otp))
    if (!result.ok) return showForm(ctx, place, chosen, open.length > 1, form, result.problems)
    await countSignUp(ctx)
    await awaitCode(ctx, place, chosen, result.account, form.password)
    return goTo(ctx, `${place.path}/code`)
  }

  async function askForCode(ctx: Context) {
    const { place, at, challenge } = await whereWeAre(ctx)
    if (!at || !challenge || at.state.step === 'done') return goTo(ctx, place.path)
    return showCode(ctx, place, at.state, challenge, null, ctx.query['sent'] === 'again')
  }

  async function checkCode(ctx: Context) {
    const form = await readFormAs(ctx, codeForm)
    const { place, at, challenge } = await whereWeAre(ctx)
    csrf.check(ctx, form.csrf)
    if (!at || !challenge || place.key === null) return goTo(ctx, place.path)
    if (at.state.step === 'done') return finish(ctx, place, at.state)
    if (form.code.trim() === '') return showCode(ctx, place, at.state, challenge, { kind: 'missing' })

    const { destination } = challenge
    const expected = {
      challengeId: challenge.id,
      purpose: 'sign-up',
      accountId: null,
      destination,
      knownDevice: null,
    } as const
    const result = await parts.checkCode(form.code, expected, originOf(ctx, place, 'code'))
    if (!result.ok) return showCode(ctx, place, at.state, challenge, codeFailure(result))
    const accountId = await openAccount(ctx, place, at.state)
    if (accountId === null) {
      await progress.end(place.key)
      return show(ctx, notConfirmedPage({ againUrl: place.path, signInUrl: place.signInUrl }), {
        status: 422,
      })
    }
    const done: SignUpState = { ...at.state, step: 'done', accountId }
    await progress.advance(place.key, at, done)
    return finish(ctx, place, done)
  }

  async function resendCode(ctx: Context) {
    const form = await readFormAs(ctx, resendForm)
    const { place, at, challenge } = await whereWeAre(ctx)
    csrf.check(ctx, form.csrf)
    const stored = at && (await parts.userTypes.find(at.state.userType))
    if (!at || !challenge || !stored || place.key === null || at.state.step === 'done')
      return goTo(ctx, place.path)

    const request = await codeRequest(ctx, place, stored, challenge)
    const result = await parts.sendCode.again(challenge, request, originOf(ctx, place, 'resend'))
    if (result.ok) {
      await progress.advance(place.key, at, { ...at.state, challengeId: result.challenge.id })
      return goTo(ctx, `${place.path}/code?sent=again`)
    }
    if (result.reason === 'dead') return goTo(ctx, `${place.path}/code`)
    return showCode(ctx, place, at.state, challenge, resendFailure(result.reason))
  }

  async function showDone(ctx: Context) {
    const { place, at } = await whereWeAre(ctx)
    if (at?.state.step !== 'done') return goTo(ctx, place.path)
    return show(ctx, signedUpPage({ signInUrl: place.signInUrl }))
  }

  async function countSignUp(ctx: Context): Promise<void> {
    const taken = await parts.limits.takeSignUp(parts.askerOf(ctx).ip)
    if (!taken.ok) throw new TooManyRequests(secondsUntil(taken.retryAt, clock.now()))
  }

  /** Hashed for known and unknown contacts alike: the time says nothing. */
  async function awaitCode(
    ctx: Context,
    place: Place,
    { type, version }: StoredUserType,
    typed: { email: string | null; phone: string | null; verify: Pick<Challenge, 'channel' | 'destination'> },
    password: string,
  ): Promise<void> {
    const origin = originOf(ctx, place, 'details')
    const passwordHash = await parts.passwords.hash(password, { caller: networkOf(origin.ip ?? '') })
    const at = place.key === null ? null : await progress.find(place.key)
    const state: SignUpState = {
      step: 'code',
      userType: type.id,
      userTypeVersion: version,
      email: typed.email,
      phone: typed.phone,
      passwordHash,
      verifying: typed.verify.channel,
      challengeId: parts.otp.newId(),
      notedAt: clock.now().getTime(),
      accountId: null,
    }
    if (at && place.key !== null && (await isStillSending(at.state, typed.verify))) {
      await progress.advance(place.key, at, {
        ...state,
        challengeId: at.state.challengeId,
        notedAt: at.state.notedAt,
      })
      return
    }
    // Noted before anything is sent: of the same form posted twice at once one goes on to send.
    if (!(await note(ctx, place, at, state))) return
    const request = await codeRequest(ctx, place, { type }, typed.verify)
    const sent = await parts.sendCode.start(state.challengeId, request, origin)
    if (!sent.ok) throw new Error('A stranger is never told of a budget.')
  }

  async function note(ctx: Context, place: Place, at: Read<SignUpState> | null, state: SignUpState) {
    if (at && place.key !== null) return progress.advance(place.key, at, state)
    const { key, expiresAt } = place.begin(ctx)
    return progress.begin(key, state, expiresAt)
  }

  /** The same contact again, a moment after a code was sent to it: that code is the one that works. */
  async function isStillSending(
    { step, challengeId, notedAt }: SignUpState,
    { channel, destination }: Pick<Challenge, 'channel' | 'destination'>,
  ): Promise<boolean> {
    if (step !== 'code') return false
    const challenge = await parts.otp.find(challengeId)
    const same = !challenge || (challenge.channel === channel && challenge.destination === destination)
    return same && isBeingSent(challenge, notedAt, clock.now())
  }

  /** Null when somebody else's account has the contact by now. */
  async function openAccount(ctx: Context, place: Place, state: SignUpState): Promise<string | null> {
    const stored = await parts.userTypes.find(state.userType)
    if (!stored) return null
    const verified = (channel: 'sms' | 'email') => (state.verifying === channel ? clock.now() : null)
    const account = accounts.draft({
      userType: stored.type,
      userTypeVersion: state.userTypeVersion,
      email: state.email === null ? null : { value: state.email, verifiedAt: verified('email') },
      phone: state.phone === null ? null : { value: state.phone, verifiedAt: verified('sms') },
      passwordHash: state.passwordHash,
      adminRole: null,
    })
    const origin = originOf(ctx, place, 'code')
    const entry = await audit.entry({
      ...origin,
      event: 'sign-up.completed',
      outcome: 'success',
      subject: { kind: 'account', id: account.id },
      factor: state.verifying,
      details: { userType: account.userType },
    })
    try {
      await accounts.open(account, stored.type, { audit: [entry] })
      return account.id
    } catch (error) {
      if (!(error instanceof DuplicateKey)) throw error
      await audit.record({ ...origin, event: 'sign-up.refused', outcome: 'failure', reason: 'contact-taken' })
      return null
    }
  }

  async function finish(ctx: Context, place: Place, { accountId, verifying }: SignUpState) {
    if (!place.goOn || accountId === null) return goTo(ctx, `${place.path}/done`)
    const device = parts.deviceCookie.keep(ctx, parts.devices.newSecret)
    const steps = { accountId, generation: 0, password: true, code: verifying, device, accountIsNew: true }
    const signIn = await parts.finishSignIn(steps, originOf(ctx, place, 'finish'))
    return goTo(ctx, signIn ? await place.goOn(ctx, signIn) : `${place.path}/done`)
  }

  async function whereWeAre(ctx: Context) {
    const place = await placeOf(ctx)
    const at: Read<SignUpState> | null = place.key === null ? null : await progress.find(place.key)
    const challenge = at && (await findNoted(parts.otp, at.state, clock))
    return { place, at, challenge }
  }

  /** Where the contact is taken the pages are the same: its owner gets a notice, and no code opens it. */
  async function codeRequest(
    ctx: Context,
    place: Place,
    { type }: Pick<StoredUserType, 'type'>,
    { channel, destination }: Pick<Challenge, 'channel' | 'destination'>,
  ): Promise<CodeRequest> {
    const space = channel === 'sms' ? 'phone' : 'email'
    const known = await accounts.isTaken([{ space, value: destination }])
    return {
      purpose: 'sign-up',
      channel,
      destination,
      policy: parts.codePolicyOf(type),
      clientName: place.clientName,
      language: parts.languageOf(ctx),
      by: { kind: 'stranger', known },
    }
  }

  async function openTypes(): Promise<StoredUserType[]> {
    return (await parts.userTypes.list()).filter(({ type }) => type.signUp === 'open')
  }

  function showForm(
    ctx: Context,
    place: Place,
    { type }: StoredUserType,
    wasChosen: boolean,
    values: { email: string; phone: string },
    problems: readonly FieldProblem[],
  ): void {
    const page = signUpPage({
      action: wasChosen ? `${place.path}?userType=${type.id}` : place.path,
      typeName: type.name,
      chooseTypeUrl: wasChosen ? place.path : null,
      signInUrl: place.signInUrl,
      contacts: type.contacts,
      codeGoesTo: null,
      emailAutocomplete: type.identifiers.includes('email') ? 'username' : 'email',
      values,
      problems,
      minimumPasswordLength: minimumLength(type.otp),
    })
    const status = problems.length > 0 ? 422 : 200
    show(ctx, page, { status, ...(place.formAction !== undefined && { formAction: place.formAction }) })
  }

  async function showCode(
    ctx: Context,
    place: Place,
    state: SignUpState,
    challenge: Challenge,
    failure: CodeFailure | null,
    resent = false,
  ): Promise<void> {
    const last = (await openTypes()).length > 1 ? 3 : 2
    const code: CodePage = {
      purpose: 'sign-up',
      action: `${place.path}/code`,
      resendAction: `${place.path}/resend`,
      step: { at: last, of: last },
      digits: challenge.digits,
      reference: challenge.reference,
      channel: challenge.channel,
      destination: { kind: 'typed', contact: (state.verifying === 'sms' ? state.phone : state.email) ?? '' },
      worksUntil: challenge.expiresAt,
      resendAt: challenge.resendAt,
      now: clock.now(),
      failure,
      resent,
      otherChannel: null,
      startAgainUrl: place.path,
    }
    const status = answerCode(ctx, code)
    show(ctx, codePage(code), {
      status,
      ...(place.formAction !== undefined && { formAction: place.formAction }),
    })
  }

  function originOf(ctx: Context, place: Place, step: string): Origin {
    return { ...parts.askerOf(ctx), api: 'sign-up', step, clientId: place.clientId, actor: STRANGER }
  }
}

const STRANGER = { kind: 'stranger', id: null } as const
const NOTHING_TYPED = { email: '', phone: '' }

function onlyOne(types: readonly StoredUserType[]): StoredUserType | undefined {
  return types.length === 1 ? types[0] : undefined
}
