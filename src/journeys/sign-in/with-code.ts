import type { Context } from 'koa'
import type { Read } from '../../domain/progress/index.ts'
import { readFormAs } from '../../http/form.ts'
import { goTo } from '../../http/show.ts'
import type { Interaction } from '../../oidc/index.ts'
import { type Claim, isBeingSent } from '../../steps/index.ts'
import type { FirstPages } from './first-pages.ts'
import { withCodeForm } from './forms.ts'
import { originOf, pathOf, type SignInParts, uidOf } from './parts.ts'
import type { AwaitingCode, SignInState } from './state.ts'
import { claimRequest } from './ways.ts'

/**
 * Sign in with a code alone: an identifier, then the code. Every identifier is answered the same, and the same is
 * read and written for it: whether a code was sent only its receiver knows.
 */
export function createWithCodeSteps(parts: SignInParts, pages: FirstPages) {
  const { interactions, progress, csrf, clock } = parts
  return { askForIdentifier, sendCode }

  async function askForIdentifier(ctx: Context) {
    const interaction = await interactions.find(ctx, uidOf(ctx))
    if (!(await pages.mayUseCodeAlone(interaction))) return goTo(ctx, `${pathOf(interaction)}?sign-in`)
    return pages.showWithCode(ctx, interaction, interaction.loginHint ?? '', null)
  }

  async function sendCode(ctx: Context) {
    const form = await readFormAs(ctx, withCodeForm)
    const interaction = await interactions.find(ctx, uidOf(ctx))
    csrf.check(ctx, form.csrf)
    if (!(await pages.mayUseCodeAlone(interaction))) return goTo(ctx, `${pathOf(interaction)}?sign-in`)
    const { identifier } = form
    if (identifier.trim() === '') {
      return pages.showWithCode(ctx, interaction, identifier, { kind: 'missing', fields: ['identifier'] })
    }
    const claim = await parts.claimByCode(identifier, parts.deviceCookie.find(ctx))
    if (!claim) return goTo(ctx, `${pathOf(interaction)}?sign-in`)
    const until = await pauseOf(claim, parts.askerOf(ctx).ip)
    if (until) {
      return pages.showWithCode(ctx, interaction, identifier, { kind: 'paused', until, now: clock.now() })
    }
    await awaitCode(ctx, interaction, identifier, claim)
    return goTo(ctx, `${pathOf(interaction)}/code`)
  }

  /** A code that could not be typed is not sent. Counted for what was typed, known or not. */
  function pauseOf({ who, knownDevice }: Claim, ip: string): Promise<Date | null> {
    return parts.limits.pauseOf({ factor: 'code', purpose: 'code-only', who, knownDevice, ip })
  }

  /** Begins a chain, unless this sign-in has a live one for the same identifier that was begun a moment ago. */
  async function awaitCode(
    ctx: Context,
    interaction: Interaction,
    typed: string,
    claim: Claim,
  ): Promise<void> {
    const at = await progress.find(interaction.uid)
    if (at && (await isStillSending(at, claim))) return
    const state: AwaitingCode = {
      step: 'code',
      challengeId: parts.otp.newId(),
      notedAt: clock.now().getTime(),
      knownDevice: claim.knownDevice,
      after: {
        kind: 'nothing',
        typed,
        who: claim.who,
        isContact: claim.contact !== null,
        claimed: claim.claimed,
      },
    }
    // Noted before anything is sent: of the same form posted twice at once one goes on to send.
    const noted = at
      ? await progress.advance(interaction.uid, at, state)
      : await progress.begin(interaction.uid, state, interaction.expiresAt)
    if (!noted) return
    const request = claimRequest(parts, ctx, interaction, claim)
    const origin = originOf(parts, ctx, interaction, 'with-code')
    const sent = await parts.sendCode.start(state.challengeId, request, origin)
    if (!sent.ok) throw new Error('A stranger is never told of a budget.')
  }

  async function isStillSending({ state }: Read<SignInState>, { who }: Claim): Promise<boolean> {
    if (state.step !== 'code' || state.after.kind !== 'nothing' || state.after.who !== who) return false
    return isBeingSent(await parts.otp.find(state.challengeId), state.notedAt, clock.now())
  }
}
