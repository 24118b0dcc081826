import type { Context } from 'koa'
import type { Read } from '../../domain/progress/index.ts'
import { readFormAs } from '../../http/form.ts'
import { goTo } from '../../http/show.ts'
import { type Interaction, isGoodEnough, reachableAcrs } from '../../oidc/index.ts'
import { isBeingSent, type KnownPerson } from '../../steps/index.ts'
import type { FirstPages } from './first-pages.ts'
import { passwordForm } from './forms.ts'
import type { GoOn } from './go-on.ts'
import { mayReach, originOf, pathOf, type SignInParts, uidOf } from './parts.ts'
import type { AwaitingCode, SignInState } from './state.ts'
import { bestWay, codeRequest, waysTo } from './ways.ts'

const PASSWORD = 'urn:latchkey:acr:password'
const AFTER_PASSWORD = [PASSWORD, 'urn:latchkey:acr:password-sms', 'urn:latchkey:acr:password-email'] as const

/** Identifier and password: the first page of most sign-ins. */
export function createPasswordSteps(parts: SignInParts, pages: FirstPages, goOn: GoOn) {
  const { interactions, progress, csrf, clock } = parts
  return { askForPassword, checkPassword }

  async function askForPassword(ctx: Context) {
    const interaction = await interactions.find(ctx, uidOf(ctx))
    const path = pathOf(interaction)
    const wishesToSignIn = ctx.query['sign-in'] !== undefined
    if (interaction.prompt === 'consent') return goTo(ctx, `${path}/consent`)
    if (interaction.prompt === 'create' && !wishesToSignIn) return goTo(ctx, `${path}/sign-up`)
    // What the application insists on can be had by a code alone.
    const isInVain = AFTER_PASSWORD.every((acr) => !mayReach(interaction, acr))
    if (isInVain && !wishesToSignIn && (await pages.mayUseCodeAlone(interaction))) {
      return goTo(ctx, `${path}/with-code`)
    }
    return pages.showPassword(ctx, interaction, interaction.loginHint ?? '', null)
  }

  async function checkPassword(ctx: Context) {
    const form = await readFormAs(ctx, passwordForm)
    const interaction = await interactions.find(ctx, uidOf(ctx))
    csrf.check(ctx, form.csrf)
    const { identifier, password } = form
    const missing = (['identifier', 'password'] as const).filter((field) => form[field].trim() === '')
    if (missing.length > 0) {
      return pages.showPassword(ctx, interaction, identifier, { kind: 'missing', fields: missing })
    }
    const device = parts.deviceCookie.find(ctx)
    const origin = originOf(parts, ctx, interaction, 'password')
    const result = await parts.checkPassword(identifier, password, device, origin)
    if (!result.ok && result.reason === 'paused') {
      const failure = { kind: 'paused', until: result.until, now: clock.now() } as const
      return pages.showPassword(ctx, interaction, identifier, failure)
    }
    if (!result.ok) return pages.showPassword(ctx, interaction, identifier, { kind: 'wrong' })
    if (needsNoCode(result.person, interaction)) return skipCode(ctx, interaction, result.person)
    const pausedUntil = await awaitCode(ctx, interaction, result.person)
    if (pausedUntil === null) return goTo(ctx, `${pathOf(interaction)}/code`)
    const failure = { kind: 'paused', until: pausedUntil, now: clock.now() } as const
    return pages.showPassword(ctx, interaction, identifier, failure)
  }

  async function skipCode(ctx: Context, interaction: Interaction, { account, generation }: KnownPerson) {
    const at = await progress.find(interaction.uid)
    const proved = { accountId: account.id, generation, password: true, code: null, accountIsNew: false }
    return goOn.prove(ctx, interaction, at, proved)
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
    const state: AwaitingCode = {
      step: 'code',
      challengeId: parts.otp.newId(),
      notedAt: clock.now().getTime(),
      knownDevice: person.deviceIsKnown ? parts.deviceCookie.find(ctx) : null,
      after: { kind: 'password', accountId: person.account.id, generation: person.generation },
    }
    // Noted before anything is sent: of the same form posted twice at once one goes on to send.
    const noted = at
      ? await progress.advance(interaction.uid, at, state)
      : await progress.begin(interaction.uid, state, interaction.expiresAt)
    if (!noted) return null
    const request = codeRequest(parts, ctx, interaction, person, way)
    const origin = originOf(parts, ctx, interaction, 'password')
    const result = await parts.sendCode.start(state.challengeId, request, origin)
    if (result.ok) return null
    await progress.end(interaction.uid)
    return result.reason === 'over-budget' ? result.retryAt : clock.now()
  }

  /** The same form posted twice sends one code. */
  async function isStillSending({ state }: Read<SignInState>, person: KnownPerson): Promise<boolean> {
    if (state.step !== 'code' || state.after.kind !== 'password') return false
    if (state.after.accountId !== person.account.id || state.after.generation !== person.generation)
      return false
    return isBeingSent(await parts.otp.find(state.challengeId), state.notedAt, clock.now())
  }
}

/**
 * A device that a right code made known skips the code where the type says so (security.md, Input), unless the
 * application asks for more and this person can reach it. After a reset none does before the sign-in that makes it
 * good: the contact that did the reset is enough for a code alone, which makes a device known.
 */
function needsNoCode(
  { account, userType, deviceIsKnown }: KnownPerson,
  { acrValues, acrIsEssential }: Interaction,
): boolean {
  if (userType.otp.when !== 'new-device' || !deviceIsKnown || account.recoveredBy !== null) return false
  const asked = { values: acrValues, essential: acrIsEssential }
  return isGoodEnough(PASSWORD, asked, reachableAcrs(account, userType))
}
