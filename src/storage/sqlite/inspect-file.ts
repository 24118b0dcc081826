import { accessSync, constants, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { StartRefused } from '../../lib/errors.ts'
import { cannotOpen, DAMAGED, NO_DATABASE, toRefusal } from './refusal.ts'
import { checkSchema } from './schema.ts'
import { SQLITE, sqliteCode } from './sqlite-errors.ts'

/** A larger store is not read as a whole at each start: this takes a fraction of a second. */
const WHOLE_CHECK_BYTES = 256 * 1024 * 1024

/** SQLite takes a file that is smaller than the smallest page for an empty one, and would write over it. */
const SMALLEST_BYTES = 512

/** A backup is only read, and may lie where nothing can be written. */
type Use = 'write' | 'read'

const LOOKS = 5
const BETWEEN_LOOKS_MS = 50

/**
 * Throws StartRefused when the file cannot be our store or was written for a newer version. Leaves no trace: no
 * file is made, none changes. The file is never opened but through SQLite: closing a descriptor of our own would
 * drop the locks of every connection of this process (sqlite.org/howtocorrupt.html §2.2).
 */
export async function refuseUnusable(file: string, known: number, use: Use = 'write'): Promise<void> {
  for (let look = 1; ; look++) {
    const before = fingerprint(file)
    const refusal = findRefusal(file, known, use)
    if (refusal === null) return
    // The look takes no lock: what another process was just writing may have read as damage.
    if (fingerprint(file) === before || look === LOOKS) throw refusal
    await sleep(BETWEEN_LOOKS_MS)
  }
}

function findRefusal(file: string, known: number, use: Use): StartRefused | null {
  try {
    refuseUnusablePlace(file, use)
    const size = sizeOf(file)
    if (size === 0) return null
    if (size < SMALLEST_BYTES) throw new StartRefused(cannotOpen(file, NO_DATABASE))
    // A half-done first transaction is rolled back by opening; what is left is checked again under the lock.
    if (sizeOf(`${file}-journal`) > 0) return null
    refuseUnusableContent(file, known)
    return null
  } catch (error) {
    const code = sqliteCode(error)
    if (code === SQLITE.BUSY || code === SQLITE.READONLY) return null
    return toRefusal(error, file)
  }
}

function refuseUnusablePlace(file: string, use: Use): void {
  const folder = dirname(file)
  if (statsOf(folder) === undefined) return
  accessSync(folder, use === 'write' ? constants.W_OK | constants.X_OK : constants.X_OK)
  const stats = statsOf(file)
  if (stats === undefined) return
  if (!stats.isFile()) {
    const what = stats.isDirectory() ? 'a directory' : 'no regular file'
    throw new StartRefused(
      `The store ${file} cannot be used: it is ${what}. Name a file, such as data/latchkey.db.`,
    )
  }
  accessSync(file, use === 'write' ? constants.R_OK | constants.W_OK : constants.R_OK)
}

function refuseUnusableContent(file: string, known: number): void {
  const connection = new DatabaseSync(readOnlyUrl(file), { readOnly: true })
  try {
    checkSchema(connection, file, known)
    if (sizeOf(file) + sizeOf(`${file}-wal`) > WHOLE_CHECK_BYTES) return
    const verdict = connection.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
    if (verdict !== 'ok') throw new StartRefused(cannotOpen(file, DAMAGED), { cause: verdict })
  } finally {
    connection.close()
  }
}

/**
 * Without a write-ahead log the file is the whole truth, and `immutable` keeps SQLite from laying one beside it.
 * With a log (another process runs, or one was killed) the log must be read too; `readonly_shm` then keeps its
 * index as it is.
 */
export function readOnlyUrl(file: string): URL {
  const url = pathToFileURL(file)
  if (sizeOf(`${file}-wal`) === 0) url.searchParams.set('immutable', '1')
  else if (sizeOf(`${file}-shm`) > 0) url.searchParams.set('readonly_shm', '1')
  return url
}

function statsOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false })
}

function sizeOf(path: string): number {
  return statsOf(path)?.size ?? 0
}

function fingerprint(file: string): string {
  return [file, `${file}-wal`, `${file}-journal`]
    .map((path) => statsOf(path))
    .map((stats) => `${stats?.size}:${stats?.mtimeMs}`)
    .join(' ')
}
