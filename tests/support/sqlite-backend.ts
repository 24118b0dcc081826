import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage, type StorageSettings } from '../../src/storage/index.ts'
import type { Backend } from './backend.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** SQLite: each store is a file in a folder of its own. */
export const sqlite: Backend = {
  name: 'sqlite',
  open: async () => {
    const folder = temporaryFolder()
    const settings: StorageSettings = { driver: 'sqlite', file: join(folder, 'latchkey.db') }
    const storage = await openStorage(settings, { clock: systemClock })
    const second = await openStorage(settings, { clock: systemClock })
    return {
      storage,
      second,
      settings,
      dispose: async () => {
        await storage.close()
        await second.close()
        await rm(folder, { recursive: true })
      },
    }
  },
}
