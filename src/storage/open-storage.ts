import type { Clock } from '../lib/clock.ts'
import { openSqlite } from './sqlite/open-sqlite.ts'
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
