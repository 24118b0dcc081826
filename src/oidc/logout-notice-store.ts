import type { AuditEntry } from '../domain/audit/index.ts'

/** That one client has to be told that one session has ended. It holds ids and nothing else of a person. */
export interface LogoutNotice {
  /** The same for one session and client, however often what ended the session is followed up. */
  readonly id: string
  readonly clientId: string
  /** What the client knows as `sub`. */
  readonly accountId: string
  /** `ses_…`, as in the record of what ended it. */
  readonly sessionId: string
  /** The session as this client knows it. */
  readonly sid: string
  readonly queuedAt: Date
  /** Given up then. */
  readonly expiresAt: Date
}

export interface ClaimedNotice extends LogoutNotice {
  /** How often it was claimed, this time included. */
  readonly attempts: number
}

export interface LogoutNoticeStore {
  /** Queues those that never were; answers how many. One that was told or given up is not queued again. */
  queue(notices: readonly LogoutNotice[]): Promise<number>
  /**
   * Takes up to `limit` notices that are due, those that wait longest first, for `holder` until `leaseUntil`; of each
   * client one, and none of a client of which somebody holds one: a client that hangs holds up its own notices alone.
   * Expired ones are among them, so that whoever gives them up can say so. Of N concurrent calls each goes to one.
   */
  claim(holder: string, now: Date, leaseUntil: Date, limit: number): Promise<ClaimedNotice[]>
  /** Ends a notice, together with the record of it; false when `holder` no longer holds it. */
  settle(
    id: string,
    holder: string,
    outcome: 'told' | 'given-up',
    at: Date,
    audit: readonly AuditEntry[],
  ): Promise<boolean>
  /** Back into the queue, due at `dueAt`; false when `holder` no longer holds it. */
  release(id: string, holder: string, dueAt: Date): Promise<boolean>
  countWaiting(): Promise<number>
  /** Up to where the log of what has died is followed up; 0 at first. */
  followedTo(): Promise<number>
  /** Moves on from `from`; false when somebody else has. */
  follow(from: number, to: number): Promise<boolean>
  /** Deletes those that were settled before `before`. */
  tidy(before: Date, limit: number): Promise<number>
}
