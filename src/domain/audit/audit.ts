import type { Clock } from '../../lib/clock.ts'
import { newId, type Random } from '../../lib/ids.ts'
import { scrub } from '../../lib/redact.ts'
import { open, seal } from '../../lib/seal.ts'
import { type AuditEvent, type AuditRecord, LONGEST_PERSONAL } from './audit-event.ts'
import { type AuditKeys, personWrappingKeys } from './audit-keys.ts'
import type { AuditEntry, AuditStore } from './audit-store.ts'
import { canonicalJson } from './canonical-json.ts'
import { AUDIT_EVENTS } from './events.ts'
import { withoutSecrets } from './no-secrets.ts'
import { createPersonKeys } from './person-keys.ts'
import { createRefusals } from './refusals.ts'

export interface Audit {
  /** Makes the record of an event, to be written in the same step as the change that it tells of. */
  entry(event: AuditEvent): Promise<AuditEntry>
  /**
   * Makes and writes the record of an event that changed nothing else. Refusals that strangers repeat are counted
   * and written as one.
   */
  record(event: AuditEvent): Promise<void>
  /** Writes what was only counted so far. */
  flush(): Promise<void>
  /** The record as it is shown. */
  read(entry: AuditEntry): Promise<AuditRecord>
}

export interface AuditParts {
  readonly store: Pick<AuditStore, 'append' | 'keepPersonKey' | 'findPersonKey'>
  readonly keys: AuditKeys
  readonly clock: Clock
  readonly random: Random
}

/** The body of a stored record. Readers of a later form must still read this one. */
interface Body extends Omit<AuditRecord, 'ip'> {
  readonly v: 1
  /** Of a machine, which is nobody's; a person's address is sealed. */
  readonly ip?: string | null
  /** Names of what is sealed beside it, so that an erased record still shows that something was there. */
  readonly personal: readonly (keyof Personal)[]
}

const PERSONAL = ['identifier', 'ip', 'userAgent'] as const
type Personal = Partial<Record<(typeof PERSONAL)[number], string>>

export function createAudit({ store, keys, clock, random }: AuditParts): Audit {
  const personKeys = createPersonKeys({ store, wrappingKeys: personWrappingKeys(keys), clock, random })

  async function entry(event: AuditEvent): Promise<AuditEntry> {
    const id = newId('aud', random)
    const at = clock.now()
    const personal = personalOf(event)
    const names = PERSONAL.filter((name) => personal[name] !== undefined)
    const personKeyId = names.length === 0 ? null : await keyIdFor(event, at)
    return {
      id,
      at,
      event: event.event,
      outcome: event.outcome,
      subjectId: event.subject?.id ?? null,
      clientId: event.clientId,
      traceId: event.traceId,
      body: canonicalJson(bodyOf(event, id, at, names)),
      personal:
        personKeyId === null
          ? null
          : seal(await personKeys.keyFor(personKeyId), JSON.stringify(personal), contextOf(id), random),
      personKeyId,
    }
  }

  /**
   * A stranger's refusal never makes a person's key, nor does a claim that nobody has proved: the write that keeps
   * one would tell by its time that there is somebody.
   */
  async function keyIdFor(event: AuditEvent, at: Date): Promise<string> {
    const personKeyId = personKeyIdOf(event, at)
    const provesNothing = event.outcome === 'failure' || event.isClaim === true
    const byStranger = provesNothing && event.actor.kind !== 'account'
    return byStranger && !(await personKeys.has(personKeyId)) ? strangersOf(at) : personKeyId
  }

  const write = async (event: AuditEvent) => store.append([await entry(event)])
  const refusals = createRefusals({ write, clock })

  async function openPersonal({ id, personal, personKeyId }: AuditEntry): Promise<Personal> {
    const key = personal && personKeyId ? await personKeys.find(personKeyId) : null
    if (!personal || !key) return {}
    try {
      return JSON.parse(open(key, personal, contextOf(id)).toString('utf8'))
    } catch {
      // Erased, and the person was recorded again since, under a new key.
      return {}
    }
  }

  return {
    entry,
    record: (event) => (event.outcome === 'failure' ? refusals.record(event) : write(event)),
    flush: refusals.flush,
    async read(stored) {
      const { v: _version, personal: names, ip: machineIp, ...body }: Body = JSON.parse(stored.body)
      const { ip = machineIp, ...personal } = await openPersonal(stored)
      const shown = names.filter((name) => name !== 'ip').map((name) => [name, personal[name] ?? null])
      return { ...body, ip: ip ?? null, details: { ...body.details, ...Object.fromEntries(shown) } }
    },
  }
}

function bodyOf(event: AuditEvent, id: string, at: Date, personal: Body['personal']): Body {
  return {
    v: 1,
    id,
    at: at.toISOString(),
    event: event.event,
    api: event.api,
    step: event.step,
    outcome: event.outcome,
    reason: event.reason ?? null,
    message: scrub(event.message ?? AUDIT_EVENTS[event.event]),
    traceId: event.traceId,
    actor: event.actor,
    subject: event.subject ?? null,
    clientId: event.clientId,
    factor: event.factor ?? null,
    details: withoutSecrets(event.details ?? {}),
    personal,
    ...(isMachine(event) && { ip: event.ip }),
  }
}

function isMachine({ actor }: AuditEvent): boolean {
  return actor.kind === 'client'
}

function personalOf(event: AuditEvent): Personal {
  if (isMachine(event)) return {}
  const personal: Personal = {}
  for (const name of PERSONAL) {
    const value = event[name]
    if (value) personal[name] = scrub(value).slice(0, LONGEST_PERSONAL)
  }
  return personal
}

/**
 * Whose erasure destroys what is personal: of whoever acted, since address and browser are theirs, or, when nobody
 * known did, of the person it was done to. Strangers of one day share a key.
 */
function personKeyIdOf({ actor, subject }: AuditEvent, at: Date): string {
  if (actor.kind === 'account' && actor.id) return actor.id
  if (subject?.kind === 'account' && subject.id) return subject.id
  return strangersOf(at)
}

function strangersOf(at: Date): string {
  return `strangers/${at.toISOString().slice(0, 10)}`
}

/** Ciphertext moved to another record does not open there. */
function contextOf(id: string): string {
  return `audit/${id}`
}
