import { CLOCKS_APART_MS } from '../../lib/clock.ts'
import type { LeaseStore } from '../../workers/index.ts'
import type { Database } from './database.ts'

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
