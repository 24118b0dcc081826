import { setTimeout as wait } from 'node:timers/promises'
import { addSeconds, type Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { LeaseStore } from './lease-store.ts'

/** Work of a worker that runs; `signal` is aborted when it shall come to an end. */
export type Task = (signal: AbortSignal) => Promise<void>

export interface RunEveryParts {
  /** Names the lease and the lines in the log. */
  readonly name: string
  readonly everyMilliseconds: number
  readonly task: Task
  readonly leases: LeaseStore
  /** Names this process. */
  readonly holder: string
  readonly clock: Clock
  readonly log: Pick<Log, 'error'>
}

export interface Worker {
  /** Ends after what runs now, and lets another process go on at once. */
  stop(): Promise<void>
}

/** After the sudden end of a process another takes over this much later. */
const LEASE_SECONDS = 30
const LONGEST_PAUSE_MILLISECONDS = 60_000

/**
 * Does a task again and again, in one process at a time. A task that fails is logged and tried again after a pause
 * that grows; nothing it throws ends the worker.
 */
export function runEvery(parts: RunEveryParts): Worker {
  const { everyMilliseconds, task, log, name } = parts
  const lease = createLease(parts)
  const stopping = new AbortController()
  let failures = 0

  async function runOnce(): Promise<void> {
    try {
      if (await lease.hold()) await task(stopping.signal)
      failures = 0
    } catch (err) {
      failures += 1
      log.error({ worker: name, err, failures }, 'a worker failed and will try again')
      // Another process may be luckier.
      await lease.release()
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await runOnce()
      const pause = wait(pauseAfter(everyMilliseconds, failures), null, {
        ref: false,
        signal: stopping.signal,
      })
      await pause.catch(() => null)
    }
  }

  const running = run()
  return {
    async stop() {
      stopping.abort()
      await running
      await lease.release()
    },
  }
}

interface Lease {
  /** Does this process hold it? Writes to the store only when half of it has run. */
  hold(): Promise<boolean>
  /** Lets another process go on at once; a store that is down keeps the lease until it runs out. */
  release(): Promise<void>
}

function createLease({ leases, name, holder, clock, log }: RunEveryParts): Lease {
  let prolongAt: Date | null = null
  return {
    async hold() {
      const now = clock.now()
      const half = addSeconds(now, LEASE_SECONDS / 2)
      // Further ahead than it ever is: the clock was put back, and nobody would know of the lease by it.
      if (prolongAt && now < prolongAt && prolongAt <= half) return true
      const held = await leases.acquire(name, holder, now, addSeconds(now, LEASE_SECONDS))
      prolongAt = held ? half : null
      return held
    },
    async release() {
      if (!prolongAt) return
      prolongAt = null
      await leases
        .release(name, holder)
        .catch((err: unknown) => log.error({ worker: name, err }, 'lease kept'))
    },
  }
}

function pauseAfter(everyMilliseconds: number, failures: number): number {
  if (failures === 0) return everyMilliseconds
  return Math.max(everyMilliseconds, Math.min(everyMilliseconds * 2 ** failures, LONGEST_PAUSE_MILLISECONDS))
}
