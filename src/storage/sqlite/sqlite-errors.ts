import { AppError, DuplicateKey, Unavailable } from '../../lib/errors.ts'

/** Primary result codes (sqlite.org/rescode.html); the extended ones carry them in their low byte. */
export const SQLITE = {
  PERM: 3,
  BUSY: 5,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
} as const

const CONSTRAINT_PRIMARYKEY = 1555
const CONSTRAINT_UNIQUE = 2067

/** The primary result code when SQLite failed, else null. */
export function sqliteCode(error: unknown): number | null {
  const extended = extendedCode(error)
  return extended === null ? null : extended & 0xff
}

function extendedCode(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return null
  return typeof error.errcode === 'number' ? error.errcode : null
}

/**
 * What callers of a port get to see: DuplicateKey for a taken key, Unavailable for everything else that SQLite
 * reports. Other errors are faults of our own and pass as they are.
 */
export function toAppError(error: unknown): unknown {
  if (error instanceof AppError) return error
  const code = extendedCode(error)
  if (code === CONSTRAINT_PRIMARYKEY || code === CONSTRAINT_UNIQUE) {
    return new DuplicateKey(tableOf(error), { cause: error })
  }
  if (code !== null || isClosed(error)) return new Unavailable('store', { cause: error })
  return error
}

/** "UNIQUE constraint failed: identifier.space, identifier.value" → "identifier". */
function tableOf(error: unknown): string {
  const message =
    typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : ''
  return /failed: (\w+)\./.exec(message)?.[1] ?? 'record'
}

/** node:sqlite reports the use of a closed connection with no code of SQLite. */
function isClosed(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_INVALID_STATE'
}
