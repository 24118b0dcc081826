import Router from '@koa/router'
import type { Context } from 'koa'
import { type Accounts, reachableBy } from '../../domain/accounts/index.ts'
import type { Audit, Origin } from '../../domain/audit/index.ts'
import type { Channel } from '../../domain/delivery/index.ts'
import type { Devices } from '../../domain/devices/index.ts'
import type { Challenge, Otp } from '../../domain/otp/index.ts'
import type { Progress, Read } from '../../domain/progress/index.ts'
import type { IdentifierKind, UserTypeStore } from '../../domain/user-types/index.ts'
import type { AskerOf } from '../../http/asker.ts'
import { answerCode, codeFailure, resendFailure } from '../../http/code-answer.ts'
import { type CodeFailure, type CodePage, codePage } from '../../http/code-page.ts'
import type { Csrf } from '../../http/csrf.ts'
import type { DeviceCookie } from '../../http/device-cookie.ts'
import { readFormAs } from '../../http/form.ts'
import { goTo, type Show } from '../../http/show.ts'
import { type Clock, secondsUntil } from '../../lib/clock.ts'
import { maskEmail, maskPhone } from '../../lib/mask.ts'
import type { Interaction, Interactions } from '../../oidc/index.ts'
import type {
  CheckCode,
  CheckPassword,
  CodePolicyOf,
  CodeRequest,
  FinishSignIn,
  KnownPerson,
  SendCode,
} from '../../steps/index.ts'
import { findNoted, isBeingSent } from '../../steps/index.ts'
import { chooseChannelForm, codeForm, passwordForm, resendForm } from './forms.ts'
import { type PasswordFailure, passwordPage } from './pages.ts'
import type { SignInState } from './state.ts'

export interface SignInParts {
  readonly interactions: Interactions
  readonly progress: Progress<SignInState>
  readonly checkPassword: CheckPassword
  readonly sendCode: SendCode
  readonly checkCode: CheckCode
  readonly finishSignIn: FinishSignIn
  readonly codePolicyOf: CodePolicyOf
  readonly devices: Devices
  readonly deviceCookie: DeviceCookie
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
    .post('/choose-channel', chooseChannel)

  async function askForPassword(ctx: Context) {
    const interaction = await interactions.find(ctx, uidOf(ctx))
    if (interaction.prompt === 'consent') return goTo(ctx, `${pathOf(interaction)}/consent`)
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
    const result = await parts.checkPassword(
      identifier,
      password,
      parts.deviceCookie.find(ctx),
      originOf(ctx, interaction, 'password'),
    )
    if (!result.ok && result.reason === 'paused') {
      return showPassword(ctx, interaction, identifier, {
        kind: 'paused',
        until: result.until,
        now: clock.now(),
      })
    }
    if (!result.ok) return showPassword(ctx, interaction, identifier, { kind: 'wrong' })
    const pausedUntil = await awaitCode(ctx, interaction, result.person)
    if (pausedUntil === null) return goTo(ctx, `${pathOf(interaction)}/code`)
    const failure = { kind: 'paused', until: pausedUntil, now: clock.now() } as const
    return showPassword(ctx, interaction, identifier, failure)
  }

  async function askForCode(ctx: Context) {
    const interaction = await interactions.find(ctx, uidOf(ctx))
    const at = await progress.find(interaction.uid)
    const challenge = at && (await findNoted(parts.otp, at.state, clock))
    if (!at || !challenge || at.state.step === 'done') return goTo(ctx, pathOf(interaction))
    return showCode(ctx, interaction, challenge, null, { resent: ctx.query['sent'] === 'again' })
  }

