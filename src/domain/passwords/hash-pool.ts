import type { Worker } from 'node:worker_threads'
import { Unavailable } from '../../lib/errors.ts'
import { createFairQueue, type Waiting } from './fair-queue.ts'
import type { HashAnswer, HashJob } from './hash-job.ts'
import type { HashCaller } from './hasher.ts'

export interface HashPoolOptions {
  readonly threads: number
  /** How many may wait in all before the next is refused. */
  readonly waiting: number
  /** How many of one caller may wait once half of the places are taken. */
  readonly waitingPerCaller: number
  /** A thread that has had nothing to do for so long ends; the next job starts one again. */
  readonly restAfterMs: number
  /** Starts a thread that answers each `HashJob` with a `HashAnswer`. */
  readonly startThread: () => Worker
}

export interface HashPool {
  /** Throws Unavailable when too many wait, or when the thread died over this job. */
  run(job: HashJob, caller: HashCaller): Promise<HashAnswer>
  queueLength(): number
  close(): Promise<void>
}

interface Pending extends Waiting {
  readonly job: HashJob
  readonly resolve: (answer: HashAnswer) => void
  readonly reject: (error: Unavailable) => void
}

interface Seat {
  thread: Worker | null
  current: Pending | null
  /** Ends the thread, unless a job comes before. */
  rest: NodeJS.Timeout | undefined
}

/** Threads that hash one job each, started when there is a job for them, and a bounded queue before them. */
export function createHashPool(options: HashPoolOptions): HashPool {
  const seats: readonly Seat[] = Array.from({ length: options.threads }, () => ({
    thread: null,
    current: null,
    rest: undefined,
  }))
  const queue = createFairQueue<Pending>({
    places: options.waiting,
    placesPerCaller: options.waitingPerCaller,
  })
  let closed = false

  /** A thread holds the process open only while it hashes. */
  function start(seat: Seat): Worker {
    const thread = options.startThread()
    let cause: unknown
    thread.on('message', (answer: HashAnswer) => settle(seat, (pending) => pending.resolve(answer)))
    thread.on('error', (error) => {
      cause = error
    })
    // A dead thread is replaced by the next job, not at once: one that cannot start does not start forever.
    thread.on('exit', () => {
      if (seat.thread !== thread) return
      seat.thread = null
      settle(seat, (pending) => pending.reject(unavailable('the thread ended', cause)))
    })
    return thread
  }

  function begin(seat: Seat, pending: Pending): void {
    clearTimeout(seat.rest)
    seat.thread ??= start(seat)
    seat.current = pending
    seat.thread.ref()
    seat.thread.postMessage(pending.job)
  }

  function settle(seat: Seat, tell: (pending: Pending) => void): void {
    const pending = seat.current
    seat.current = null
    seat.thread?.unref()
    if (pending !== null) tell(pending)
    const next = closed ? undefined : queue.shift()
    if (next !== undefined) begin(seat, next)
    else seat.rest = setTimeout(() => endThread(seat), options.restAfterMs).unref()
  }

  async function endThread(seat: Seat): Promise<void> {
    clearTimeout(seat.rest)
    const { thread } = seat
    // It has left its seat before it ends: a job that comes meanwhile gets another one.
    if (seat.current === null) seat.thread = null
    await thread?.terminate()
  }

  /** One whose thread runs already, where there is one. */
  function freeSeat(): Seat | undefined {
    const free = seats.filter(({ current }) => current === null)
    return free.find(({ thread }) => thread !== null) ?? free[0]
  }

  return {
    queueLength: () => queue.length,
    run: (job, { caller = '', isKnown = false }) =>
      new Promise((resolve, reject) => {
        const pending: Pending = { job, caller, isKnown, resolve, reject }
        const free = closed ? undefined : freeSeat()
        if (free !== undefined) return begin(free, pending)
        const refused = closed ? 'closed' : queue.push(pending)
        if (refused !== null) reject(unavailable(refused))
      }),
    close: async () => {
      closed = true
      for (let pending = queue.shift(); pending; pending = queue.shift())
        pending.reject(unavailable('closed'))
      await Promise.all(seats.map(endThread))
    },
  }
}

function unavailable(why: string, cause?: unknown): Unavailable {
  return new Unavailable(`password hashing, ${why}`, { cause })
}
