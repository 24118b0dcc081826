/**
 * `npm run bench`: the figures that README claims, each against a baseline in the same run.
 *
 *   npm run bench                     all that are not named below, in about 8 minutes
 *   npm run bench -- no-oracle        40 minutes more: does the time of an answer say who is known?
 *   npm run bench -- identifiers      sign-in by each identifier among 1 000 000 accounts; minutes to fill the store
 *   npm run bench -- register         sign-up with the register, among as many
 *   npm run bench -- import           100 000 rows of employees
 *   npm run bench -- malformed        the slowest answer to requests that nobody would mean
 *   npm run bench -- delivery         how soon a code is with its provider
 *   npm run bench -- guard            a quarter of a minute: what the guard costs an API for each token
 *   npm run bench -- revocation       half a minute: how soon an offline API refuses what was revoked, and for how long
 *   npm run bench -- introspection    what it costs to ask about a token
 *   npm run bench -- queue            what its message costs a sign-in
 *   npm run bench -- feed             seconds: size and cost of the revocation feed with 10 000 handles listed
 *   npm run bench -- refresh memory   these
 *   npm run bench -- --quick          does everything run? Not to be quoted
 *   npm run bench -- --profile refresh   CPU profiles of the servers, in bench/data/profiles
 */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import type { Bench, Pace } from './bench.ts'
import { delivery } from './benches/delivery.ts'
import { documents } from './benches/documents.ts'
import { feedDocuments } from './benches/feed.ts'
import { guardVerify } from './benches/guard.ts'
import { importOfEmployees } from './benches/import.ts'
import { introspections } from './benches/introspection.ts'
import { latencyWhileHashing } from './benches/latency.ts'
import { malformed } from './benches/malformed.ts'
import { noOracle } from './benches/no-oracle.ts'
import { revocation } from './benches/revocation.ts'
import { queueInSignIns, signIns, signInsWithBcrypt } from './benches/sign-ins.ts'
import { coldStart, memory } from './benches/starts.ts'
import { clientCredentials, refreshes } from './benches/tokens.ts'
import { signInsOfCrowd, signUpsOfCrowd } from './benches/user-types.ts'
import { type Figure, lineOf, tableOf } from './figure.ts'
import { openGround } from './ground.ts'

const BENCHES: readonly Bench[] = [
  clientCredentials,
  refreshes,
  signIns,
  signInsWithBcrypt,
  latencyWhileHashing,
  documents,
  coldStart,
  memory,
]
/** Too long to be run unasked, or about what an API does, not the server. */
const ONLY_BY_NAME: readonly Bench[] = [
  noOracle,
  signInsOfCrowd,
  signUpsOfCrowd,
  importOfEmployees,
  malformed,
  guardVerify,
  feedDocuments,
  revocation,
  introspections,
  queueInSignIns,
  delivery,
]

const FULL: Pace = {
  rounds: 5,
  seconds: 2,
  signInSeconds: 3,
  hashingRounds: 3,
  hashingSeconds: 8,
  coldStarts: 5,
  signInsForMemory: 10_000,
  crowd: { accounts: 1_000_000, records: 100_000 },
  crowdSignIns: 100,
  importedRows: 100_000,
  malformedRequests: 6000,
  revocationSeconds: 10,
}
const QUICK: Pace = {
  rounds: 1,
  seconds: 0.5,
  signInSeconds: 0.5,
  hashingRounds: 1,
  hashingSeconds: 2,
  coldStarts: 1,
  signInsForMemory: 100,
  crowd: { accounts: 6000, records: 3000 },
  crowdSignIns: 5,
  importedRows: 1000,
  malformedRequests: 400,
  revocationSeconds: 2,
}

const { values: flags, positionals: names } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, profile: { type: 'boolean', default: false } },
  allowPositionals: true,
})
// An exit, unlike a death by signal, removes what was written.
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

const all = [...BENCHES, ...ONLY_BY_NAME]
const unknown = names.filter((name) => !all.some((bench) => bench.name === name))
if (unknown.length > 0) {
  print(`No bench ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}.`)
  process.exitCode = 1
} else {
  const figures: Figure[] = []
  for (const bench of names.length === 0 ? BENCHES : all.filter(({ name }) => names.includes(name))) {
    figures.push(...(await run(bench)))
  }
  print(`\n${machine()}${flags.quick ? ' Quick run: not to be quoted.' : ''}\n\n${tableOf(figures)}`)
}

async function run(bench: Bench): Promise<readonly Figure[]> {
  const ground = openGround(flags.quick ? QUICK : FULL, flags.profile)
  try {
    const figures = await bench.measure(ground)
    for (const figure of figures) print(lineOf(figure))
    return figures
  } finally {
    await ground.leave()
  }
}

function machine(): string {
  const [first] = cpus()
  return `${first?.model.trim()}, ${cpus().length} cores, Node ${process.versions.node}, SQLite on disk.`
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
