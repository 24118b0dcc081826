import type { AuditEntry } from '../../src/domain/audit/index.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage } from '../../src/storage/index.ts'
import type { TestNode } from './node.ts'

/** A record without what is personal in it. */
export interface ShownRecord
  extends Pick<AuditEntry, 'event' | 'outcome' | 'subjectId' | 'clientId' | 'traceId'> {
  readonly reason: string | null
  readonly details: Readonly<Record<string, unknown>>
}

const ALL = 100_000

/** What the audit of a running node holds, of one event or of all; sealed records first. */
export async function auditOf(node: Pick<TestNode, 'settings'>, event?: string): Promise<ShownRecord[]> {
  const storage = await openStorage(node.settings.storage, { clock: systemClock })
  try {
    // In this order none is missed: a record may be sealed between the two looks, and then stands in both.
    const unsealed = await storage.audit.listUnsealed(ALL)
    const sealed = await storage.audit.listSealed(0, ALL)
    const known = new Set(sealed.map(({ id }) => id))
    const entries = [...sealed, ...unsealed.filter(({ id }) => !known.has(id))]
    return entries.filter((entry) => event === undefined || entry.event === event).map(show)
  } finally {
    await storage.close()
  }
}

function show({ body, event, outcome, subjectId, clientId, traceId }: AuditEntry): ShownRecord {
  const { reason, details } = JSON.parse(body)
  return { event, outcome, subjectId, clientId, traceId, reason, details }
}
