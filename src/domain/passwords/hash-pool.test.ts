import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from '@jest/globals'
import { Unavailable } from '../../lib/errors.ts'
import type { HashJob } from './hash-job.ts'
import { createHashPool, type HashPool, type HashPoolOptions } from './hash-pool.ts'

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
let started: Worker[]
const open = (more: Partial<HashPoolOptions> = {}) => {
  started = []
  pool = createHashPool({
    threads: 1,
    waiting: 10,
    waitingPerCaller: 10,
    restAfterMs: 60_000,
    startThread: () => {
      const one = thread()
      started.push(one)
      return one
    },
    ...more,
  })
}
const job = (input: string): HashJob => ({ kind: 'hash', input, cost: 4 })
const run = (input: string, caller?: string) => pool.run(job(input), caller === undefined ? {} : { caller })
afterEach(() => pool.close())

describe('the queue', () => {
  it('refuses with Retry-After when it is full, and takes again when it is not', async () => {
    open({ waiting: 4, waitingPerCaller: 2 })
    const taken = ['a', 'b', 'c', 'd'].map((input) => run(input, input))
    expect(pool.queueLength()).toBe(3)
    await expect(run('e', 'e')).rejects.toMatchObject({ status: 503, retryAfterSeconds: expect.any(Number) })
    const hashes = (await Promise.all(taken)).map((answer) => answer.kind === 'hash' && answer.hash)
    expect(hashes).toEqual(['a', 'b', 'c', 'd'])
    await expect(run('e', 'e')).resolves.toEqual({ kind: 'hash', hash: 'e' })
  })

  it('lets another caller pass a flood', async () => {
    open({ waiting: 20, waitingPerCaller: 2 })
    const done: string[] = []
    const jobs = ['f1', 'f2', 'f3', 'f4'].map((input) => run(input, 'flood').then(() => done.push(input)))
    jobs.push(run('other', 'other').then(() => done.push('other')))
    await Promise.all(jobs)
    expect(done).toEqual(['f1', 'f2', 'other', 'f3', 'f4'])
  })
})

describe('a thread', () => {
  it('is started by the first job that finds none at rest', async () => {
    open({ threads: 3 })
    expect(started).toHaveLength(0)
    await run('a')
    await run('b')
    expect(started).toHaveLength(1)
    await Promise.all([run('c'), run('d')])
    expect(started).toHaveLength(2)
  })

  it('ends when it has had nothing to do for a while, and the next job has another', async () => {
    open({ restAfterMs: 60 })
    await run('a')
    await run('b')
    expect(started).toHaveLength(1)
    await Promise.all(started.map((one) => once(one, 'exit')))
    await expect(run('c')).resolves.toEqual({ kind: 'hash', hash: 'c' })
    expect(started).toHaveLength(2)
  })

  it('that ends for want of work takes no job with it', async () => {
    open({ restAfterMs: 1 })
    for (const input of ['a', 'b', 'c', 'd', 'e']) {
      await expect(run(input)).resolves.toEqual({ kind: 'hash', hash: input })
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  })
})

describe('a thread that dies', () => {
  it('fails its own job as Unavailable, the cause kept, and the next one gets a new thread', async () => {
    open()
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
    open()
    const pending = Promise.allSettled([run('a'), run('b')])
    await pool.close()
    expect((await pending).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await expect(run('c')).rejects.toThrow(Unavailable)
    await pool.close()
  })
})
