import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach } from '@jest/globals'
import type { Clock } from '../../src/lib/clock.ts'
import { openStorage, type Storage } from '../../src/storage/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface TemporaryStorage {
  /** The store of the test that runs. */
  storage(): Storage
  /** Another handle on the same data, as a second process has it; closed with the test. */
  openAgain(): Promise<Storage>
}

/** A fresh SQLite store for each test of the `describe` or file around it. */
export function temporaryStorage(clock: Clock): TemporaryStorage {
  let directory = ''
  let opened: Storage[] = []

  async function openAgain(): Promise<Storage> {
    const storage = await openStorage({ driver: 'sqlite', file: join(directory, 'latchkey.db') }, { clock })
    opened.push(storage)
    return storage
  }

  beforeEach(async () => {
    directory = temporaryFolder()
    await openAgain()
  })
  afterEach(async () => {
    for (const storage of opened) await storage.close()
    opened = []
    await rm(directory, { recursive: true })
  })
  return {
    openAgain,
    storage() {
      const [first] = opened
      if (!first) throw new Error('There is a store only while a test runs.')
      return first
    },
  }
}
