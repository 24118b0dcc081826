import type { LeaseStore } from '../../workers/index.ts'
import type { Database } from './database.ts'

/** Nodes' clocks are less apart. */
const CLOCKS_APART_MS = 600_000

export function createLeaseStore(database: Database): LeaseStore {
  const acquire = database.prepare(
    `INSERT INTO lease (name, holder, until) VALUES (:name, :holder, :until)
     ON CONFLICT (name) DO UPDATE SET holder = :holder, until = :until
     WHERE lease.holder = :holder OR lease.until <= :now OR lease.until > :until + ${CLOCKS_APART_MS}`,
  )
  const release = database.prepare('DELETE FROM lease WHERE name = :name AND holder = :holder')

  return {
    acquire: (name, holder, now, until) =>
      database.write(() => acquire.run({ name, holder, now, until }) === 1),
    release: (name, holder) =>
      database.write(() => {
        release.run({ name, holder })
      }),
  }
}
