import type { Context } from 'koa'
import type { Accounts } from '../../domain/accounts/index.ts'
import type { Limits } from '../../domain/limits/index.ts'
import type { Challenge, Otp } from '../../domain/otp/index.ts'
import type { Passwords } from '../../domain/passwords/index.ts'
import type { Progress, Read } from '../../domain/progress/index.ts'
import type { StoredUserType, UserType } from '../../domain/user-types/index.ts'
import type { Clock } from '../../lib/clock.ts'
import { networkOf } from '../../lib/ip.ts'
import type { CodePolicyOf, CodeRequest, ReadAccount, SendCode, WayToVerify } from '../../steps/index.ts'
import { isBeingSent, waysToVerify } from '../../steps/index.ts'
import type { OriginOf } from './origin.ts'
import type { Place } from './place.ts'
import type { SignUpState } from './state.ts'

export interface SendingParts {
  readonly progress: Progress<SignUpState>
  readonly accounts: Accounts
  readonly passwords: Passwords
  readonly otp: Otp
  readonly limits: Limits
  readonly sendCode: SendCode
  readonly codePolicyOf: CodePolicyOf
  readonly clock: Clock
  readonly originOf: OriginOf
  readonly languageOf: (ctx: Context) => string
}

/** Where a browser is in its sign-up, with the key under which that is kept. */
export interface At {
  readonly key: string
  readonly read: Read<SignUpState>
}

export type SentAgain =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'too-soon' | 'blocked' | 'dead' | 'over-budget' }
  /** Too many sign-ups with that contact were not confirmed. */
  | { readonly ok: false; readonly reason: 'paused'; readonly until: Date }

/** The codes of a sign-up: the first one, and those in its place. */
export function createSending(parts: SendingParts) {
  const { progress, otp, limits, clock, originOf } = parts

  /** Where the contact is taken the pages are the same: its owner gets a notice, and no code opens it. */
  async function codeRequest(
    ctx: Context,
    place: Place,
    type: UserType,
    { channel, destination }: WayToVerify,
  ): Promise<CodeRequest> {
    const space = channel === 'sms' ? 'phone' : 'email'
    const known = await parts.accounts.isTaken([{ space, value: destination }])
    return {
      purpose: 'sign-up',
      channel,
      destination,
      policy: parts.codePolicyOf(type),
      clientName: place.clientName,
      language: parts.languageOf(ctx),
      userType: type.id,
      by: { kind: 'stranger', known },
    }
  }

  async function note(ctx: Context, place: Place, read: Read<SignUpState> | null, state: SignUpState) {
    if (read && place.key !== null) return progress.advance(place.key, read, state)
    const { key, expiresAt } = place.begin(ctx)
    return progress.begin(key, state, expiresAt)
  }

  /**
   * The same contact again, a moment after a code was sent to it: that code is the one that works. What is typed takes
   * the place of what was noted, so the code must be for exactly the contact that it makes verified.
   */
  async function isStillSending(
    state: SignUpState,
    { type, version }: StoredUserType,
    way: WayToVerify,
  ): Promise<boolean> {
    if (state.step !== 'code' || state.userType !== type.id || state.userTypeVersion !== version) return false
    const challenge = await otp.find(state.challengeId)
    // While it is being written it is on its way to the first contact of what was noted.
    const sentTo = challenge ?? waysToVerify(type.otp.channels, state)[0]
    const same = sentTo?.channel === way.channel && sentTo.destination === way.destination
    return same && isBeingSent(challenge, state.notedAt, clock.now())
  }

  return {
    /** Hashed for known and unknown contacts alike: the time says nothing. */
    async begin(
      ctx: Context,
      place: Place,
      userType: StoredUserType,
      { verify, ...typed }: ReadAccount,
      password: string,
    ): Promise<void> {
      const origin = originOf(ctx, place, 'details')
      const passwordHash = await parts.passwords.hash(password, { caller: networkOf(origin.ip ?? '') })
      const read = place.key === null ? null : await progress.find(place.key)
      const state: SignUpState = {
        ...typed,
        step: 'code',
        userType: userType.type.id,
        userTypeVersion: userType.version,
        passwordHash,
        challengeId: otp.newId(),
        notedAt: clock.now().getTime(),
        verified: null,
        accountId: parts.accounts.newId(),
      }
      if (read && place.key !== null && (await isStillSending(read.state, userType, verify))) {
        const { challengeId, notedAt } = read.state
        await progress.advance(place.key, read, { ...state, challengeId, notedAt })
        return
      }
      // Noted before anything is sent: of the same form posted twice at once one goes on to send.
      if (!(await note(ctx, place, read, state))) return
      const request = await codeRequest(ctx, place, userType.type, verify)
      const sent = await parts.sendCode.start(state.challengeId, request, origin)
      if (!sent.ok) throw new Error('A stranger is never told of a budget.')
    },

    /** A new code of the same chain, by the channel that is asked for or the same as before. */
    async again(
      ctx: Context,
      place: Place,
      { key, read }: At,
      type: UserType,
      previous: Challenge,
      channel: Challenge['channel'] = previous.channel,
    ): Promise<SentAgain> {
      const { state } = read
      const way = waysToVerify(type.otp.channels, state).find((one) => one.channel === channel) ?? previous
      const until = await limits.confirmationPauseOf(way.destination)
      if (until !== null) return { ok: false, reason: 'paused', until }
      const request = await codeRequest(ctx, place, type, way)
      const result = await parts.sendCode.again(previous, request, originOf(ctx, place, 'resend'))
      if (!result.ok) return result
      await progress.advance(key, read, { ...state, challengeId: result.challenge.id })
      return { ok: true }
    },
  }
}
