import { StartRefused } from '../../lib/errors.ts'
import { SQLITE, sqliteCode } from './sqlite-errors.ts'

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

/** The sentence of a refusal. */
export function cannotOpen(file: string, why: string): string {
  return `The store ${file} cannot be opened: ${why}`
}

export const NO_DATABASE = 'it is no SQLite database. Name another file; a new one is made by itself.'
export const DAMAGED = 'it is damaged. Restore it from a backup.'
const NOT_WRITABLE =
  'file and folder must be there, readable and writable for this process. Check their owner and mode.'

function explainErrno(error: unknown): string {
  const code = errnoOf(error)
  return code === null ? String(error) : `${NOT_WRITABLE} (${code})`
}

/** The name of a failure of the operating system, such as EACCES. */
export function errnoOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null
  return typeof error.code === 'string' ? error.code : null
}
