import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from '@jest/globals'
import { Unavailable } from '../../lib/errors.ts'
import type { HashJob } from './hash-job.ts'
import { createHashPool, type HashPool } from './hash-pool.ts'

/** A thread that hashes nothing: it answers after 20 ms, and dies of the input "crash". */
const thread = () =>
  new Worker(
    `const { parentPort } = require('node:worker_threads')
     parentPort.on('message', ({ input }) => {
       if (input === 'crash') throw new Error('out of memory')
       setTimeout(() => parentPort.postMessage({ kind: 'hash', hash: input }), 20)
     })`,
    { eval: true },
  )

let pool: HashPool
const open = (waiting: number, waitingPerCaller: number) => {
  pool = createHashPool({ threads: 1, waiting, waitingPerCaller, startThread: thread })
}
const job = (input: string): HashJob => ({ kind: 'hash', input, cost: 4 })
const run = (input: string, caller?: string) => pool.run(job(input), caller === undefined ? {} : { caller })
afterEach(() => pool.close())

describe('the queue', () => {
  it('refuses with Retry-After when it is full, and takes again when it is not', async () => {
    open(4, 2)
    const taken = ['a', 'b', 'c', 'd'].map((input) => run(input, input))
    expect(pool.queueLength()).toBe(3)
    await expect(run('e', 'e')).rejects.toMatchObject({ status: 503, retryAfterSeconds: expect.any(Number) })
    const hashes = (await Promise.all(taken)).map((answer) => answer.kind === 'hash' && answer.hash)
    expect(hashes).toEqual(['a', 'b', 'c', 'd'])
    await expect(run('e', 'e')).resolves.toEqual({ kind: 'hash', hash: 'e' })
  })

  it('lets another caller pass a flood', async () => {
    open(20, 2)
    const done: string[] = []
    const jobs = ['f1', 'f2', 'f3', 'f4'].map((input) => run(input, 'flood').then(() => done.push(input)))
    jobs.push(run('other', 'other').then(() => done.push('other')))
    await Promise.all(jobs)
    expect(done).toEqual(['f1', 'f2', 'other', 'f3', 'f4'])
  })
})

describe('a thread that dies', () => {
  it('fails its own job as Unavailable, the cause kept, and the next one gets a new thread', async () => {
    open(10, 10)
    const crashed = run('crash')
    const next = run('next')
    const error = await crashed.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Unavailable)
    expect(error).toHaveProperty('cause.message', 'out of memory')
    await expect(next).resolves.toEqual({ kind: 'hash', hash: 'next' })
  })
})

describe('closing', () => {
  it('fails what waits and what runs, and takes no more', async () => {
    open(10, 10)
    const pending = Promise.allSettled([run('a'), run('b')])
    await pool.close()
    expect((await pending).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await expect(run('c')).rejects.toThrow(Unavailable)
    await pool.close()
  })
})
