import type { Audit, Origin } from '../domain/audit/index.ts'
import { addSeconds, type Clock } from '../lib/clock.ts'
import type { ArtifactStore } from './artifact-store.ts'

/** What ends, why, and on whose word. Ids are stored ids. */
export interface Ending {
  readonly id: string
  readonly accountId: string | null
  readonly reason: string
  readonly origin: Origin
}

/** Ends grants and sessions, each with its record in the same write; true when this call ended it. */
export interface Endings {
  endGrant(ending: Ending): Promise<boolean>
  endSession(ending: Ending): Promise<boolean>
}

/** Longer than any refresh token, session or grant lives: afterwards nothing that was ended can come back. */
export const LONGEST_LIFE_SECONDS = 366 * 86_400

export interface EndingsParts {
  readonly store: ArtifactStore
  readonly audit: Audit
  readonly clock: Clock
}

export function createEndings({ store, audit, clock }: EndingsParts): Endings {
  const recordOf = (event: 'grant.ended' | 'session.ended', { id, accountId, reason, origin }: Ending) =>
    audit.entry({
      ...origin,
      event,
      outcome: 'success',
      reason,
      subject: accountId === null ? null : { kind: 'account', id: accountId },
      details: { id },
    })

  return {
    async endGrant(ending) {
      const now = clock.now()
      const records = [await recordOf('grant.ended', ending)]
      return store.endGrant(ending.id, addSeconds(now, LONGEST_LIFE_SECONDS), ending.reason, now, records)
    },
    async endSession(ending) {
      const now = clock.now()
      const records = [await recordOf('session.ended', ending)]
      return store.endSession(ending.id, addSeconds(now, LONGEST_LIFE_SECONDS), ending.reason, now, records)
    },
  }
}
