import { afterEach, beforeEach } from '@jest/globals'
import type { Storage, StorageSettings } from '../../src/storage/index.ts'

export type { Storage }

/** A database that every contract runs on. */
export interface Backend {
  readonly name: string
  /** A fresh, empty store. */
  open(): Promise<OpenedBackend>
}

export interface OpenedBackend {
  readonly storage: Storage
  /** Another handle on the same data, as a second node has it. */
  readonly second: Storage
  /** With these a process of its own opens the same data (race.ts). */
  readonly settings: StorageSettings
  dispose(): Promise<void>
}

export type FreshStore = () => OpenedBackend

/** A fresh store for each test of the `describe` around it; call what it answers inside the test. */
export function freshStore(backend: Backend): FreshStore {
  let opened: OpenedBackend | undefined
  beforeEach(async () => {
    opened = await backend.open()
  })
  afterEach(async () => {
    await opened?.dispose()
    opened = undefined
  })
  return () => {
    if (opened === undefined) throw new Error('There is a store only while a test runs.')
    return opened
  }
}
