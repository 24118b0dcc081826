import type { Clock } from '../../lib/clock.ts'
import type { Storage } from '../storage.ts'
import { createAccountStore } from './account-store.ts'
import { createArtifactStore } from './artifact-store.ts'
import { createAuditStore } from './audit-store.ts'
import { createBudgets } from './budgets.ts'
import { createChallengeStore } from './challenge-store.ts'
import { createClientStateStore } from './client-state-store.ts'
import { createCompanions } from './companions.ts'
import { openConnection } from './connection.ts'
import { createDatabase, type Database } from './database.ts'
import { createDeviceStore } from './device-store.ts'
import { createEmployeeStore } from './employee-store.ts'
import { createKeyStore } from './key-store.ts'
import { createLeaseStore } from './lease-store.ts'
import { createLimitStore } from './limit-store.ts'
import { createLogoutNoticeStore } from './logout-notice-store.ts'
import { createMessageStore } from './message-store.ts'
import { MIGRATIONS } from './migrations/index.ts'
import { createProgressStore } from './progress-store.ts'
import { createRevocationStore } from './revocation-store.ts'
import { createUserTypeStore } from './user-type-store.ts'

const BUSY_TIMEOUT_MS = 5000

/** A store in one file, for one machine. Throws StartRefused. */
export async function openSqlite(file: string, clock: Clock): Promise<Storage> {
  const connection = await openConnection(file, {
    migrations: MIGRATIONS,
    busyTimeoutMs: BUSY_TIMEOUT_MS,
    now: clock.now(),
  })
  return createSqliteStorage(createDatabase(connection))
}

/** Every port on one connection. */
export function createSqliteStorage(database: Database): Storage {
  const budgets = createBudgets(database)
  const companions = createCompanions(database, budgets)
  const ask = database.prepare("SELECT value FROM meta WHERE key = 'schemaVersion'")
  return {
    accounts: createAccountStore(database, companions),
    artifacts: createArtifactStore(database, companions),
    audit: createAuditStore(database, companions),
    challenges: createChallengeStore(database, companions),
    clientStates: createClientStateStore(database, companions),
    devices: createDeviceStore(database, companions),
    employees: createEmployeeStore(database, companions),
    keys: createKeyStore(database, companions),
    leases: createLeaseStore(database),
    limits: createLimitStore(database, budgets, companions),
    logoutNotices: createLogoutNoticeStore(database, companions),
    messages: createMessageStore(database, companions),
    progress: createProgressStore(database),
    revocations: createRevocationStore(database, companions),
    userTypes: createUserTypeStore(database, companions),
    ready: async () => {
      await database.read(() => ask.get({}))
    },
    close: database.close,
  }
}
