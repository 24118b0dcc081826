import { setTimeout as wait } from 'node:timers/promises'
import Router from '@koa/router'
import type { Context } from 'koa'
import { type Accounts, linkHash, type SetupLinks } from '../../domain/accounts/index.ts'
import type { Audit, Origin } from '../../domain/audit/index.ts'
import type { Challenge, Otp } from '../../domain/otp/index.ts'
import { minimumLength, type Passwords } from '../../domain/passwords/index.ts'
import type { Progress } from '../../domain/progress/index.ts'
import type { StoredUserType, UserType, UserTypeStore } from '../../domain/user-types/index.ts'
import type { FieldProblem } from '../../http/account-form.ts'
import type { AskerOf } from '../../http/asker.ts'
import { answerCode, codeFailure, resendFailure } from '../../http/code-answer.ts'
import { type CodeFailure, type CodePage, codePage } from '../../http/code-page.ts'
import type { Csrf } from '../../http/csrf.ts'
import { readFormAs } from '../../http/form.ts'
import { goTo, type Show } from '../../http/show.ts'
import { addSeconds, type Clock } from '../../lib/clock.ts'
import { DuplicateKey, NotFound } from '../../lib/errors.ts'
import { newSecret, type Random } from '../../lib/ids.ts'
import { networkOf } from '../../lib/ip.ts'
import type { CheckCode, CodePolicyOf, CodeRequest, ReadNewAccount, SendCode } from '../../steps/index.ts'
import { codeForm, resendForm, setupForm } from './forms.ts'
import { setUpPage, setupPage } from './pages.ts'
import type { SetupState } from './state.ts'

export interface SetupParts {
  readonly links: SetupLinks
  readonly progress: Progress<SetupState>
  readonly readNewAccount: ReadNewAccount
  readonly sendCode: SendCode
  readonly checkCode: CheckCode
  readonly codePolicyOf: CodePolicyOf
  readonly accounts: Accounts
  readonly userTypes: UserTypeStore
  readonly passwords: Passwords
  readonly otp: Otp
  readonly audit: Audit
  readonly clock: Clock
  readonly random: Random
  readonly secureCookies: boolean
  readonly csrf: Csrf
  readonly show: Show
  readonly askerOf: AskerOf
  readonly languageOf: (ctx: Context) => string
  /** The demo application, where there is one: what a new owner may open next. */
  readonly nextUrl: string | null
}

const COOKIE = 'latchkey_setup'
const SETUP_SECONDS = 1800
const LOOK_AGAIN_MS = 25
const LOOKS = 80
/** An owner is an account of this shipped type. */
const OWNERS_TYPE = 'admin'

