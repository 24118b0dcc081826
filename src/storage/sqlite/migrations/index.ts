/**
 * The history of the schema, oldest first. A new step is a new file, added at the end; additive, so that the
 * version before keeps working on the same store, or with a `minReader` that keeps it away.
 */
import { firstTables } from './0001-first-tables.ts'
import { devices } from './0002-devices.ts'
import { userTypesAndEmployees } from './0003-user-types-and-employees.ts'
import { myAccount } from './0004-my-account.ts'
import { deadLog } from './0005-dead-log.ts'
import { logoutNotices } from './0006-logout-notices.ts'
import { issuerStamps } from './0007-issuer-stamps.ts'
import { delivery } from './0008-delivery.ts'
import { clientState } from './0009-client-state.ts'
import type { Migration } from './migration.ts'

export type { Migration } from './migration.ts'

export const MIGRATIONS: readonly Migration[] = [
  firstTables,
  devices,
  userTypesAndEmployees,
  myAccount,
  deadLog,
  logoutNotices,
  issuerStamps,
  delivery,
  clientState,
]
