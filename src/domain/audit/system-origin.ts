import type { Random } from '../../lib/ids.ts'
import type { Origin } from './audit-event.ts'

/** Where an event comes from that no request caused: Latchkey itself, or the operator's shell. */
export function systemOrigin(api: string, step: string | null, random: Random): Origin {
  const traceId = random.bytes(16).toString('hex')
  return {
    api,
    step,
    traceId,
    actor: { kind: 'system', id: null },
    clientId: null,
    ip: null,
    userAgent: null,
  }
}
