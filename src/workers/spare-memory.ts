import { Session } from 'node:inspector/promises'
import { getHeapStatistics } from 'node:v8'
import type { Log } from '../lib/log.ts'

export interface SpareMemoryParts {
  /** How many requests have come so far, probes not counted. */
  readonly requests: () => number
  /** Bytes of its heap that the process holds of the system, used or not. */
  readonly held?: () => number
  /** Gives the system what is not used. */
  readonly giveBack?: () => Promise<void>
  readonly log: Pick<Log, 'error'>
  readonly lookEveryMs?: number
}

export interface SpareMemory {
  stop(): void
}

const LOOK_EVERY_MS = 10_000
/** So many looks in a row must find it quiet: a minute. */
const QUIET_LOOKS = 6
/** Between two looks. */
const MOST_WHEN_QUIET = 2
/**
 * Less is not worth a tenth of a second in which nobody is answered, and the compiled code, which is collected too
 * and made again for whoever comes next.
 */
const WORTH_BYTES = 16 * 1024 * 1024

/**
 * A start, and every burst of work, leaves a heap that is several times as large as what is in it, and by itself
 * V8 keeps it: a node that does nothing would hold the most that it ever needed. It is collected and given back when
 * for a minute hardly anybody has asked for anything.
 */
export function startSpareMemory(parts: SpareMemoryParts): SpareMemory {
  const { requests, held = heldByHeap, giveBack = collectGarbage, log } = parts
  let seen = requests()
  let quietLooks = 0
  let heldAfterLast = 0

  async function look(): Promise<void> {
    const before = seen
    seen = requests()
    quietLooks = seen - before > MOST_WHEN_QUIET ? 0 : quietLooks + 1
    if (quietLooks < QUIET_LOOKS || held() - heldAfterLast < WORTH_BYTES) return
    await giveBack()
    heldAfterLast = held()
  }

  function giveUp(err: unknown): void {
    clearInterval(timer)
    log.error({ err }, 'memory is not given back')
  }

  const timer = setInterval(() => look().catch(giveUp), parts.lookEveryMs ?? LOOK_EVERY_MS)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}

function heldByHeap(): number {
  return getHeapStatistics().total_physical_size
}

/** What the button of the developer tools does; `gc()` would need a flag of the command line. */
async function collectGarbage(): Promise<void> {
  const session = new Session()
  session.connect()
  try {
    await session.post('HeapProfiler.collectGarbage')
  } finally {
    session.disconnect()
  }
}
