import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  type Stats,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { StartRefused } from '../../lib/errors.ts'
import { checkSchema } from './schema.ts'
import { SQLITE, sqliteCode } from './sqlite-errors.ts'

/** A larger store is not read as a whole at each start: this takes a fraction of a second. */
const WHOLE_CHECK_BYTES = 256 * 1024 * 1024

/** SQLite takes a file that is smaller than the smallest page for an empty one, and would write over it. */
const SMALLEST_BYTES = 512

const LOOKS = 5
const BETWEEN_LOOKS_MS = 50

/**
 * Throws StartRefused when the file cannot be our store or was written for a newer version. Leaves no trace: no
 * file is made, none changes. The file is never opened but through SQLite: closing a descriptor of our own would
 * drop the locks of every connection of this process (sqlite.org/howtocorrupt.html §2.2).
 */
export async function refuseUnusable(file: string, known: number): Promise<void> {
  for (let look = 1; ; look++) {
    const before = fingerprint(file)
    const refusal = findRefusal(file, known)
    if (refusal === null) return
    // The look takes no lock: what another process was just writing may have read as damage.
    if (fingerprint(file) === before || look === LOOKS) throw refusal
    await sleep(BETWEEN_LOOKS_MS)
  }
}

function findRefusal(file: string, known: number): StartRefused | null {
  try {
    refuseUnusablePlace(file)
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

function refuseUnusablePlace(file: string): void {
  const folder = dirname(file)
  const place = statSync(folder, { throwIfNoEntry: false })
  if (place === undefined) return
  accessSync(folder, constants.W_OK | constants.X_OK)
  const stats = statSync(file, { throwIfNoEntry: false })
  if (stats === undefined) return
  if (!stats.isFile()) {
    const what = stats.isDirectory() ? 'a directory' : 'no regular file'
    throw new StartRefused(
      `The store ${file} cannot be used: it is ${what}. Name a file, such as data/latchkey.db.`,
    )
  }
  accessSync(file, constants.R_OK | constants.W_OK)
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
function readOnlyUrl(file: string): URL {
  const url = pathToFileURL(file)
  if (sizeOf(`${file}-wal`) === 0) url.searchParams.set('immutable', '1')
  else if (sizeOf(`${file}-shm`) > 0) url.searchParams.set('readonly_shm', '1')
  return url
}

/** Makes the file and its folder when missing; in any case nobody else on the machine may read it. */
export function claimFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  if (statsOf(file) === undefined) {
    try {
      closeSync(openSync(file, 'ax', 0o600))
    } catch (error) {
      // Another process that starts at the same time has just made it.
      if (errnoOf(error) !== 'EEXIST') throw error
    }
  }
  // SQLite gives the log and its index the mode of the file.
  for (const path of [file, `${file}-wal`, `${file}-shm`]) {
    const stats = statsOf(path)
    if (stats !== undefined && (stats.mode & 0o077) !== 0) chmodSync(path, 0o600)
  }
}

/** What an operator reads when the store cannot be opened. */
export function toRefusal(error: unknown, file: string): StartRefused {
  if (error instanceof StartRefused) return error
  return new StartRefused(cannotOpen(file, explain(error)), { cause: error })
}

function explain(error: unknown): string {
  switch (sqliteCode(error)) {
    case SQLITE.NOTADB:
      return NO_DATABASE
    case SQLITE.CORRUPT:
      return DAMAGED
    case SQLITE.BUSY:
      return 'another process holds it. Stop that process, or wait until it is done, and start again.'
    case SQLITE.FULL:
      return 'the disk is full. Make room and start again.'
    case SQLITE.IOERR:
      return 'the disk does not answer as it should. Look into the system log.'
    case SQLITE.PERM:
    case SQLITE.READONLY:
    case SQLITE.CANTOPEN:
      return NOT_WRITABLE
    case null:
      return explainErrno(error)
    default:
      return String(error)
  }
}

function cannotOpen(file: string, why: string): string {
  return `The store ${file} cannot be opened: ${why}`
}

const NO_DATABASE = 'it is no SQLite database. Name another file; a new one is made by itself.'
const DAMAGED = 'it is damaged. Restore it from a backup.'
const NOT_WRITABLE =
  'file and folder must be there, readable and writable for this process. Check their owner and mode.'

function explainErrno(error: unknown): string {
  const code = errnoOf(error)
  return code === null ? String(error) : `${NOT_WRITABLE} (${code})`
}

function errnoOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null
  return typeof error.code === 'string' ? error.code : null
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
