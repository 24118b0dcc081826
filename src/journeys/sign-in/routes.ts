import Router from '@koa/router'
import type { Context } from 'koa'
import { type Accounts, reachableBy } from '../../domain/accounts/index.ts'
import type { Audit, Origin } from '../../domain/audit/index.ts'
import type { Challenge, Otp } from '../../domain/otp/index.ts'
import type { Progress, Read } from '../../domain/progress/index.ts'
import type { IdentifierKind, UserTypeStore } from '../../domain/user-types/index.ts'
import type { AskerOf } from '../../http/asker.ts'
import { answerCode } from '../../http/code-answer.ts'
import { type CodeFailure, type CodePage, codePage } from '../../http/code-page.ts'
import type { Csrf } from '../../http/csrf.ts'
import { readFormAs } from '../../http/form.ts'
import { goTo, type Show } from '../../http/show.ts'
import { type Clock, secondsUntil } from '../../lib/clock.ts'
import { maskEmail, maskPhone } from '../../lib/mask.ts'
import type { Interaction, Interactions } from '../../oidc/index.ts'
import type { CheckCode, CheckPassword, FinishSignIn, KnownPerson, SendCode } from '../../steps/index.ts'
import { codeForm, passwordForm, resendForm } from './forms.ts'
import { type PasswordFailure, passwordPage } from './pages.ts'
import type { SignInState } from './state.ts'

export interface SignInParts {
  readonly interactions: Interactions
  readonly progress: Progress<SignInState>
  readonly checkPassword: CheckPassword
  readonly sendCode: SendCode
  readonly checkCode: CheckCode
  readonly finishSignIn: FinishSignIn
  readonly accounts: Accounts
  readonly userTypes: UserTypeStore
  readonly otp: Otp
  readonly audit: Audit
  readonly clock: Clock
  readonly csrf: Csrf
  readonly show: Show
  readonly askerOf: AskerOf
  readonly languageOf: (ctx: Context) => string
}

