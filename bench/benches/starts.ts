import { setTimeout as wait } from 'node:timers/promises'
import type { Bench } from '../bench.ts'
import { ceilingFigure } from '../figure.ts'
import { startLoad } from '../load.ts'
import { startMain } from '../main-process.ts'
import { residentMegabytes } from '../resident-memory.ts'
import { median } from '../statistics.ts'

const SIGN_INS_AT_A_TIME = 20
const PAUSE_MS = 5000
/** A node gives memory back when it was quiet for a minute; it looks every ten seconds (src/workers/spare-memory.ts). */
const QUIET_MS = 80_000

/** From the start of `src/main.ts` to the first answer that says it is ready. */
export const coldStart: Bench = {
  name: 'cold-start',
  async measure({ newFolder, pace }) {
    const compileCache = newFolder()
    const timeOfStart = async (dataDir: string) => {
      const main = await startMain(dataDir, compileCache)
      await main.stop()
      return main.startMs
    }

    const first = await timeOfStart(newFolder())
    const fresh: number[] = []
    const existing: number[] = []
    for (let start = 0; start < pace.coldStarts; start++) {
      const dataDir = newFolder()
      fresh.push(await timeOfStart(dataDir))
      existing.push(await timeOfStart(dataDir))
    }
    const limit = { unit: 'ms', atMost: 1000 } as const
    return [
      ceilingFigure({ name: 'cold start with new data', ...limit }, median(fresh), fresh),
      ceilingFigure({ name: 'cold start with existing data', ...limit }, median(existing), existing),
      ceilingFigure({ name: 'first start ever, no compiled code kept yet', ...limit }, first),
    ]
  },
}

/** Memory of the process: after its start, after it has worked, and when it was quiet for a while after either. */
export const memory: Bench = {
  name: 'memory',
  async measure({ newFolder, startLatchkey, pace }) {
    const dataDir = newFolder()
    const compileCache = newFolder()
    const idleMemory = async (quietMs: number) => {
      const main = await startMain(dataDir, compileCache)
      const both = await soonAndLater(main.pid, quietMs)
      await main.stop()
      return both
    }
    const first = await idleMemory(0)
    const idle = await idleMemory(QUIET_MS)

    const site = await startLatchkey('off')
    const signIns = startLoad({ task: site.signIn, concurrency: SIGN_INS_AT_A_TIME })
    while (signIns.done() < pace.signInsForMemory) await signIns.for(0.1)
    await signIns.stop()
    await site.settle()
    const after = await soonAndLater(site.pid, QUIET_MS)
    const count = pace.signInsForMemory.toLocaleString('en').replace(',', ' ')
    const idleLimit = { unit: 'MB', atMost: 120 } as const
    const limit = { unit: 'MB', atMost: 250 } as const
    return [
      ceilingFigure({ name: 'memory (RSS) after a start', ...idleLimit }, idle.soon),
      ceilingFigure({ name: 'the same, quiet for a minute', ...idleLimit }, idle.later),
      ceilingFigure({ name: 'memory (RSS) after the first start ever', ...idleLimit }, first.soon),
      ceilingFigure({ name: `memory (RSS) after ${count} sign-ins`, ...limit }, after.soon),
      ceilingFigure({ name: 'the same, quiet for a minute', ...limit }, after.later),
    ]
  },
}

async function soonAndLater(pid: number, quietMs: number): Promise<{ soon: number; later: number }> {
  await wait(PAUSE_MS)
  const soon = residentMegabytes(pid)
  await wait(quietMs)
  return { soon, later: residentMegabytes(pid) }
}
