import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { StartRefused } from '../../lib/errors.ts'
import { claimFile } from './claim-file.ts'
import { refuseUnusable } from './inspect-file.ts'
import type { Migration } from './migrations/index.ts'
import { toRefusal } from './refusal.ts'
import { migrate } from './schema.ts'
import { SQLITE, sqliteCode } from './sqlite-errors.ts'

export interface ConnectionOptions {
  readonly migrations: readonly Migration[]
  /** How long a statement waits for another process, before it is Unavailable. */
  readonly busyTimeoutMs: number
  /** When it is, for the record of migrations. */
  readonly now: Date
}

/** Bytes to which the log shrinks again after a burst. */
const LOG_BYTES = 64 * 1024 * 1024
const CACHE_KIB = 16 * 1024

const WAL_ATTEMPTS = 100
const BETWEEN_ATTEMPTS_MS = 50

/** An open connection to a store whose schema is up to date. Throws StartRefused. */
export async function openConnection(file: string, options: ConnectionOptions): Promise<DatabaseSync> {
  await refuseUnusable(file, options.migrations.at(-1)?.number ?? 0)
  let connection: DatabaseSync | undefined
  try {
    claimFile(file)
    const inode = statSync(file).ino
    connection = new DatabaseSync(file)
    await configure(connection, file, () => statSync(file).ino === inode)
    connection.exec(`PRAGMA busy_timeout = ${options.busyTimeoutMs}`)
    migrate(connection, file, options.migrations, options.now)
    return connection
  } catch (error) {
    connection?.close()
    throw toRefusal(error, file)
  }
}

async function configure(connection: DatabaseSync, file: string, isStillThere: () => boolean): Promise<void> {
  // First of all, so that a new file is never read in the middle of a transaction of the older kind of journal.
  await useWriteAheadLog(connection, file, isStillThere)
  connection.exec('PRAGMA synchronous = FULL')
  connection.exec('PRAGMA foreign_keys = ON')
  // What was deleted is overwritten: a destroyed key or an emptied message must not be found in free pages.
  connection.exec('PRAGMA secure_delete = ON')
  connection.exec(`PRAGMA journal_size_limit = ${LOG_BYTES}`)
  connection.exec(`PRAGMA cache_size = -${CACHE_KIB}`)
}

/**
 * The change of journal needs the file alone and does not wait by itself (sqlite.org/pragma.html#pragma_journal_mode).
 * Nor does the connection wait yet: a restore that holds the file puts another in its place, whose log has the same
 * name. Whoever went on with the former one would write into that log (`src/storage/sqlite/restore.ts`).
 */
async function useWriteAheadLog(
  connection: DatabaseSync,
  file: string,
  isStillThere: () => boolean,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      if (!isStillThere()) throw new StartRefused(replaced(file))
      const mode = connection.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode']
      if (mode === 'wal') return
      throw new StartRefused(
        `The store ${file} cannot be used: its file system lacks what a write-ahead log needs. Use a local disk.`,
      )
    } catch (error) {
      if (sqliteCode(error) !== SQLITE.BUSY || attempt === WAL_ATTEMPTS) throw error
      await sleep(BETWEEN_ATTEMPTS_MS)
    }
  }
}

function replaced(file: string): string {
  return `The store ${file} was replaced by another while it was opened. Start again.`
}
