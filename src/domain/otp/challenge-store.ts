import type { AuditEntry } from '../audit/index.ts'
import type { Channel, PricedMessage, Queued } from '../delivery/index.ts'
import type { Budget } from '../limits/index.ts'

/** What a code is for. A code for one purpose never opens another. */
export type Purpose =
  | 'sign-in'
  | 'code-only'
  | 'sign-up'
  | 'setup'
  | 'recovery'
  | 'contact-change'
  | 'step-up'

export type ChallengeStatus = 'pending' | 'verified' | 'expired' | 'blocked' | 'superseded'

/** One issued one-time code. Its MAC is kept, never the code; 30 days later the row goes, at its end the MAC. */
export interface Challenge {
  readonly id: string
  /** The chain of codes it belongs to: begun by one right first step, continued by resends. */
  readonly chainId: string
  readonly purpose: Purpose
  readonly accountId: string | null
  readonly channel: Channel
  /** Canonical contact. */
  readonly destination: string
  readonly codeMac: Uint8Array
  readonly pepperId: string
  /** The two letters in message and page. */
  readonly reference: string
  readonly digits: number
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly resendAt: Date
  /** How many codes the chain has sent, this one included. */
  readonly sends: number
  readonly attemptsLeft: number
  readonly status: 'pending' | 'verified' | 'superseded'
}

/** What goes into the same write as a challenge. */
export interface ChallengeWrite {
  readonly audit: readonly AuditEntry[]
  readonly messages: readonly PricedMessage[]
}

export type SupersedeResult =
  | { readonly ok: true; readonly challenge: Challenge; readonly queued: boolean; readonly spent?: Budget }
  /** `dead`: unknown, verified, or already superseded by another resend. */
  | { readonly ok: false; readonly reason: 'dead' | 'no-attempts-left' }
  | { readonly ok: false; readonly reason: 'too-soon'; readonly resendAt: Date }
  | { readonly ok: false; readonly reason: 'over-budget'; readonly retryAt: Date }

export type ReserveResult =
  /** One attempt is spent; the code may be compared now. */
  | { readonly ok: true; readonly challenge: Challenge }
  | {
      readonly ok: false
      readonly reason: 'unknown' | 'expired' | 'superseded' | 'used' | 'no-attempts-left'
    }

/**
 * A challenge whose message is dropped keeps no MAC: nobody was sent its code, so nobody may guess it. Else whoever has
 * spent the sends to a destination could begin chains for it without end, each with attempts of its own.
 */
export interface ChallengeStore {
  /** Nothing happens when a message may not be dropped and its budget is spent. */
  insert(challenge: Challenge, write: ChallengeWrite): Promise<Queued>
  find(id: string): Promise<Challenge | null>
  /**
   * Puts `next` in the place of the pending challenge `id`, with the attempts that were left: of N concurrent
   * calls one succeeds. An expired challenge may be superseded while its chain has attempts left.
   */
  supersede(id: string, next: Challenge, write: ChallengeWrite, now: Date): Promise<SupersedeResult>
  /** Spends one attempt before any comparison; committed on its own. N guesses: at most `attempts` are granted. */
  reserveAttempt(id: string, now: Date): Promise<ReserveResult>
  /** Pending → verified. Of N concurrent calls exactly one is true; false also when expired or superseded. */
  consume(id: string, now: Date, audit: readonly AuditEntry[]): Promise<boolean>
  /** Empties the MAC of what ended before `ended` and deletes what ended before `gone`; up to `limit` rows. */
  tidy(ended: Date, gone: Date, limit: number): Promise<number>
}
