import { Worker } from 'node:worker_threads'
import { createHashPool } from './hash-pool.ts'
import type { Hasher } from './hasher.ts'

export interface BcryptHasherOptions {
  /** One per core: each hashes one password at a time, at the lowest priority. */
  readonly threads: number
  /** How many may wait in all; 24 per thread is about 6 s at cost 12. */
  readonly waiting: number
  /** How many of one caller may wait. */
  readonly waitingPerCaller: number
}

/** Salt and digest of no password that anybody knows; the cost before it alone decides how long it takes. */
const DECOY_SALT_AND_DIGEST = 'C6UzMDM.H6dfI/f/IKcEe.7uQkKo2wvTt5ZzZ0yqfDL0sC8VZbU6e'

/** bcrypt in threads of its own, never in libuv's pool: signing would wait there behind every sign-in. */
export function createBcryptHasher({ threads, waiting, waitingPerCaller }: BcryptHasherOptions): Hasher {
  const pool = createHashPool({
    threads,
    waiting,
    waitingPerCaller,
    startThread: () => new Worker(new URL('./hash-worker.ts', import.meta.url), { name: 'password-hash' }),
  })

  return {
    name: 'bcrypt',
    hash: async (input, cost, caller = {}) => {
      const answer = await pool.run({ kind: 'hash', input, cost }, caller)
      if (answer.kind !== 'hash') throw new TypeError('A hash was asked for, a comparison answered.')
      return answer.hash
    },
    compare: async (input, hash, caller = {}) => {
      const answer = await pool.run({ kind: 'compare', input, hash }, caller)
      if (answer.kind !== 'compare') throw new TypeError('A comparison was asked for, a hash answered.')
      return answer.equal
    },
    decoy: (cost) => `$2b$${String(cost).padStart(2, '0')}$${DECOY_SALT_AND_DIGEST}`,
    queueLength: pool.queueLength,
    close: pool.close,
  }
}
