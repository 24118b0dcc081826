/** A Latchkey of the future: opens the store, brings it to its own schema and dies before it can tidy up. */

import { openConnection } from '../../src/storage/sqlite/connection.ts'
import { MIGRATIONS } from '../../src/storage/sqlite/migrations/index.ts'
import { aFutureMigration } from './future-migration.ts'

await openConnection(String(process.argv[2]), {
  migrations: [...MIGRATIONS, aFutureMigration(Number(process.argv[3]))],
  busyTimeoutMs: 5000,
  now: new Date(0),
})
process.kill(process.pid, 'SIGKILL')