  async function checkCode(ctx: Context) {
    const form = await readFormAs(ctx, codeForm)
    const interaction = await interactions.find(ctx, uidOf(ctx))
    csrf.check(ctx, form.csrf)
    const at = await progress.find(interaction.uid)
    const challenge = at && (await findNoted(parts.otp, at.state, clock))
    if (!at || !challenge) return goTo(ctx, pathOf(interaction))
    // The same form posted twice: the first one finished, the second goes the same way.
    if (at.state.step === 'done') return finish(ctx, interaction, at.state)
    if (form.code.trim() === '') return showCode(ctx, interaction, challenge, { kind: 'missing' })

    const expected = {
      challengeId: challenge.id,
      purpose: 'sign-in',
      accountId: at.state.accountId,
      destination: challenge.destination,
      knownDevice: at.state.deviceIsKnown ? parts.deviceCookie.find(ctx) : null,
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
    if (result.reason === 'dead') {
      // The same form posted twice at once: the other one was right and goes on, and so does this one.
      const now = await progress.find(interaction.uid)
      if (now?.state.step === 'done') return finish(ctx, interaction, now.state)
    }
    return showCode(ctx, interaction, challenge, codeFailure(result))
  }

  async function resendCode(ctx: Context) {
    const form = await readFormAs(ctx, resendForm)
    return sendAgain(ctx, form.csrf, null)
  }

  async function chooseChannel(ctx: Context) {
    const form = await readFormAs(ctx, chooseChannelForm)
    return sendAgain(ctx, form.csrf, form.channel)
  }

  /** A new code of the same chain, by the channel that is asked for or the same as before. */
  async function sendAgain(ctx: Context, csrfToken: string | undefined, channel: Channel | null) {
    const interaction = await interactions.find(ctx, uidOf(ctx))
    csrf.check(ctx, csrfToken)
    const at = await progress.find(interaction.uid)
    const previous = at && (await findNoted(parts.otp, at.state, clock))
    const person = at && (await personOf(at.state.accountId))
    if (!at || !previous || !person || at.state.step === 'done') return goTo(ctx, pathOf(interaction))

    const way = waysTo(person).find((one) => one.channel === (channel ?? previous.channel)) ?? previous
    const request = codeRequest(ctx, interaction, person, way)
    const result = await parts.sendCode.again(previous, request, originOf(ctx, interaction, 'resend'))
    if (result.ok) {
      await progress.advance(interaction.uid, at, { ...at.state, challengeId: result.challenge.id })
      return goTo(ctx, `${pathOf(interaction)}/code?sent=again`)
    }
    // Another tab was faster: the page shows the code that works now.
    if (result.reason === 'dead') return goTo(ctx, `${pathOf(interaction)}/code`)
    const resendAt = result.reason === 'over-budget' ? result.retryAt : previous.resendAt
    return showCode(ctx, interaction, { ...previous, resendAt }, resendFailure(result.reason))
  }

  async function personOf(accountId: string): Promise<Reachable | null> {
    const account = await parts.accounts.find(accountId)
    const stored = account && (await parts.userTypes.find(account.userType))
    return account && stored ? { account, userType: stored.type } : null
  }

  /**
   * A right password begins a chain, unless this sign-in has a live one that was begun a moment ago. Answers null,
   * or until when the account's own sends are used up.
   */
  async function awaitCode(
    ctx: Context,
    interaction: Interaction,
    person: KnownPerson,
  ): Promise<Date | null> {
    const at = await progress.find(interaction.uid)
    if (at && (await isStillSending(at, person))) return null
    const way = bestWay(waysTo(person), interaction.acrValues)
    if (!way) throw new Error(`Account ${person.account.id} has no verified contact that its type sends to.`)
    const state: SignInState = {
      step: 'code',
      accountId: person.account.id,
      generation: person.generation,
      challengeId: parts.otp.newId(),
      notedAt: clock.now().getTime(),
      deviceIsKnown: person.deviceIsKnown,
      verifiedBy: null,
    }
    // Noted before anything is sent: of the same form posted twice at once one goes on to send.
    const noted = at
      ? await progress.advance(interaction.uid, at, state)
      : await progress.begin(interaction.uid, state, interaction.expiresAt)
    if (!noted) return null
    const request = codeRequest(ctx, interaction, person, way)
    const result = await parts.sendCode.start(
      state.challengeId,
      request,
      originOf(ctx, interaction, 'password'),
    )
    if (result.ok) return null
    await progress.end(interaction.uid)
    return result.reason === 'over-budget' ? result.retryAt : clock.now()
  }

  /** The same form posted twice sends one code. */
  async function isStillSending(at: Read<SignInState>, person: KnownPerson): Promise<boolean> {
    if (at.state.step !== 'code' || at.state.accountId !== person.account.id) return false
    if (at.state.generation !== person.generation) return false
    return isBeingSent(await parts.otp.find(at.state.challengeId), at.state.notedAt, clock.now())
  }

  async function finish(ctx: Context, interaction: Interaction, state: SignInState) {
    const signIn = await parts.finishSignIn(
      {
        accountId: state.accountId,
        generation: state.generation,
        password: true,
        code: state.verifiedBy,
        device: parts.deviceCookie.keep(ctx, parts.devices.newSecret),
        accountIsNew: false,
      },
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

  async function showCode(
    ctx: Context,
    interaction: Interaction,
    challenge: Challenge,
    failure: CodeFailure | null,
    { resent = false } = {},
  ): Promise<void> {
    const person = challenge.accountId === null ? null : await personOf(challenge.accountId)
    const other = person && waysTo(person).find(({ channel }) => channel !== challenge.channel)
    const code: CodePage = {
      purpose: 'sign-in',
      action: `${pathOf(interaction)}/code`,
      resendAction: `${pathOf(interaction)}/resend`,
      step: { at: 2, of: 2 },
      digits: challenge.digits,
      reference: challenge.reference,
      channel: challenge.channel,
      destination: { kind: 'masked', shown: maskOf(challenge) },
      worksUntil: challenge.expiresAt,
      resendAt: challenge.resendAt,
      now: clock.now(),
      failure,
      resent,
      otherChannel: other
        ? { action: `${pathOf(interaction)}/choose-channel`, channel: other.channel, shown: maskOf(other) }
        : null,
      startAgainUrl: `${pathOf(interaction)}?sign-in`,
    }
    const status = answerCode(ctx, code)
    show(ctx, codePage(code), { status, formAction: interaction.formAction })
  }

  function codeRequest(
    ctx: Context,
    interaction: Interaction,
    { account, userType }: Reachable,
    { channel, destination }: Way,
  ): CodeRequest {
    return {
      purpose: 'sign-in',
      channel,
      destination,
      policy: parts.codePolicyOf(userType),
      clientName: interaction.clientName,
      language: parts.languageOf(ctx),
      by: { kind: 'owner', accountId: account.id },
    }
  }

  function originOf(ctx: Context, interaction: Interaction, step: string): Origin {
    return { ...parts.askerOf(ctx), api: 'sign-in', step, clientId: interaction.clientId, actor: STRANGER }
  }
}

type Reachable = Pick<KnownPerson, 'account' | 'userType'>
type Way = Pick<Challenge, 'channel' | 'destination'>

/** The verified contacts of an account that its type sends to, in the type's order. */
function waysTo({ account, userType }: Reachable): Way[] {
  return userType.otp.channels.flatMap((channel) => {
    const destination = reachableBy(account, channel)
    return destination === null ? [] : [{ channel, destination }]
  })
}

/** The way that reaches what the application asked for, most wanted first; else the first of the type's order. */
function bestWay(ways: readonly Way[], acrValues: readonly string[]): Way | undefined {
  const wanted = acrValues.flatMap((acr) => ways.find(({ channel }) => acr === ACR_OF[channel]) ?? [])
  return wanted[0] ?? ways[0]
}

const ACR_OF = {
  sms: 'urn:latchkey:acr:password-sms',
  email: 'urn:latchkey:acr:password-email',
} as const

function maskOf({ channel, destination }: Way): string {
  return (channel === 'sms' ? maskPhone : maskEmail)(destination).shown
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
