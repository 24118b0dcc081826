import type { Channel } from '../../domain/delivery/index.ts'

/**
 * How far a sign-in has come: a password was right, and the code of this challenge is awaited; or both are done.
 * Before a right password there is no state at all.
 */
export type SignInState = {
  readonly step: 'code' | 'done'
  readonly accountId: string
  readonly generation: number
  readonly challengeId: string
  /** When the challenge was noted, in ms since 1970: a moment later it is there. */
  readonly notedAt: number
  /** Had this person signed in in this browser before, when the password was right? */
  readonly deviceIsKnown: boolean
  /** The channel whose code was right, with `done`. */
  readonly verifiedBy: Channel | null
}
