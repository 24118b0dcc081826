import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import bcrypt from 'bcrypt'
import { createBcryptHasher } from './bcrypt-hasher.ts'
import type { Hasher } from './hasher.ts'

const THREADS = 2

let hasher: Hasher
beforeAll(() => {
  hasher = createBcryptHasher({ threads: THREADS, waiting: 10, waitingPerCaller: 2, restAfterMs: 60_000 })
})
afterAll(() => hasher.close())

/** The nice values of this process's threads: the 19th field of proc(5)'s stat, after the name in brackets. */
function priorities(): number[] {
  return readdirSync('/proc/self/task').map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
  })
}

describe('the bcrypt hasher', () => {
  it('makes hashes that bcrypt knows, each with a salt of its own', async () => {
    const [one, two] = await Promise.all([hasher.hash('input', 4), hasher.hash('input', 4)])
    expect(one).not.toBe(two)
    expect(await hasher.compare('input', one)).toBe(true)
    expect(await hasher.compare('other', one)).toBe(false)
  })

  it('compares with a decoy of the cost it is asked for, and nothing matches', async () => {
    expect(hasher.decoy(4)).toMatch(/^\$2b\$04\$[./A-Za-z0-9]{53}$/)
    expect(await hasher.compare('input', hasher.decoy(4))).toBe(false)
  })

  it('has decoys of any cost, which are whole hashes that no password fits', async () => {
    for (const cost of [4, 9, 12]) {
      const decoy = hasher.decoy(cost)
      expect(decoy).toMatch(/^\$2b\$\d\d\$[./A-Za-z0-9]{53}$/)
      expect(bcrypt.getRounds(decoy)).toBe(cost)
    }
    expect(await hasher.compare('input', hasher.decoy(4))).toBe(false)
  })

  it('hashes at the lowest priority and leaves the thread that answers alone', async () => {
    await Promise.all([hasher.hash('a', 4), hasher.hash('b', 4)])
    // Threads have priorities of their own on Linux only; elsewhere nothing is lowered.
    if (process.platform !== 'linux') return
    expect(priorities().filter((nice) => nice === 19)).toHaveLength(THREADS)
    expect(priorities()[0]).toBe(0)
  })
})
