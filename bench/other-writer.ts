/** A process beside the one that is measured: it makes one small change after another, and knows how long each took. */
import { systemClock } from '../src/lib/clock.ts'
import { newId, systemRandom } from '../src/lib/ids.ts'
import { openStorage } from '../src/storage/index.ts'
import { readOptions, serveParent } from './served.ts'
import { percentile } from './statistics.ts'

export interface OtherWriterOptions {
  /** Of the store, which is there already. */
  readonly file: string
}

const { file } = readOptions<OtherWriterOptions>()
const storage = await openStorage({ driver: 'sqlite', file }, { clock: systemClock })
const times: number[] = []
let goesOn = true
const writing = writeOn()
serveParent(
  { p99: async () => percentile(times, 0.99), longest: async () => percentile(times, 1) },
  async () => {
    goesOn = false
    await writing
    await storage.close()
  },
)
process.send?.({ url: `file:${file}` })

async function writeOn(): Promise<void> {
  while (goesOn) {
    const began = performance.now()
    await storage.audit.append([aRecord()])
    times.push(performance.now() - began)
  }
}

/** Of the size of one that a sign-in writes. */
function aRecord() {
  return {
    id: newId('aud', systemRandom),
    at: systemClock.now(),
    event: 'sign-in.password-accepted',
    outcome: 'success',
    subjectId: null,
    clientId: null,
    traceId: '0'.repeat(32),
    body: JSON.stringify({ details: 'x'.repeat(400) }),
    personal: null,
    personKeyId: null,
  } as const
}