/** One-time link → contact and password → code → the first owner. Opening a page uses nothing up. */
export function setupRoutes(parts: SetupParts): Router {
  const { links, progress, csrf, show, clock, accounts, audit } = parts
  const cookieName = parts.secureCookies ? `__Secure-${COOKIE}` : COOKIE
  return new Router({ prefix: '/setup' })
    .get('/', askForDetails)
    .post('/', sendCode)
    .get('/code', askForCode)
    .post('/code', checkCode)
    .post('/resend', resendCode)
    .get('/done', showDone)

  async function askForDetails(ctx: Context) {
    const token = String(ctx.query['token'] ?? '')
    await refuseDeadLink(token)
    return showForm(ctx, token, { email: '', phone: '' }, [])
  }

  async function sendCode(ctx: Context) {
    const form = await readFormAs(ctx, setupForm)
    csrf.check(ctx, form.csrf)
    await refuseDeadLink(form.token)
    const { type } = await ownersType()
    const rules = { otp: type.otp, ...ASKED }
    const result = parts.readNewAccount(form, rules, minimumLength(type.otp))
    if (!result.ok) return showForm(ctx, form.token, form, result.problems)

    const origin = originOf(ctx, 'details')
    const { email, phone, verify } = result.account
    const passwordHash = await parts.passwords.hash(form.password, { caller: networkOf(origin.ip ?? '') })
    const sent = await parts.sendCode.start(parts.otp.newId(), codeRequest(ctx, type, verify), origin)
    if (!sent.ok) throw new Error('An operator pays nothing.')
    const state: SetupState = {
      step: 'code',
      email,
      phone,
      passwordHash,
      verifying: verify.channel,
      challengeId: sent.challenge.id,
      token: form.token,
    }
    const key = newSecret(parts.random)
    const expiresAt = addSeconds(clock.now(), SETUP_SECONDS)
    await progress.begin(key, state, expiresAt)
    const attributes = { signed: true, httpOnly: true, sameSite: 'lax', secure: parts.secureCookies } as const
    ctx.cookies.set(cookieName, key, { ...attributes, path: '/setup', expires: expiresAt })
    return goTo(ctx, '/setup/code')
  }

  async function askForCode(ctx: Context) {
    const { at, challenge } = await whereWeAre(ctx)
    if (at.state.step === 'done') return goTo(ctx, '/setup/done')
    return showCode(ctx, at.state, challenge, null, ctx.query['sent'] === 'again')
  }

  async function checkCode(ctx: Context) {
    const form = await readFormAs(ctx, codeForm)
    csrf.check(ctx, form.csrf)
    const { key, at, challenge } = await whereWeAre(ctx)
    if (at.state.step === 'done') return goTo(ctx, '/setup/done')
    if (form.code.trim() === '') return showCode(ctx, at.state, challenge, { kind: 'missing' })
    const { destination } = challenge
    const expected = {
      challengeId: challenge.id,
      purpose: 'setup',
      accountId: null,
      destination,
      knownDevice: null,
    } as const
    const result = await parts.checkCode(form.code, expected, originOf(ctx, 'code'))
    if (!result.ok) {
      if (result.reason === 'dead' && (await isDoneElsewhere(key, challenge.id)))
        return goTo(ctx, '/setup/done')
      return showCode(ctx, at.state, challenge, codeFailure(result))
    }
    const outcome = await openFirstOwner(ctx, at.state)
    if (outcome === 'contact-taken') {
      const { token, email, phone, verifying } = at.state
      const field = verifying === 'sms' ? 'phone' : 'email'
      return showForm(ctx, token, { email: email ?? '', phone: phone ?? '' }, [{ field, problem: 'taken' }])
    }
    if (outcome !== 'inserted') throw new NotFound('This setup link no longer works.')
    await progress.advance(key, at, { ...at.state, step: 'done' })
    return goTo(ctx, '/setup/done')
  }

  async function resendCode(ctx: Context) {
    const form = await readFormAs(ctx, resendForm)
    csrf.check(ctx, form.csrf)
    const { key, at, challenge } = await whereWeAre(ctx)
    const { type } = await ownersType()
    const request = codeRequest(ctx, type, challenge)
    const result = await parts.sendCode.again(challenge, request, originOf(ctx, 'resend'))
    if (result.ok) {
      await progress.advance(key, at, { ...at.state, challengeId: result.challenge.id })
      return goTo(ctx, '/setup/code?sent=again')
    }
    if (result.reason === 'dead') return goTo(ctx, '/setup/code')
    return showCode(ctx, at.state, challenge, resendFailure(result.reason))
  }

  async function showDone(ctx: Context) {
    const { at } = await whereWeAre(ctx)
    if (at.state.step !== 'done') return goTo(ctx, '/setup/code')
    return show(ctx, setUpPage({ signInUrl: parts.nextUrl }))
  }

  async function openFirstOwner(ctx: Context, state: SetupState) {
    const { type, version } = await ownersType()
    const verified = (channel: 'sms' | 'email') => (state.verifying === channel ? clock.now() : null)
    const account = accounts.draft({
      userType: type,
      userTypeVersion: version,
      email: state.email === null ? null : { value: state.email, verifiedAt: verified('email') },
      phone: state.phone === null ? null : { value: state.phone, verifiedAt: verified('sms') },
      passwordHash: state.passwordHash,
      adminRole: 'owner',
    })
    const origin = originOf(ctx, 'code')
    const subject = { kind: 'account', id: account.id } as const
    const entry = await audit.entry({ ...origin, event: 'setup.completed', outcome: 'success', subject })
    const outcome = await accounts
      .openFirstOwner(account, linkHash(state.token), { audit: [entry] })
      .catch((error: unknown) => {
        if (error instanceof DuplicateKey) return 'contact-taken' as const
        throw error
      })
    if (outcome !== 'inserted') {
      await audit.record({ ...origin, event: 'setup.refused', outcome: 'failure', reason: outcome })
    }
    return outcome
  }

  async function refuseDeadLink(token: string): Promise<void> {
    if (!(await links.isLive(token))) throw new NotFound('This setup link no longer works.')
  }

  async function whereWeAre(ctx: Context) {
    const key = ctx.cookies.get(cookieName, { signed: true })
    const at = key === undefined ? null : await progress.find(key)
    const challenge = at && (await parts.otp.find(at.state.challengeId))
    if (key === undefined || !at || !challenge)
      throw new NotFound('This setup has not begun in this browser.')
    return { key, at, challenge }
  }

  /** The same form posted twice at once: the other one was right, and its owner is there a moment later. */
  async function isDoneElsewhere(key: string, challengeId: string): Promise<boolean> {
    for (let look = 0; look < LOOKS; look++) {
      if ((await progress.find(key))?.state.step === 'done') return true
      if ((await parts.otp.find(challengeId))?.status !== 'verified') return false
      await wait(LOOK_AGAIN_MS)
    }
    return false
  }

  async function ownersType(): Promise<StoredUserType> {
    const stored = await parts.userTypes.find(OWNERS_TYPE)
    if (!stored) throw new Error(`The user type "${OWNERS_TYPE}" is missing.`)
    return stored
  }

  function codeRequest(
    ctx: Context,
    type: UserType,
    { channel, destination }: Pick<Challenge, 'channel' | 'destination'>,
  ): CodeRequest {
    return {
      purpose: 'setup',
      channel,
      destination,
      policy: parts.codePolicyOf(type),
      clientName: null,
      language: parts.languageOf(ctx),
      by: { kind: 'operator' },
    }
  }

  async function showForm(
    ctx: Context,
    token: string,
    values: { email: string; phone: string },
    problems: readonly FieldProblem[],
  ): Promise<void> {
    const { type } = await ownersType()
    const page = setupPage({
      action: '/setup',
      token,
      values: { email: values.email, phone: values.phone },
      problems,
      minimumPasswordLength: minimumLength(type.otp),
    })
    show(ctx, page, { status: problems.length > 0 ? 422 : 200 })
  }

  function showCode(
    ctx: Context,
    state: SetupState,
    challenge: Challenge,
    failure: CodeFailure | null,
    resent = false,
  ): void {
    const code: CodePage = {
      purpose: 'setup',
      action: '/setup/code',
      resendAction: '/setup/resend',
      step: { at: 2, of: 2 },
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
      startAgainUrl: `/setup?token=${encodeURIComponent(state.token)}`,
    }
    show(ctx, codePage(code), { status: answerCode(ctx, code) })
  }

  function originOf(ctx: Context, step: string): Origin {
    return {
      ...parts.askerOf(ctx),
      api: 'setup',
      step,
      clientId: null,
      actor: { kind: 'stranger', id: null },
    }
  }
}

/** interface.md, Pages: one contact is enough for the first owner, and no field of the type is asked for. */
const ASKED = {
  contacts: { email: 'optional', phone: 'optional' },
  identifiers: ['email', 'phone'],
  fields: [],
} as const
