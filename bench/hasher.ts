import { availableParallelism } from 'node:os'
import { createBcryptHasher, type Hasher } from '../src/domain/passwords/index.ts'

/** More than a load ever sends: what is measured is never refused. */
const WAITING = 1000

/** Longer than any load. */
const RESTS_NEVER_MS = 86_400_000

export const HASHING_THREADS = availableParallelism()
/** Of production; app.ts has the same. */
export const BCRYPT_COST = 12

/** bcrypt as a node hashes: the same threads, one per core. */
export function createHasher(): Hasher {
  return createBcryptHasher({
    threads: HASHING_THREADS,
    waiting: WAITING,
    waitingPerCaller: WAITING,
    restAfterMs: RESTS_NEVER_MS,
  })
}
