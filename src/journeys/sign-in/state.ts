import type { Channel } from '../../domain/delivery/index.ts'
import type { Claimed } from '../../steps/index.ts'

/**
 * How far a sign-in has come. Before a right password or a code that was asked for there is no state at all.
 */
export type SignInState = AwaitingCode | Proved

/** A code is awaited: after a right password, or alone. */
export interface AwaitingCode {
  readonly step: 'code'
  readonly challengeId: string
  /** When the challenge was noted, in ms since 1970: a moment later it is there. */
  readonly notedAt: number
  /**
   * The secret of this browser's device cookie where the account was known in it before; else null. Absent in what an
   * older version noted.
   */
  readonly knownDevice?: string | null
  readonly after: AfterPassword | CodeAlone
}

export interface AfterPassword {
  readonly kind: 'password'
  readonly accountId: string
  readonly generation: number
}

/** Nothing is proved yet. */
export interface CodeAlone {
  readonly kind: 'nothing'
  /** As typed. */
  readonly typed: string
  /** For whom wrong codes are counted. */
  readonly who: string
  /** May the page say that the code went to what was typed? */
  readonly isContact: boolean
  readonly claimed: Claimed
}

/** Every proof is given. What the type of the account requires and it lacks is asked for, or nothing is left to do. */
export interface Proved {
  readonly step: 'complete' | 'done'
  readonly accountId: string
  readonly generation: number
  readonly password: boolean
  /** The channel whose code was right; null where none was asked for. */
  readonly code: Channel | null
  /** Made by the code just now. */
  readonly accountIsNew: boolean
}
