import type { Bench } from '../bench.ts'
import { compare, inTurn } from '../compare.ts'
import { ratioFigure } from '../figure.ts'
import { measureLatencies, startLoad } from '../load.ts'
import { askForMachineToken, refresh } from '../relying-party.ts'
import { percentile } from '../statistics.ts'
import { newFamily } from './tokens.ts'

const SIGN_INS = 20
const PAUSE_MS = 5
const LEAD_IN_SECONDS = 1

/** Do token requests feel it when many people sign in? */
export const latencyWhileHashing: Bench = {
  name: 'latency',
  async measure({ startLatchkey, pace }) {
    const site = await startLatchkey('bcrypt')
    let newest = await newFamily(site)
    const rotate = async () => {
      newest = await refresh(site.http, newest)
    }

    async function p99(): Promise<{ machines: number; refreshes: number }> {
      const [machines, refreshes] = await Promise.all([
        measureLatencies(() => askForMachineToken(site.http), PAUSE_MS, pace.hashingSeconds),
        measureLatencies(rotate, PAUSE_MS, pace.hashingSeconds),
      ])
      return { machines: percentile(machines, 0.99), refreshes: percentile(refreshes, 0.99) }
    }

    async function p99WhileHashing() {
      const signIns = startLoad({ task: site.signIn, concurrency: SIGN_INS })
      await signIns.for(LEAD_IN_SECONDS)
      const measured = await p99()
      await signIns.stop()
      await site.settle()
      return measured
    }

    const { ours, baseline } = await inTurn({ ours: p99WhileHashing, baseline: p99 }, pace.hashingRounds)
    const figureOf = (name: string, which: 'machines' | 'refreshes') =>
      ratioFigure(
        {
          name: `p99 of ${name} while ${SIGN_INS} people sign in (bcrypt)`,
          unit: 'ms',
          against: 'nobody signs in',
          goal: { atMost: 3 },
        },
        compare({ ours: ours.map((one) => one[which]), baseline: baseline.map((one) => one[which]) }),
      )
    return [figureOf('client_credentials', 'machines'), figureOf('refresh', 'refreshes')]
  },
}
