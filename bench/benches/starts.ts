import { setTimeout as wait } from 'node:timers/promises'
import type { Bench } from '../bench.ts'
import { ceilingFigure } from '../figure.ts'
import { startLoad } from '../load.ts'
import { startMain } from '../main-process.ts'
import { residentMegabytes } from '../resident-memory.ts'
import { median } from '../statistics.ts'

const SIGN_INS_AT_A_TIME = 20
const PAUSE_MS = 5000

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

/** Memory of the process: after its start, and after it has worked. */
export const memory: Bench = {
  name: 'memory',
  async measure({ newFolder, startLatchkey, pace }) {
    const dataDir = newFolder()
    const compileCache = newFolder()
    const idleMemory = async () => {
      const main = await startMain(dataDir, compileCache)
      await wait(PAUSE_MS)
      const megabytes = residentMegabytes(main.pid)
      await main.stop()
      return megabytes
    }
    const first = await idleMemory()
    const idle = await idleMemory()

    const site = await startLatchkey('off')
    const signIns = startLoad({ task: site.signIn, concurrency: SIGN_INS_AT_A_TIME })
    while (signIns.done() < pace.signInsForMemory) await signIns.for(0.1)
    await signIns.stop()
    await site.settle()
    await wait(PAUSE_MS)
    const after = residentMegabytes(site.pid)
    const count = pace.signInsForMemory.toLocaleString('en').replace(',', ' ')
    return [
      ceilingFigure({ name: 'memory (RSS) after a start', unit: 'MB', atMost: 120 }, idle),
      ceilingFigure({ name: 'memory (RSS) after the first start ever', unit: 'MB', atMost: 120 }, first),
      ceilingFigure({ name: `memory (RSS) after ${count} sign-ins`, unit: 'MB', atMost: 250 }, after),
    ]
  },
}
