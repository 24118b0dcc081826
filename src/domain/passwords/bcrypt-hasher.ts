import { Worker } from 'node:worker_threads'
import { createHashPool } from './hash-pool.ts'
import type { HashCaller, Hasher } from './hasher.ts'

export interface BcryptHasherOptions {
  /** One per core: each hashes one password at a time, at the lowest priority. */
  readonly threads: number
  /** How many may wait in all; 24 per thread is about 6 s at cost 12. */
  readonly waiting: number
  /** How many of one caller may wait. */
  readonly waitingPerCaller: number
  /** A thread that has had nothing to do for so long ends: each has 12 MB. */
  readonly restAfterMs: number
}

/** Salt and digest of no password that anybody knows; the cost before it alone decides how long it takes. */
const DECOY_SALT_AND_DIGEST = 'C6UzMDM.H6dfI/f/IKcEe.7uQkKo2wvTt5ZzZ0yqfDL0sC8VZbU6e'

/** bcrypt in threads of its own, never in libuv's pool: signing would wait there behind every sign-in. */
export function createBcryptHasher(options: BcryptHasherOptions): Hasher {
  const pool = createHashPool({
    ...options,
    startThread: () => new Worker(new URL('./hash-worker.js', import.meta.url), { name: 'password-hash' }),
  })

  async function compare(input: string, hash: string, decoys: readonly string[], caller: HashCaller) {
    const answer = await pool.run({ kind: 'compare', input, hash, decoys }, caller)
    if (answer.kind !== 'compare') throw new TypeError('A comparison was asked for, a hash answered.')
    return answer.equal
  }

  return {
    name: 'bcrypt',
    hash: async (input, cost, caller = {}) => {
      const answer = await pool.run({ kind: 'hash', input, cost }, caller)
      if (answer.kind !== 'hash') throw new TypeError('A hash was asked for, a comparison answered.')
      return answer.hash
    },
    compare: (input, hash, caller = {}) => compare(input, hash, [], caller),
    compareOld: (password, hash, cost, caller = {}) =>
      compare(password, hash, decoysBeside(hash, cost), caller),
    decoy: decoyOf,
    queueLength: pool.queueLength,
    close: pool.close,
  }
}

function decoyOf(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}$${DECOY_SALT_AND_DIGEST}`
}

/**
 * What is compared beside an old hash, so that together it takes as long as a comparison of `cost`. Every cost
 * doubles the rounds: 2^c of the hash itself and 2^c + 2^(c+1) + … of these make 2^cost together.
 */
export function decoysBeside(hash: string, cost: number): string[] {
  const own = Number(hash.slice(4, 6))
  return Array.from({ length: Math.max(0, cost - own) }, (_, above) => decoyOf(own + above))
}
