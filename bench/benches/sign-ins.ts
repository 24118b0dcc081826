import type { Bench } from '../bench.ts'
import { compare, inTurn } from '../compare.ts'
import { type Figure, ratioFigure } from '../figure.ts'
import { BCRYPT_COST, createHasher, HASHING_THREADS } from '../hasher.ts'
import { measureRate, startLoad } from '../load.ts'
import { PASSWORD } from '../people.ts'
import type { Site } from '../site.ts'

const CONCURRENCY = 20
/** So many times more rounds where a twentieth is looked for: the machine is seldom that even. */
const FOR_A_TWENTIETH = 2

/** The whole way of a sign-in without its slow hash, so that everything else shows. */
export const signIns: Bench = {
  name: 'sign-in',
  async measure({ startLatchkey, startBareProvider, pace }) {
    const ours = await startLatchkey('off')
    const baseline = await startBareProvider()
    const rateOf = (site: Site) => rateUntilDrained(site, pace.signInSeconds)
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

/**
 * What a code and the notice of a new device cost on their way: queued, claimed, opened, worded, handed to a sender
 * that takes them at once, noted as sent. Against a node that does none of it, not even take them from the budgets.
 */
export const queueInSignIns: Bench = {
  name: 'queue',
  async measure({ startLatchkey, pace }) {
    const figures: Figure[] = []
    for (const [hashing, shown, seconds, times] of [
      ['bcrypt', `bcrypt cost ${BCRYPT_COST}`, pace.hashingSeconds, pace.hashingRounds],
      ['off', 'hashing off', pace.signInSeconds, pace.rounds],
    ] as const) {
      const ours = await startLatchkey(hashing)
      const baseline = await startLatchkey(hashing, { messages: 'off' })
      const rateOf = (site: Site) => rateUntilDrained(site, seconds)
      const sides = { ours: () => rateOf(ours), baseline: () => rateOf(baseline) }
      const rounds = await inTurn(sides, times * FOR_A_TWENTIETH)
      const goal = {
        name: `full sign-in with its messages, ${shown}, ${CONCURRENCY} at a time`,
        unit: 'sign-ins/s',
        against: 'the same without any',
        goal: { atLeast: 0.95 },
      }
      figures.push(ratioFigure(goal, compare(rounds)))
    }
    return figures
  },
}

/** A sign-in is done when its messages are sent too: a queue that falls behind would flatter. */
async function rateUntilDrained(site: Site, seconds: number): Promise<number> {
  await site.settle()
  const began = performance.now()
  const signIns = startLoad({ task: site.signIn, concurrency: CONCURRENCY })
  await signIns.for(seconds)
  await signIns.stop()
  await site.drain()
  return signIns.done() / ((performance.now() - began) / 1000)
}

/** Do people sign in as fast as the machine hashes at all? */
export const signInsWithBcrypt: Bench = {
  name: 'sign-in-bcrypt',
  async measure({ startLatchkey, pace }) {
    const site = await startLatchkey('bcrypt')
    const hasher = createHasher()
    const hash = await hasher.hash(PASSWORD, BCRYPT_COST)
    const rateOf = (task: () => Promise<unknown>) =>
      measureRate({ task, concurrency: CONCURRENCY }, 2, pace.hashingSeconds)

    const ours = () => rateOf(site.signIn)
    const baseline = () => rateOf(() => hasher.compare(PASSWORD, hash))
    const rounds = await inTurn({ ours, baseline }, pace.hashingRounds)
    await hasher.close()
    const goal = {
      name: `full sign-in, bcrypt cost ${BCRYPT_COST}, ${CONCURRENCY} at a time`,
      unit: 'per s',
      against: `bcrypt alone in ${HASHING_THREADS} threads`,
      goal: { atLeast: 0.95 },
    }
    return [ratioFigure(goal, compare(rounds))]
  },
}
