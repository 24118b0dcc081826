/**
 * How far one browser has come in one journey, as stored: the id as a keyed hash, the state sealed. The version
 * rises with each step, so of two answers to one page one wins.
 */
export interface StoredProgress {
  readonly idHash: Uint8Array
  readonly state: Uint8Array
  readonly version: number
  readonly expiresAt: Date
}

export interface ProgressStore {
  /** Throws DuplicateKey when the id is taken. */
  insert(progress: StoredProgress): Promise<void>
  find(idHash: Uint8Array, now: Date): Promise<StoredProgress | null>
  /** Stores the next state when the version is still `from`; the new version is `from + 1`. */
  advance(idHash: Uint8Array, from: number, state: Uint8Array, expiresAt: Date, now: Date): Promise<boolean>
  remove(idHash: Uint8Array): Promise<void>
  tidy(now: Date, limit: number): Promise<number>
}
