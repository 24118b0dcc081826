import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { errorCode } from '../lib/error-code.ts'

/** What was read, or why not, in words for the operator. */
export type FileRead<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly why: string }

/** What settings need besides the environment. */
export interface SettingsIo {
  /** UTF-8, without a byte order mark. */
  readText(path: string): FileRead<string>
  readBytes(path: string): FileRead<Uint8Array>
  /** An absolute path, seen from where the process was started. */
  absolute(path: string): string
  /** Is the log read by a person at a terminal? */
  readonly terminal: boolean
}

/** Reads the files of this machine, relative to where the process was started. */
export const systemIo: SettingsIo = {
  readText: (path) => {
    const bytes = readBytes(path)
    if (!bytes.ok) return bytes
    try {
      return { ok: true, value: new TextDecoder('utf-8', { fatal: true }).decode(bytes.value) }
    } catch {
      return { ok: false, why: 'it is not UTF-8 text' }
    }
  },
  readBytes,
  absolute: (path) => resolve(path),
  terminal: process.stdout.isTTY === true,
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'it may not be read by this user',
  EPERM: 'it may not be read by this user',
  EISDIR: 'it is a directory',
}

function readBytes(path: string): FileRead<Uint8Array> {
  try {
    return { ok: true, value: readFileSync(path) }
  } catch (error) {
    const code = errorCode(error) ?? 'unknown'
    return { ok: false, why: REASONS[code] ?? `it cannot be read (${code})` }
  }
}
