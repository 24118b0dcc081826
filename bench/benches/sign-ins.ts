import { availableParallelism } from 'node:os'
import { createBcryptHasher } from '../../src/domain/passwords/index.ts'
import type { Bench } from '../bench.ts'
import { compare, inTurn } from '../compare.ts'
import { ratioFigure } from '../figure.ts'
import { measureRate } from '../load.ts'
import { PASSWORD } from '../people.ts'
import type { Site } from '../site.ts'

const CONCURRENCY = 20
const COST = 12

/** The whole way of a sign-in without its slow hash, so that everything else shows. */
export const signIns: Bench = {
  name: 'sign-in',
  async measure({ startLatchkey, startBareProvider, pace }) {
    const ours = await startLatchkey('off')
    const baseline = await startBareProvider()
    const rateOf = async (site: Site) => {
      await site.settle()
      return measureRate({ task: site.signIn, concurrency: CONCURRENCY }, 0.5, pace.seconds)
    }
    const rounds = await inTurn({ ours: () => rateOf(ours), baseline: () => rateOf(baseline) }, pace.rounds)
    const goal = {
      name: `full sign-in, hashing off, ${CONCURRENCY} at a time`,
      unit: 'sign-ins/s',
      against: 'the bare library, password without code',
      goal: { atLeast: 0.5 },
    }
    return [ratioFigure(goal, compare(rounds))]
  },
}

/** Do people sign in as fast as the machine hashes at all? */
export const signInsWithBcrypt: Bench = {
  name: 'sign-in-bcrypt',
  async measure({ startLatchkey, pace }) {
    const site = await startLatchkey('bcrypt')
    const threads = availableParallelism()
    const hasher = createBcryptHasher({ threads, waiting: CONCURRENCY, waitingPerCaller: CONCURRENCY })
    const hash = await hasher.hash(PASSWORD, COST)
    const rateOf = (task: () => Promise<unknown>) =>
      measureRate({ task, concurrency: CONCURRENCY }, 2, pace.hashingSeconds)

    const ours = () => rateOf(site.signIn)
    const baseline = () => rateOf(() => hasher.compare(PASSWORD, hash))
    const rounds = await inTurn({ ours, baseline }, pace.hashingRounds)
    await hasher.close()
    const goal = {
      name: `full sign-in, bcrypt cost ${COST}, ${CONCURRENCY} at a time`,
      unit: 'per s',
      against: `bcrypt alone in ${threads} threads`,
      goal: { atLeast: 0.95 },
    }
    return [ratioFigure(goal, compare(rounds))]
  },
}
