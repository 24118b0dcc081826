import { setTimeout as wait } from 'node:timers/promises'

/** One unit of load; `worker` counts from 0. Whatever it throws ends the bench: nothing that failed is counted. */
export type Task = (worker: number) => Promise<unknown>

export interface Load {
  readonly task: Task
  /** How many run at a time; each begins its next one as soon as the last has ended. */
  readonly concurrency: number
}

/** Tasks per second, of those that end in the window after the lead-in. */
export async function measureRate(load: Load, leadInSeconds: number, seconds: number): Promise<number> {
  const running = startLoad(load)
  await running.for(leadInSeconds)
  const from = running.done()
  const began = performance.now()
  await running.for(seconds)
  const rate = (running.done() - from) / ((performance.now() - began) / 1000)
  await running.stop()
  return rate
}

export interface RunningLoad {
  /** How many tasks have ended. */
  done(): number
  /** Throws when a task fails meanwhile. */
  for(seconds: number): Promise<void>
  stop(): Promise<void>
}

export function startLoad({ task, concurrency }: Load): RunningLoad {
  let done = 0
  let stopped = false

  async function work(worker: number): Promise<void> {
    while (!stopped) {
      await task(worker)
      done += 1
    }
  }

  const workers = Promise.all(Array.from({ length: concurrency }, (_, worker) => work(worker)))
  // Its failure is told by `for` or `stop`, whichever comes next.
  workers.catch(() => {
    stopped = true
  })
  return {
    done: () => done,
    for: (seconds) => Promise.race([wait(seconds * 1000), workers.then(() => {})]),
    async stop() {
      stopped = true
      await workers
    },
  }
}

export interface PacedLoad {
  /** How many tasks have ended. */
  done(): number
  /** Throws when a task failed. */
  stop(): Promise<void>
}

/** Tasks that have begun and not ended; where a machine is too slow for the pace, it shows in `done`. */
const MOST_UNDER_WAY = 200
const TICK_MS = 5

/** So many tasks a second, whether or not those before have ended: strangers do not wait for each other. */
export function startPaced(task: () => Promise<unknown>, perSecond: number): PacedLoad {
  const began = performance.now()
  const underWay = new Set<Promise<void>>()
  let started = 0
  let done = 0
  let failure: { readonly cause: unknown } | null = null

  async function run(): Promise<void> {
    try {
      await task()
      done += 1
    } catch (cause) {
      failure ??= { cause }
    }
  }

  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) * perSecond) / 1000)
    for (; started < due && underWay.size < MOST_UNDER_WAY; started++) {
      const one = run().finally(() => underWay.delete(one))
      underWay.add(one)
    }
    started = due
  }, TICK_MS)
  return {
    done: () => done,
    async stop() {
      clearInterval(timer)
      await Promise.all(underWay)
      if (failure !== null) throw failure.cause
    },
  }
}

/** Milliseconds that each task took, one after another, with a pause between them. */
export async function measureLatencies(task: Task, pauseMs: number, seconds: number): Promise<number[]> {
  const latencies: number[] = []
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) {
    const began = performance.now()
    await task(0)
    latencies.push(performance.now() - began)
    await wait(pauseMs)
  }
  return latencies
}