/** Identifier and password → code → application (architecture.md, The way of one sign-in). */
export function signInRoutes(parts: SignInParts): Router {
  const { interactions, progress, csrf, show, clock } = parts
  return new Router({ prefix: '/interaction/:uid' })
    .get('/', askForPassword)
    .post('/', checkPassword)
    .get('/code', askForCode)
    .post('/code', checkCode)
    .post('/resend', resendCode)

  async function askForPassword(ctx: Context) {
    const interaction = await interactions.find(ctx, uidOf(ctx))
    if (interaction.prompt === 'create' && ctx.query['sign-in'] === undefined) {
      return goTo(ctx, `${pathOf(interaction)}/sign-up`)
    }
    return showPassword(ctx, interaction, interaction.loginHint ?? '', null)
  }

  async function checkPassword(ctx: Context) {
    const form = await readFormAs(ctx, passwordForm)
    const interaction = await interactions.find(ctx, uidOf(ctx))
    csrf.check(ctx, form.csrf)
    const { identifier, password } = form
    const missing = (['identifier', 'password'] as const).filter((field) => form[field].trim() === '')
    if (missing.length > 0) {
      return showPassword(ctx, interaction, identifier, { kind: 'missing', fields: missing })
    }
    const result = await parts.checkPassword(identifier, password, originOf(ctx, interaction, 'password'))
    if (!result.ok && result.reason === 'paused') {
      return showPassword(ctx, interaction, identifier, {
        kind: 'paused',
        until: result.until,
        now: clock.now(),
      })
    }
    if (!result.ok) return showPassword(ctx, interaction, identifier, { kind: 'wrong' })
    await awaitCode(ctx, interaction, result.person)
    return goTo(ctx, `${pathOf(interaction)}/code`)
  }

  async function askForCode(ctx: Context) {
    const interaction = await interactions.find(ctx, uidOf(ctx))
    const at = await progress.find(interaction.uid)
    const challenge = at && (await parts.otp.find(at.state.challengeId))
    if (!at || !challenge || at.state.step === 'done') return goTo(ctx, pathOf(interaction))
    return showCode(ctx, interaction, challenge, null, ctx.query['sent'] === 'again')
  }

  async function checkCode(ctx: Context) {
    const form = await readFormAs(ctx, codeForm)
    const interaction = await interactions.find(ctx, uidOf(ctx))
    csrf.check(ctx, form.csrf)
    const at = await progress.find(interaction.uid)
    const challenge = at && (await parts.otp.find(at.state.challengeId))
    if (!at || !challenge) return goTo(ctx, pathOf(interaction))
    // The same form posted twice: the first one finished, the second goes the same way.
    if (at.state.step === 'done') return finish(ctx, interaction, at.state)
    if (form.code.trim() === '') return showCode(ctx, interaction, challenge, { kind: 'missing' })

    const expected = {
      challengeId: challenge.id,
      purpose: 'sign-in',
      accountId: at.state.accountId,
      destination: challenge.destination,
    } as const
    const result = await parts.checkCode(form.code, expected, originOf(ctx, interaction, 'code'))
    if (result.ok) {
      const done = await progress.advance(interaction.uid, at, {
        ...at.state,
        step: 'done',
        verifiedBy: result.challenge.channel,
      })
      return done ? finish(ctx, interaction, done.state) : goTo(ctx, `${pathOf(interaction)}/code`)
    }
    if (result.reason === 'wrong') {
      return showCode(ctx, interaction, challenge, { kind: 'wrong', attemptsLeft: result.attemptsLeft })
    }
    if (result.reason === 'dead') return showCode(ctx, interaction, challenge, { kind: 'expired' })
    return showCode(ctx, interaction, challenge, { kind: 'blocked', until: result.until })
  }

  async function resendCode(ctx: Context) {
    const form = await readFormAs(ctx, resendForm)
    const interaction = await interactions.find(ctx, uidOf(ctx))
    csrf.check(ctx, form.csrf)
    const at = await progress.find(interaction.uid)
    const previous = at && (await parts.otp.find(at.state.challengeId))
    const account = at && (await parts.accounts.find(at.state.accountId))
    const stored = account && (await parts.userTypes.find(account.userType))
    if (!at || !previous || !account || !stored || at.state.step === 'done')
      return goTo(ctx, pathOf(interaction))

    const person = { account, userType: stored.type, generation: at.state.generation }
    const request = codeRequest(ctx, interaction, person, previous.channel, previous.destination)
    const result = await parts.sendCode.again(previous, request, originOf(ctx, interaction, 'resend'))
    if (result.ok) {
      await progress.advance(interaction.uid, at, { ...at.state, challengeId: result.challenge.id })
      return goTo(ctx, `${pathOf(interaction)}/code?sent=again`)
    }
    if (result.reason === 'too-soon') return showCode(ctx, interaction, previous, { kind: 'too-soon' })
    if (result.reason === 'blocked')
      return showCode(ctx, interaction, previous, { kind: 'blocked', until: null })
    // Another tab was faster: the page shows the code that works now.
    return goTo(ctx, `${pathOf(interaction)}/code`)
  }

  /** A right password begins a chain, unless this sign-in has a live one that was begun a moment ago. */
  async function awaitCode(ctx: Context, interaction: Interaction, person: KnownPerson): Promise<void> {
    const at = await progress.find(interaction.uid)
    if (at && (await isStillSending(at, person))) return
    const way = firstWay(person)
    if (!way) throw new Error(`Account ${person.account.id} has no verified contact that its type sends to.`)
    const request = codeRequest(ctx, interaction, person, way.channel, way.destination)
    const challenge = await parts.sendCode.start(request, originOf(ctx, interaction, 'password'))
    const state: SignInState = {
      step: 'code',
      accountId: person.account.id,
      generation: person.generation,
      challengeId: challenge.id,
      verifiedBy: null,
    }
    if (at) await progress.advance(interaction.uid, at, state)
    else await progress.begin(interaction.uid, state, interaction.expiresAt)
  }

  /** The same form posted twice sends one code. */
  async function isStillSending(at: Read<SignInState>, person: KnownPerson): Promise<boolean> {
    if (at.state.step !== 'code' || at.state.accountId !== person.account.id) return false
    if (at.state.generation !== person.generation) return false
    const challenge = await parts.otp.find(at.state.challengeId)
    const now = clock.now()
    return challenge?.status === 'pending' && challenge.attemptsLeft > 0 && challenge.resendAt > now
  }

  async function finish(ctx: Context, interaction: Interaction, state: SignInState) {
    const signIn = await parts.finishSignIn(
      { accountId: state.accountId, generation: state.generation, password: true, code: state.verifiedBy },
      originOf(ctx, interaction, 'finish'),
    )
    // The account was disabled or its password reset meanwhile: as for a wrong password.
    if (!signIn) {
      await progress.end(interaction.uid)
      return showPassword(ctx, interaction, '', { kind: 'wrong' })
    }
    return goTo(ctx, await interactions.finish(ctx, interaction.uid, signIn))
  }

  async function showPassword(
    ctx: Context,
    interaction: Interaction,
    identifier: string,
    failure: PasswordFailure | null,
  ): Promise<void> {
    const page = passwordPage({
      action: pathOf(interaction),
      clientName: interaction.clientName,
      identifier,
      identifierKinds: await identifierKinds(parts.userTypes),
      failure,
      signUpUrl: `${pathOf(interaction)}/sign-up`,
      forgotUrl: null,
      withCodeUrl: null,
    })
    if (failure?.kind === 'paused') ctx.set('Retry-After', String(secondsUntil(failure.until, failure.now)))
    const status = failure === null ? 200 : failure.kind === 'paused' ? 429 : 422
    show(ctx, page, { status, formAction: interaction.formAction })
  }

  function showCode(
    ctx: Context,
    interaction: Interaction,
    challenge: Challenge,
    failure: CodeFailure | null,
    resent = false,
  ): void {
    const mask = challenge.channel === 'sms' ? maskPhone : maskEmail
    const code: CodePage = {
      purpose: 'sign-in',
      action: `${pathOf(interaction)}/code`,
      resendAction: `${pathOf(interaction)}/resend`,
      step: { at: 2, of: 2 },
      digits: challenge.digits,
      reference: challenge.reference,
      channel: challenge.channel,
      destination: { kind: 'masked', shown: mask(challenge.destination).shown },
      worksUntil: challenge.expiresAt,
      resendAt: challenge.resendAt,
      now: clock.now(),
      failure,
      resent,
      otherChannel: null,
      startAgainUrl: `${pathOf(interaction)}?sign-in`,
    }
    const status = answerCode(ctx, code)
    show(ctx, codePage(code), { status, formAction: interaction.formAction })
  }

  function codeRequest(
    ctx: Context,
    interaction: Interaction,
    { account, userType }: KnownPerson,
    channel: 'sms' | 'email',
    destination: string,
  ) {
    return {
      purpose: 'sign-in',
      accountId: account.id,
      channel,
      destination,
      policy: userType.otp,
      clientName: interaction.clientName,
      language: parts.languageOf(ctx),
      instead: null,
    } as const
  }

  function originOf(ctx: Context, interaction: Interaction, step: string): Origin {
    return { ...parts.askerOf(ctx), api: 'sign-in', step, clientId: interaction.clientId, actor: STRANGER }
  }
}

/** The first channel of the type's order that reaches a verified contact of the account. */
function firstWay({ account, userType }: KnownPerson) {
  for (const channel of userType.otp.channels) {
    const destination = reachableBy(account, channel)
    if (destination !== null) return { channel, destination }
  }
  return null
}

async function identifierKinds(userTypes: UserTypeStore): Promise<IdentifierKind[]> {
  const types = await userTypes.list()
  return [...new Set(types.flatMap(({ type }) => type.identifiers))]
}

/** Until the last step is done nobody is known. */
const STRANGER = { kind: 'stranger', id: null } as const

function uidOf(ctx: Context): string {
  return String(ctx['params'].uid)
}

function pathOf({ uid }: Interaction): string {
  return `/interaction/${uid}`
}
