import type { Bench, Ground } from '../bench.ts'
import { compare, inTurn } from '../compare.ts'
import { ratioFigure } from '../figure.ts'
import { measureRate } from '../load.ts'
import { askForMachineToken, refresh } from '../relying-party.ts'
import type { Site } from '../site.ts'

const CONCURRENCY = 16
const LEAD_IN_SECONDS = 0.3
const AT_A_TIME = `${CONCURRENCY} at a time`
const TOKENS = { unit: 'requests/s', against: 'the bare library' } as const

export const clientCredentials: Bench = {
  name: 'client-credentials',
  async measure(ground) {
    const comparison = await compareTasks(
      ground,
      async ({ http }) =>
        () =>
          askForMachineToken(http),
    )
    const goal = { atLeast: 0.8 }
    return [ratioFigure({ name: `client_credentials, ${AT_A_TIME}`, ...TOKENS, goal }, comparison)]
  },
}

export const refreshes: Bench = {
  name: 'refresh',
  async measure(ground) {
    const comparison = await compareTasks(ground, startFamilies)
    const goal = { atLeast: 0.6 }
    return [ratioFigure({ name: `refresh with rotation, ${AT_A_TIME}`, ...TOKENS, goal }, comparison)]
  },
}

type PrepareTask = (site: Site) => Promise<(worker: number) => Promise<unknown>>

async function compareTasks({ startLatchkey, startBareProvider, pace }: Ground, prepare: PrepareTask) {
  const sideOf = async (site: Site) => {
    const task = await prepare(site)
    return async () => {
      await site.settle()
      return measureRate({ task, concurrency: CONCURRENCY }, LEAD_IN_SECONDS, pace.seconds)
    }
  }
  const ours = await sideOf(await startLatchkey('off'))
  const baseline = await sideOf(await startBareProvider())
  return compare(await inTurn({ ours, baseline }, pace.rounds))
}

/** Each worker has a family of its own, and uses the newest token of it. */
async function startFamilies(site: Site) {
  const newest: string[] = []
  for (let worker = 0; worker < CONCURRENCY; worker++) newest.push(await newFamily(site))
  return async (worker: number) => {
    newest[worker] = await refresh(site.http, newest[worker] ?? '')
  }
}

/** The first refresh token of a person. */
export async function newFamily(site: Site): Promise<string> {
  const { refresh_token: first } = await site.signIn()
  if (first === undefined) throw new Error('The sign-in gave no refresh token.')
  return first
}
