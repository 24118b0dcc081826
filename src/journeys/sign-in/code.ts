import { setTimeout as wait } from 'node:timers/promises'
import type { Context } from 'koa'
import type { Channel } from '../../domain/delivery/index.ts'
import type { Challenge } from '../../domain/otp/index.ts'
import type { Read } from '../../domain/progress/index.ts'
import { answerCode, codeFailure, resendFailure } from '../../http/code-answer.ts'
import { type CodeFailure, type CodePage, codePage } from '../../http/code-page.ts'
import { readFormAs } from '../../http/form.ts'
import { goTo } from '../../http/show.ts'
import type { Interaction } from '../../oidc/index.ts'
import { type CodeRequest, findNoted } from '../../steps/index.ts'
import { chooseChannelForm, codeForm, resendForm } from './forms.ts'
import type { GoOn } from './go-on.ts'
import { originOf, pathOf, type SignInParts, uidOf } from './parts.ts'
import type { AwaitingCode, CodeAlone, Proved, SignInState } from './state.ts'
import { claimRequest, codeRequest, maskOf, type Reachable, waysTo } from './ways.ts'

/** How long a post waits for another of the same form. */
const LOOK_AGAIN_MS = 25
const LOOKS = 40

/** The page of a code: after a password, or alone. */
export function createCodeSteps(parts: SignInParts, goOn: GoOn) {
  const { interactions, progress, csrf, show, clock } = parts
  return { askForCode, checkCode, resendCode, chooseChannel }

  async function askForCode(ctx: Context) {
    const interaction = await interactions.find(ctx, uidOf(ctx))
    const awaited = await findAwaited(await progress.find(interaction.uid))
    if (!awaited) return goTo(ctx, pathOf(interaction))
    const resent = ctx.query['sent'] === 'again'
    return showCode(ctx, interaction, awaited.state, awaited.challenge, null, { resent })
  }

  async function checkCode(ctx: Context) {
    const form = await readFormAs(ctx, codeForm)
    const interaction = await interactions.find(ctx, uidOf(ctx))
    csrf.check(ctx, form.csrf)
    const at = await progress.find(interaction.uid)
    // The same form posted twice: the first one went on, the second goes the same way.
    if (at && at.state.step !== 'code') return goOn.resume(ctx, interaction, at.state)
    const awaited = await findAwaited(at)
    if (!at || !awaited) return goTo(ctx, pathOf(interaction))
    const { state, challenge } = awaited
    if (form.code.trim() === '') return showCode(ctx, interaction, state, challenge, { kind: 'missing' })

    const origin = originOf(parts, ctx, interaction, 'code')
    const result = await parts.checkCode(form.code, expectationOf(state, challenge), origin)
    if (result.ok) {
      const proved = await provedBy(ctx, interaction, state, result.challenge)
      if (!proved) return goOn.giveUp(ctx, interaction, state.after.kind === 'password')
      return goOn.prove(ctx, interaction, at, proved)
    }
    if (result.reason === 'dead') {
      const proved = await findProved(interaction, challenge)
      if (proved) return goOn.resume(ctx, interaction, proved)
    }
    return showCode(ctx, interaction, state, challenge, codeFailure(result))
  }

  /**
   * The same form posted twice at once: the other one was right and goes on, perhaps a moment later, and so does
   * this one.
   */
  async function findProved({ uid }: Interaction, { id }: Challenge): Promise<Proved | null> {
    for (let look = 0; look < LOOKS; look++) {
      const now = await progress.find(uid)
      if (now?.state.step !== 'code') return now?.state ?? null
      if ((await parts.otp.find(id))?.status !== 'verified') return null
      await wait(LOOK_AGAIN_MS)
    }
    return null
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
    const awaited = await findAwaited(at)
    const next = awaited && (await nextRequest(ctx, interaction, awaited, channel))
    if (!at || !awaited || !next) return goTo(ctx, pathOf(interaction))

    const { challenge: previous } = awaited
    const origin = originOf(parts, ctx, interaction, 'resend')
    const result = await parts.sendCode.again(previous, next.request, origin)
    if (result.ok) {
      await progress.advance(interaction.uid, at, { ...next.state, challengeId: result.challenge.id })
      return goTo(ctx, `${pathOf(interaction)}/code?sent=again`)
    }
    // Another tab was faster: the page shows the code that works now.
    if (result.reason === 'dead') return goTo(ctx, `${pathOf(interaction)}/code`)
    const resendAt = result.reason === 'over-budget' ? result.retryAt : previous.resendAt
    const failure = resendFailure(result.reason)
    return showCode(ctx, interaction, awaited.state, { ...previous, resendAt }, failure)
  }

  /** What the next code of the chain is, and for whom. Alone it has one way, and whom it is for is looked up anew. */
  async function nextRequest(
    ctx: Context,
    interaction: Interaction,
    { state, challenge }: Awaited,
    channel: Channel | null,
  ): Promise<{ request: CodeRequest; state: AwaitingCode } | null> {
    const { after } = state
    if (after.kind === 'nothing') {
      const claim = await parts.claimByCode(after.typed, parts.deviceCookie.find(ctx))
      if (!claim) return null
      const { claimed, knownDevice } = claim
      return {
        request: claimRequest(parts, ctx, interaction, claim),
        state: { ...state, knownDevice, after: { ...after, claimed } },
      }
    }
    const person = await personOf(after.accountId)
    if (!person) return null
    const way = waysTo(person).find((one) => one.channel === (channel ?? challenge.channel)) ?? challenge
    return { request: codeRequest(parts, ctx, interaction, person, way), state }
  }

  async function findAwaited(at: Read<SignInState> | null): Promise<Awaited | null> {
    if (at?.state.step !== 'code') return null
    const challenge = await findNoted(parts.otp, at.state, clock)
    return challenge && { state: at.state, challenge }
  }

  function expectationOf({ after, knownDevice = null }: AwaitingCode, challenge: Challenge) {
    const common = { challengeId: challenge.id, destination: challenge.destination, knownDevice }
    if (after.kind === 'password') {
      return { ...common, purpose: 'sign-in', accountId: after.accountId } as const
    }
    return { ...common, purpose: 'code-only', accountId: accountOf(after), countedFor: after.who } as const
  }

  /** What a right code proves; null where there is no account of it. */
  async function provedBy(
    ctx: Context,
    interaction: Interaction,
    { after }: AwaitingCode,
    { channel, destination }: Challenge,
  ): Promise<Omit<Proved, 'step'> | null> {
    if (after.kind === 'password') {
      const { accountId, generation } = after
      return { accountId, generation, password: true, code: channel, accountIsNew: false }
    }
    const alone = { password: false, code: channel } as const
    switch (after.claimed.kind) {
      case 'account': {
        const { accountId, generation } = after.claimed
        return { ...alone, accountId, generation, accountIsNew: false }
      }
      case 'newcomer': {
        const { userType } = after.claimed
        const origin = originOf(parts, ctx, interaction, 'code')
        const opened = await parts.openByCode({ userType, channel, destination }, origin)
        if (!opened) return null
        const { accountId, generation, isNew } = opened
        return { ...alone, accountId, generation, accountIsNew: isNew }
      }
      case 'nobody':
        return null
    }
  }

  async function personOf(accountId: string): Promise<Reachable | null> {
    const account = await parts.accounts.find(accountId)
    const stored = account && (await parts.userTypes.find(account.userType))
    return account && stored ? { account, userType: stored.type } : null
  }

  async function showCode(
    ctx: Context,
    interaction: Interaction,
    { after }: AwaitingCode,
    challenge: Challenge,
    failure: CodeFailure | null,
    { resent = false } = {},
  ): Promise<void> {
    const path = pathOf(interaction)
    const code: CodePage = {
      purpose: 'sign-in',
      action: `${path}/code`,
      resendAction: `${path}/resend`,
      step: { at: 2, of: 2 },
      digits: challenge.digits,
      reference: challenge.reference,
      channel: challenge.channel,
      worksUntil: challenge.expiresAt,
      resendAt: challenge.resendAt,
      now: clock.now(),
      failure,
      resent,
      ...(after.kind === 'password'
        ? await shownAfterPassword(path, after.accountId, challenge)
        : shownAlone(path, after)),
    }
    const status = answerCode(ctx, code)
    show(ctx, codePage(code), { status, formAction: interaction.formAction })
  }

  async function shownAfterPassword(path: string, accountId: string, challenge: Challenge) {
    const person = await personOf(accountId)
    const other = person && waysTo(person).find(({ channel }) => channel !== challenge.channel)
    return {
      trouble: await parts.deliveries.troubleOf(challenge),
      lostContact: person && (await lostContactOf(person, challenge)),
      destination: { kind: 'masked', shown: maskOf(challenge) },
      otherChannel: other
        ? { action: `${path}/choose-channel`, channel: other.channel, shown: maskOf(other) }
        : null,
      startAgainUrl: `${path}?sign-in`,
    } as const
  }

  /** A contact of theirs that a message did not reach since they signed in last; what this code says is no news. */
  async function lostContactOf(person: Reachable, challenge: Challenge): Promise<string | null> {
    const { lastSignInAt } = person.account
    for (const way of waysTo(person)) {
      const since = await parts.deliveries.undeliverableSince(way.channel, way.destination)
      if (since === null || (lastSignInAt !== null && since <= lastSignInAt)) continue
      if (since < challenge.createdAt) return maskOf(way)
    }
    return null
  }
}

/** What somebody may know who has proved nothing: what they typed themselves. */
function shownAlone(
  path: string,
  { typed, isContact }: CodeAlone,
): Pick<CodePage, 'destination' | 'otherChannel' | 'startAgainUrl'> {
  return {
    destination: isContact ? { kind: 'typed', contact: typed.trim() } : { kind: 'unsaid' },
    otherChannel: null,
    startAgainUrl: `${path}/with-code`,
  }
}

function accountOf({ claimed }: CodeAlone): string | null {
  return claimed.kind === 'account' ? claimed.accountId : null
}

interface Awaited {
  readonly state: AwaitingCode
  readonly challenge: Challenge
}
