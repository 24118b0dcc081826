import type { Bench } from '../bench.ts'
import { compare, inTurn } from '../compare.ts'
import { ratioFigure } from '../figure.ts'
import { measureRate } from '../load.ts'
import {
  APPLICATION,
  askForMachineToken,
  askForOpaqueToken,
  introspect,
  MACHINE,
  OPAQUE_API,
} from '../relying-party.ts'
import type { Site } from '../site.ts'
import { newFamily } from './tokens.ts'

const CONCURRENCY = 16
const LEAD_IN_SECONDS = 0.3
/** The bare library remembers a thousand things of each kind. */
const TOKENS = 100

type Ask = (site: Site) => Promise<() => Promise<void>>

/**
 * What it costs to ask about a token. Ours is a JWT: its signature is checked, and whether anything that it hangs on
 * is dead is looked up on disk; the bare library finds its opaque one in memory. A refresh token is opaque to both.
 */
export const introspections: Bench = {
  name: 'introspection',
  async measure({ startLatchkey, startBareProvider, pace }) {
    const ours = await startLatchkey('off')
    const baseline = await startBareProvider()

    async function figureOf(name: string, against: string, askUs: Ask, askThem: Ask) {
      const rateOf = (task: () => Promise<void>) => () =>
        measureRate({ task, concurrency: CONCURRENCY }, LEAD_IN_SECONDS, pace.seconds)
      const sides = { ours: rateOf(await askUs(ours)), baseline: rateOf(await askThem(baseline)) }
      const goal = { name, unit: 'requests/s', against, goal: { atLeast: 0.5 } }
      return ratioFigure(goal, compare(await inTurn(sides, pace.rounds)))
    }

    return [
      await figureOf(
        `introspection of an access token (JWT), ${CONCURRENCY} at a time`,
        'the bare library, opaque token',
        askAboutMachines(({ http }) => askForMachineToken(http)),
        askAboutMachines(({ http, url }) => askForOpaqueToken(http, url + OPAQUE_API)),
      ),
      await figureOf(
        `introspection of a refresh token, ${CONCURRENCY} at a time`,
        'the bare library',
        askAboutFamily,
        askAboutFamily,
      ),
    ]
  },
}

function askAboutMachines(newToken: (site: Site) => Promise<string>): Ask {
  return async (site) => {
    const tokens: string[] = []
    while (tokens.length < TOKENS) tokens.push(await newToken(site))
    let next = 0
    return () => introspect(site.http, MACHINE, tokens[next++ % TOKENS] ?? '')
  }
}

async function askAboutFamily(site: Site) {
  const token = await newFamily(site)
  return () => introspect(site.http, APPLICATION, token)
}
