import type { Bench, Ground } from '../bench.ts'
import { compare, inTurn } from '../compare.ts'
import { type CrowdSize, employeeAt, memberAt } from '../crowd.ts'
import { type Figure, ratioFigure } from '../figure.ts'
import { CODE, PASSWORD } from '../people.ts'
import { createBrowser, signIn } from '../sign-in.ts'
import type { Site } from '../site.ts'
import { percentile } from '../statistics.ts'

/** One walk of somebody new to the bench; `turn` counts from 0. */
type Walk = (site: Site, size: CrowdSize, turn: number) => Promise<void>

/** The store that is called empty holds these alone: who is measured must be somebody. */
const FEW = 1000
/** Far from the last one in every table, and never the same again: no page of the store is warm by chance. */
const STRIDE = 7919

const BY_IDENTIFIER: Readonly<Record<string, Walk>> = {
  email: (site, { members }, turn) => signInBy(site, memberAt(spread(turn, members)).email),
  phone: (site, { members }, turn) => signInBy(site, memberAt(spread(turn, members)).phone),
  'user id': (site, { members }, turn) => signInBy(site, memberAt(spread(turn, members)).userId),
  'employee id': (site, { officers }, turn) => signInBy(site, employeeAt(spread(turn, officers)).employeeId),
}

/** Does it matter how many others there are? By every identifier, hashing off, so that the store is what shows. */
export const signInsOfCrowd: Bench = {
  name: 'identifiers',
  async measure(ground) {
    const sides = await startSides(ground)
    const figures: Figure[] = []
    for (const [identifier, walk] of Object.entries(BY_IDENTIFIER)) {
      figures.push(await compareWalks(`full sign-in by ${identifier}`, walk, sides, ground))
    }
    return figures
  },
}

/** The form of a restricted type, the code, the record looked at and claimed. */
export const signUpsOfCrowd: Bench = {
  name: 'register',
  async measure(ground) {
    const sides = await startSides(ground)
    return [await compareWalks('sign-up with the register', signUp, sides, ground)]
  },
}

interface Side {
  readonly site: Site
  readonly size: CrowdSize
}

async function startSides({ startLatchkey, pace }: Ground): Promise<{ large: Side; empty: Side }> {
  const { accounts, records } = pace.crowd
  // Half of the register is claimed; the other half may still sign up.
  const officers = Math.floor(records / 2)
  const largeSize = { members: accounts - officers, officers, records }
  const signUps = (pace.rounds + 1) * pace.crowdSignIns
  const emptySize = { members: FEW, officers: FEW, records: FEW + signUps }
  const large = { size: largeSize, site: await startLatchkey('off', { crowd: largeSize }) }
  const empty = { size: emptySize, site: await startLatchkey('off', { crowd: emptySize }) }
  return { large, empty }
}

async function compareWalks(
  what: string,
  walk: Walk,
  { large, empty }: { large: Side; empty: Side },
  { pace }: Ground,
): Promise<Figure> {
  const p95Of = (side: Side) => {
    let turn = 0
    return async () => {
      const times: number[] = []
      for (let walked = 0; walked < pace.crowdSignIns; walked++) {
        const began = performance.now()
        await walk(side.site, side.size, turn++)
        times.push(performance.now() - began)
      }
      await side.site.settle()
      return percentile(times, 0.95)
    }
  }
  const rounds = await inTurn({ ours: p95Of(large), baseline: p95Of(empty) }, pace.rounds)
  const count = (number: number) => number.toLocaleString('en').replaceAll(',', ' ')
  const { accounts, records } = pace.crowd
  const goal = {
    name: `${what}, p95, ${count(accounts)} accounts and ${count(records)} records, hashing off`,
    unit: 'ms',
    against: 'the empty store',
    goal: { atMost: 1.5 },
  }
  return ratioFigure(goal, compare(rounds))
}

function spread(turn: number, among: number): number {
  return (turn * STRIDE) % among
}

async function signInBy({ http }: Site, identifier: string): Promise<void> {
  await signIn(http, [{ identifier, password: PASSWORD }, { code: CODE }])
}

async function signUp({ http }: Site, { officers }: CrowdSize, turn: number): Promise<void> {
  const { employeeId, fullName, phone } = employeeAt(officers + turn)
  const userType = 'bench-officer'
  const browser = createBrowser(http)
  await browser.open(`/sign-up?userType=${userType}`)
  await browser.submit({ userType, phone, employeeId, 'field.fullName': fullName, password: PASSWORD })
  await browser.submit({ code: CODE })
  if (!browser.shows('done')) throw new Error(`${employeeId} was not signed up.`)
}
