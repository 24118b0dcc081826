import type { Channel } from '../../domain/delivery/index.ts'

/** A change of contact that waits for its code; sealed at rest, kept for one session, account and channel. */
export interface ContactChangeState {
  readonly channel: Channel
  /** Canonical. */
  readonly contact: string
  readonly challengeId: string
  readonly notedAt: number
  /** Of the session when the change began: what was raised since ends it. */
  readonly generation: number
}
