import type { Audit, Origin } from '../domain/audit/index.ts'
import type { RevocationStore } from '../domain/revocations/index.ts'
import { addSeconds, type Clock } from '../lib/clock.ts'
import type { ArtifactStore } from './artifact-store.ts'

/** What ends, why, and on whose word. Ids are stored ids. */
export interface Ending {
  readonly id: string
  readonly accountId: string | null
  readonly reason: string
  readonly origin: Origin
}

/** One access token, by its `jti`. */
export interface TokenEnding extends Pick<Ending, 'id' | 'reason' | 'origin'> {
  /** Null where only the token's id is known. */
  readonly clientId: string | null
  /** Its `exp`. */
  readonly until: Date
}

/** Ends grants, sessions and tokens, each with its record in the same write; true when this call ended it. */
export interface Endings {
  endGrant(ending: Ending): Promise<boolean>
  endSession(ending: Ending): Promise<boolean>
  /** One access token alone, and nothing that it hangs on. */
  endToken(ending: TokenEnding): Promise<boolean>
}

/** Longer than any refresh token, session or grant lives: afterwards nothing that was ended can come back. */
export const LONGEST_LIFE_SECONDS = 366 * 86_400

export interface EndingsParts {
  readonly store: Pick<ArtifactStore, 'endGrant' | 'endSession'>
  readonly revocations: Pick<RevocationStore, 'end'>
  readonly audit: Audit
  readonly clock: Clock
}

export function createEndings({ store, revocations, audit, clock }: EndingsParts): Endings {
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
    async endToken({ id, clientId, until, reason, origin }) {
      const entry = await audit.entry({
        ...origin,
        event: 'token.revoked',
        outcome: 'success',
        reason,
        subject: clientId === null ? null : { kind: 'client', id: clientId },
        clientId: clientId ?? origin.clientId,
        details: { id },
      })
      const [ended] = await revocations.end([{ kind: 'token', id, at: clock.now(), until, reason }], [entry])
      return ended === true
    },
  }
}
