import type { Bench } from '../bench.ts'
import { compare, inTurn } from '../compare.ts'
import { type Figure, ratioFigure } from '../figure.ts'
import { measureRate } from '../load.ts'
import type { Site } from '../site.ts'

const CONCURRENCY = 16
const DOCUMENTS = { discovery: '/.well-known/openid-configuration', JWKS: '/jwks' } as const

/** What every relying party and every API asks for again and again. */
export const documents: Bench = {
  name: 'documents',
  async measure({ startLatchkey, startBareProvider, pace }) {
    const ours = await startLatchkey('off')
    const baseline = await startBareProvider()
    const figures: Figure[] = []
    for (const [name, path] of Object.entries(DOCUMENTS)) {
      const rateOf = ({ http }: Site) => {
        const task = async () => {
          const { status } = await http.send(path)
          if (status !== 200) throw new Error(`${path}: ${status}`)
        }
        return measureRate({ task, concurrency: CONCURRENCY }, 0.3, pace.seconds)
      }
      const rounds = await inTurn({ ours: () => rateOf(ours), baseline: () => rateOf(baseline) }, pace.rounds)
      const goal = {
        name: `${name}, ${CONCURRENCY} at a time`,
        unit: 'requests/s',
        against: 'the bare library',
        goal: { atLeast: 2 },
      }
      figures.push(ratioFigure(goal, compare(rounds)))
    }
    return figures
  },
}
