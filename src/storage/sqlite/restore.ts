import { linkSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AuditEntry } from '../../domain/audit/index.ts'
import type { Clock } from '../../lib/clock.ts'
import { StartRefused } from '../../lib/errors.ts'
import type { Storage } from '../storage.ts'
import { copySnapshot, NEWEST_SCHEMA, refuseDamaged, syncToDisk, TAKEN_AT } from './backup.ts'
import { createBudgets } from './budgets.ts'
import { createCompanions } from './companions.ts'
import { openConnection } from './connection.ts'
import { createDatabase, type Database } from './database.ts'
import { readOnlyUrl, refuseUnusable } from './inspect-file.ts'
import { MIGRATIONS } from './migrations/index.ts'
import { createSqliteStorage } from './open-sqlite.ts'
import { toRefusal } from './refusal.ts'
import { SQLITE, sqliteCode } from './sqlite-errors.ts'

/** A backup beside the store, ready to take its place; the store is as it was, and nobody else can open it. */
export interface PreparedRestore {
  /** The data of the backup. */
  readonly storage: Storage
  /** When the backup was taken; null for a copy that was made by other means. */
  readonly takenAt: Date | null
  /**
   * Draws the line: a new generation of the issuer, nothing that waits or remembers from before, the record; then
   * puts the data in the place of the store. Answers where the former store is kept; null when there was none.
   */
  finish(issuerGeneration: string, now: Date, audit: readonly AuditEntry[]): Promise<string | null>
  /** Leaves everything as it was. */
  abandon(): Promise<void>
}

const BUSY_TIMEOUT_MS = 1000

/**
 * The lock on the former store is held a little longer than the store itself: a server that has just looked whether
 * its file is still there meets the lock, and looks again (`openConnection`).
 */
const LINGER_MS = 100

/** Throws StartRefused when the backup is none of ours or damaged, or when the store is in use. */
export async function prepareSqliteRestore(
  backup: string,
  file: string,
  clock: Clock,
): Promise<PreparedRestore> {
  await refuseBackup(backup, file)
  const unlock = lockAlone(file)
  const copy = `${file}.restoring`
  try {
    copySnapshot(backup, copy)
    const options = { migrations: MIGRATIONS, busyTimeoutMs: BUSY_TIMEOUT_MS, now: clock.now() }
    const database = createDatabase(await openConnection(copy, options))
    const takenAt = database
      .prepare<{ value: number }>('SELECT value FROM meta WHERE key = :key')
      .get({ key: TAKEN_AT })
    return {
      storage: createSqliteStorage(database),
      takenAt: takenAt && new Date(takenAt.value),
      async finish(issuerGeneration, now, audit) {
        await drawTheLine(database, issuerGeneration, now, audit)
        await database.close()
        try {
          syncToDisk(copy)
          const former = takeThePlace(copy, file, now)
          await sleep(LINGER_MS)
          return former
        } catch (error) {
          throw toRefusal(error, file)
        } finally {
          unlock()
        }
      },
      async abandon() {
        await database.close()
        removeWithLog(copy)
        unlock()
      },
    }
  } catch (error) {
    removeWithLog(copy)
    unlock()
    throw toRefusal(error, backup)
  }
}

async function refuseBackup(backup: string, file: string): Promise<void> {
  const stats = statSync(backup, { throwIfNoEntry: false })
  if (!stats) throw new StartRefused(`There is no backup at ${backup}.`)
  if (stats.size === 0) throw new StartRefused(`The backup ${backup} is empty; it was never finished.`)
  if (statSync(file, { throwIfNoEntry: false }) && realpathSync(backup) === realpathSync(file)) {
    throw new StartRefused(`${backup} is the store itself. Name a backup.`)
  }
  await refuseUnusable(backup, NEWEST_SCHEMA, 'read')
  try {
    const connection = new DatabaseSync(readOnlyUrl(backup), { readOnly: true })
    try {
      // However large it is: a store is checked in full before it takes the place of another.
      refuseDamaged(connection, backup)
    } finally {
      connection.close()
    }
  } catch (error) {
    throw toRefusal(error, backup)
  }
}

/**
 * Takes the store for this process alone, or refuses: whoever has it open holds a lock that the change of journal
 * cannot get past (sqlite.org/wal.html §3). Whoever comes meanwhile waits, and then finds that the file is another
 * (`openConnection`). A store too damaged to be opened is in nobody's use.
 */
function lockAlone(file: string): () => void {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) === 0) return () => {}
  let connection: DatabaseSync | undefined
  try {
    connection = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS })
    // Carries the log over into the file, so that the file alone is the former store.
    connection.exec('PRAGMA journal_mode = DELETE')
    connection.exec('BEGIN EXCLUSIVE')
    const locked = connection
    return () => {
      if (locked.isOpen) locked.close()
    }
  } catch (error) {
    connection?.close()
    const code = sqliteCode(error)
    if (code === SQLITE.NOTADB || code === SQLITE.CORRUPT) return () => {}
    if (code !== SQLITE.BUSY) throw toRefusal(error, file)
    throw new StartRefused(
      `The store ${file} is in use. Stop every server and command that has it open, then restore again.`,
      { cause: error },
    )
  }
}

/**
 * What was issued before dies by the generation; what no generation reaches is taken away, since it may have been
 * ended since the backup: known devices, codes and their messages, journeys under way, one-time links of owners and
 * of the setup. Invitations stay: who was invited then is invited still.
 */
async function drawTheLine(
  database: Database,
  generation: string,
  now: Date,
  audit: readonly AuditEntry[],
): Promise<void> {
  const companions = createCompanions(database, createBudgets(database))
  const change = [
    `INSERT INTO issuer (only, generation) VALUES (1, :generation)
     ON CONFLICT (only) DO UPDATE SET generation = excluded.generation`,
    "DELETE FROM artifact WHERE issuer_generation IS NULL AND model <> 'ReplayDetection'",
    'DELETE FROM device',
    'UPDATE challenge SET expires_at = :now WHERE expires_at > :now',
    'DELETE FROM message WHERE challenge_id IS NOT NULL AND ended_at IS NULL',
    'DELETE FROM progress',
    "DELETE FROM link WHERE purpose <> 'invitation'",
    'DELETE FROM lease',
    `DELETE FROM meta WHERE key = '${TAKEN_AT}'`,
  ].map((sql) => database.prepare(sql))
  await database.write(() => {
    for (const statement of change) statement.run({ generation, now })
    companions.appendAudit(audit)
  })
}

/** At no moment is there no store under the name: a server that starts then would begin with an empty one. */
function takeThePlace(copy: string, file: string, now: Date): string | null {
  const former = freeName(`${file}.before-${now.toISOString().replace(/[-:]/g, '')}`)
  const hadOne = statSync(file, { throwIfNoEntry: false }) !== undefined
  if (hadOne) {
    linkSync(file, former)
    // A log is left only by a store too damaged to be opened. It must never be read into another store.
    if (statSync(`${file}-wal`, { throwIfNoEntry: false })) renameSync(`${file}-wal`, `${former}-wal`)
    rmSync(`${file}-shm`, { force: true })
  }
  renameSync(copy, file)
  syncToDisk(dirname(file))
  return hadOne ? former : null
}

function freeName(name: string): string {
  for (let number = 1; ; number++) {
    const free = number === 1 ? name : `${name}-${number}`
    if (!statSync(free, { throwIfNoEntry: false })) return free
  }
}

function removeWithLog(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
}
