import type { Claimant, ResetGrounds } from '../../steps/index.ts'

/** A code is awaited from whoever says to be this person; known and unknown look the same. */
export interface AwaitedCode {
  readonly step: 'code'
  /** As typed, to be shown to whoever typed it. */
  readonly typed: string
  readonly claimant: Claimant
  readonly challengeId: string
  /** When the challenge was noted, in ms since 1970: a moment later it is there. */
  readonly notedAt: number
}

/** A new password may be set on these grounds; or it was. */
export interface Proved {
  readonly step: 'password' | 'done'
  readonly typed: string
  readonly grounds: ResetGrounds
}

/** How far a recovery has come in one browser; sealed at rest. */
export type RecoveryState = AwaitedCode | Proved
