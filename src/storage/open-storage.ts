import type { Clock } from '../lib/clock.ts'
import { type Backup, backupSqlite } from './sqlite/backup.ts'
import { openSqlite } from './sqlite/open-sqlite.ts'
import { type PreparedRestore, prepareSqliteRestore } from './sqlite/restore.ts'
import type { Storage } from './storage.ts'

export type StorageSettings = {
  readonly driver: 'sqlite'
  /** Made with its folder when missing. */
  readonly file: string
}

/**
 * Opens the store and brings its schema up to date; the one switch on the driver. Throws StartRefused, with what
 * to do, when the store cannot be used; it is untouched then.
 */
export async function openStorage(settings: StorageSettings, deps: { clock: Clock }): Promise<Storage> {
  switch (settings.driver) {
    case 'sqlite':
      return openSqlite(settings.file, deps.clock)
  }
}

/** Copies the store into a file that is not there yet. Throws StartRefused. */
export async function backupStorage(settings: StorageSettings, file: string, clock: Clock): Promise<Backup> {
  switch (settings.driver) {
    case 'sqlite':
      return backupSqlite(settings.file, file, clock.now())
  }
}

/** Makes a backup ready to take the place of the store. Throws StartRefused. */
export async function prepareRestore(
  settings: StorageSettings,
  backup: string,
  clock: Clock,
): Promise<PreparedRestore> {
  switch (settings.driver) {
    case 'sqlite':
      return prepareSqliteRestore(backup, settings.file, clock)
  }
}
