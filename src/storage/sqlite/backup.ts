import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StartRefused } from '../../lib/errors.ts'
import { readOnlyUrl, refuseUnusable } from './inspect-file.ts'
import { MIGRATIONS } from './migrations/index.ts'
import { cannotOpen, DAMAGED, errnoOf, toRefusal } from './refusal.ts'

export interface Backup {
  readonly file: string
  readonly takenAt: Date
  readonly bytes: number
}

export const NEWEST_SCHEMA = MIGRATIONS.at(-1)?.number ?? 0

/** In `meta` of a backup: when it was taken. */
export const TAKEN_AT = 'takenAt'

const BUSY_TIMEOUT_MS = 5000

/**
 * Copies a store, also one that servers write to: one transaction reads it as it is at one moment, and nobody waits
 * for it. The file has its name once it is whole, checked and on the disk. Throws StartRefused.
 */
export async function backupSqlite(store: string, file: string, takenAt: Date): Promise<Backup> {
  if (!statSync(store, { throwIfNoEntry: false })) {
    throw new StartRefused(`There is no store at ${store}, so there is nothing to back up.`)
  }
  await refuseUnusable(store, NEWEST_SCHEMA)
  claimName(file)
  const part = `${file}.part`
  try {
    copySnapshot(store, part)
    seal(part, takenAt)
    syncToDisk(part)
    renameSync(part, file)
    syncToDisk(dirname(file))
  } catch (error) {
    rmSync(part, { force: true })
    rmSync(file, { force: true })
    throw toRefusal(error, store)
  }
  return { file, takenAt, bytes: statSync(file).size }
}

/** From here on the name is ours: nothing that was there is written over. */
function claimName(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    const why =
      errnoOf(error) === 'EEXIST'
        ? 'it is there already. Name another.'
        : `it cannot be made (${errnoOf(error)}).`
    throw new StartRefused(`The backup ${file} was not made: ${why}`, { cause: error })
  }
}

/** A copy of the store as it is at one moment, its log included, in a file for its owner alone. */
export function copySnapshot(store: string, copy: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${copy}${suffix}`, { force: true })
  // SQLite writes into an empty file that is there, and leaves its mode.
  closeSync(openSync(copy, 'wx', 0o600))
  const connection = new DatabaseSync(readOnlyUrl(store), { readOnly: true, timeout: BUSY_TIMEOUT_MS })
  try {
    connection.prepare('VACUUM INTO ?').run(copy)
  } finally {
    connection.close()
  }
}

/** Notes the time in the copy, and reads all of it once: a backup that cannot be restored is none. */
function seal(copy: string, takenAt: Date): void {
  const connection = new DatabaseSync(copy)
  try {
    connection
      .prepare(
        'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      )
      .run(TAKEN_AT, takenAt.getTime())
    refuseDamaged(connection, copy)
  } finally {
    connection.close()
  }
}

export function refuseDamaged(connection: DatabaseSync, file: string): void {
  const verdict = connection.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check']
  if (verdict !== 'ok') throw new StartRefused(cannotOpen(file, DAMAGED), { cause: verdict })
}

/** Also for a folder, whose entries must survive a power cut. Never for a store that this process has open. */
export function syncToDisk(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
