import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf } from './refusal.ts'

/** Makes the file and its folder when missing; in any case nobody else on the machine may read it. */
export function claimFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  if (!existsSync(file)) {
    try {
      closeSync(openSync(file, 'ax', 0o600))
    } catch (error) {
      // Another process that starts at the same time has just made it.
      if (errnoOf(error) !== 'EEXIST') throw error
    }
  }
  // SQLite gives the log and its index the mode of the file.
  for (const path of [file, `${file}-wal`, `${file}-shm`]) {
    const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0
    if ((mode & 0o077) !== 0) chmodSync(path, 0o600)
  }
}
