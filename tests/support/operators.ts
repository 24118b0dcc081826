import { type Audit, createAudit, type Origin, systemOrigin } from '../../src/domain/audit/index.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/ids.ts'
import type { Storage } from '../../src/storage/index.ts'

/** An audit whose records lie in this store. */
export function auditOn({ audit: store }: Pick<Storage, 'audit'>, clock: Clock): Audit {
  const keys = [{ id: 'k1', key: Buffer.alloc(32, 1) }] as const
  return createAudit({ store, keys, clock, random: systemRandom })
}

/** The operator's shell, or an administrator. */
export function anOrigin(actor: Origin['actor'] = { kind: 'system', id: null }): Origin {
  return { ...systemOrigin('admin', 'employees', systemRandom), actor }
}

/** What the records of a store say, oldest first. */
export async function recordsOf({ audit }: Pick<Storage, 'audit'>) {
  const entries = await audit.listUnsealed(1000)
  return entries.map(({ body }) => JSON.parse(body))
}
