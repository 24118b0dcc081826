import { addSeconds, type Clock } from '../../lib/clock.ts'
import { networkOf } from '../../lib/ip.ts'
import { type AuditEvent, LONGEST_PERSONAL } from './audit-event.ts'

/** Writes refusals; of the same ones repeated by strangers only how many there were. */
export interface Refusals {
  /** Writes the record, or counts it towards one that is written later. */
  record(event: AuditEvent): Promise<void>
  /** Writes what was only counted so far. */
  flush(): Promise<void>
}

export interface RefusalsParts {
  readonly write: (event: AuditEvent) => Promise<void>
  readonly clock: Clock
}

interface Repeated {
  readonly since: Date
  readonly first: AuditEvent
  /** How many were written one by one. */
  written: number
  /** How many were only counted. */
  counted: number
}

/** So many of a kind are written one by one in each window: a person's own mistakes stay readable. */
const WRITTEN_ONE_BY_ONE = 20
const WINDOW_SECONDS = 60
/** More kinds at a time are an attack on the memory: the oldest count is written early. */
const MOST_KINDS = 5000

/**
 * A stranger who repeats a refusal fills no disk: beyond a few in a minute, those of one kind (event, reason, from
 * where, against whom) make one record that says how many they were (security.md rule 11).
 */
export function createRefusals({ write, clock }: RefusalsParts): Refusals {
  const kinds = new Map<string, Repeated>()

  async function close(key: string, { first, since, counted }: Repeated): Promise<void> {
    kinds.delete(key)
    if (counted === 0) return
    const details = { ...first.details, repeated: counted, since: since.toISOString() }
    await write({ ...first, details })
  }

  async function closeOld(now: Date): Promise<void> {
    for (const [key, repeated] of kinds) {
      const isOver = addSeconds(repeated.since, WINDOW_SECONDS) <= now
      if (!isOver && kinds.size < MOST_KINDS) return
      await close(key, repeated)
    }
  }

  return {
    async record(event) {
      if (event.actor.kind !== 'stranger') return write(event)
      const now = clock.now()
      await closeOld(now)
      const key = kindOf(event)
      const repeated = kinds.get(key) ?? { since: now, first: forKeeping(event), written: 0, counted: 0 }
      kinds.set(key, repeated)
      if (repeated.written >= WRITTEN_ONE_BY_ONE) {
        repeated.counted += 1
        return
      }
      repeated.written += 1
      await write(event)
    },
    async flush() {
      for (const [key, repeated] of [...kinds]) await close(key, repeated)
    },
  }
}

/** A header has up to 16 KB, and there may be thousands of these. Copied: a piece of a text keeps all of it in memory. */
function forKeeping(event: AuditEvent): AuditEvent {
  const { userAgent } = event
  if (userAgent === null || userAgent.length <= LONGEST_PERSONAL) return event
  return { ...event, userAgent: Buffer.from(userAgent.slice(0, LONGEST_PERSONAL)).toString() }
}

function kindOf(refusal: AuditEvent): string {
  const { event, reason, api, step, subject, clientId, ip, identifier, details } = refusal
  // A budget that all share is spent for all: who pumps messages has hundreds of addresses, each of them new.
  if (details?.['budget'] !== undefined)
    return JSON.stringify([event, reason, subject?.id, details['budget'], details['callingCode']])
  // Whoever has one address of an IPv6 network has more of them than any disk holds records.
  const from = ip && networkOf(ip)
  return JSON.stringify([event, reason, api, step, subject?.id, clientId, from, identifier])
}
