import type { JsonObject } from './canonical-json.ts'
import type { AuditEventName } from './events.ts'

/** Who did it, or to whom it was done. `stranger`: nobody known; `system`: Latchkey itself, or its operator's shell. */
export interface Party {
  readonly kind: 'account' | 'client' | 'stranger' | 'system' | 'user-type' | 'employee' | 'key'
  readonly id: string | null
}

/** Where an event comes from: the same for all events of one request. */
export interface Origin {
  /** The journey or API: `sign-in`, `token`, `admin`. */
  readonly api: string
  /** The step of it: `check-password`. */
  readonly step: string | null
  /** 32 hex characters (W3C Trace Context). */
  readonly traceId: string
  readonly actor: Party
  readonly clientId: string | null
  /** Personal; destroyed with the person's key. */
  readonly ip: string | null
  /** Personal; destroyed with the person's key. */
  readonly userAgent: string | null
}

/** A record keeps no more of anything that is personal. */
export const LONGEST_PERSONAL = 512

/** Something that happened, as its place reports it. No field may hold a secret, a code or a token. */
export interface AuditEvent extends Origin {
  readonly event: AuditEventName
  readonly outcome: 'success' | 'failure'
  /** Stable word for why, mostly for a failure: `wrong-password`. */
  readonly reason?: string | null
  /** For people; the sentence of the event unless given. */
  readonly message?: string
  readonly subject?: Party | null
  /** Nobody has proved anything yet: whoever acted only says that they are the subject. */
  readonly isClaim?: boolean
  /** By which proof: `password`, `sms`, `email`. */
  readonly factor?: string | null
  /** Nothing personal: it is kept for good. */
  readonly details?: JsonObject
  /** What was typed to be recognised, in canonical form. Personal; destroyed with the person's key. */
  readonly identifier?: string | null
}

/** An audit record as it is shown and exported. What was destroyed with a person's key is null. */
export interface AuditRecord {
  readonly id: string
  /** RFC 3339, UTC, milliseconds. */
  readonly at: string
  readonly event: string
  readonly api: string
  readonly step: string | null
  readonly outcome: 'success' | 'failure'
  readonly reason: string | null
  readonly message: string
  readonly traceId: string
  readonly actor: Party
  readonly subject: Party | null
  readonly clientId: string | null
  readonly ip: string | null
  readonly factor: string | null
  readonly details: JsonObject
}
