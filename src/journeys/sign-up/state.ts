import type { Channel } from '../../domain/delivery/index.ts'

/**
 * What somebody wants an account to be made from, while its contact is not verified. Nothing of it is an account;
 * it expires with the code, sealed at rest.
 */
export interface SignUpState {
  readonly step: 'code' | 'done'
  readonly userType: string
  readonly userTypeVersion: number
  readonly email: string | null
  readonly phone: string | null
  readonly passwordHash: string
  readonly verifying: Channel
  readonly challengeId: string
  /** When the challenge was noted, in ms since 1970: a moment later it is there. */
  readonly notedAt: number
  /** With `done`. */
  readonly accountId: string | null
}
