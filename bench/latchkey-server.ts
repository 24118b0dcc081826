/**
 * The process under test: a whole node, as main starts it, with its log, its workers and its store on disk.
 * Three things differ. People have accounts already. Every code is 000000, so that nobody must ask for it: it is
 * queued, sealed, worded and sent all the same. And budgets for sending are out of the way, a second code among
 * them.
 */
import { createHash } from 'node:crypto'
import { createPasswords, type Hasher } from '../src/domain/passwords/index.ts'
import { systemClock } from '../src/lib/clock.ts'
import { type Random, systemRandom } from '../src/lib/ids.ts'
import { createLog } from '../src/lib/log.ts'
import { openData } from '../src/open-data.ts'
import { serve } from '../src/serve.ts'
import { readSettings, type Settings, systemIo } from '../src/settings/index.ts'
import { openStorage } from '../src/storage/index.ts'
import { CROWD_TYPES, type CrowdSize } from './crowd.ts'
import { fillCrowd, openAll } from './fill-store.ts'
import { freePort } from './free-port.ts'
import { BCRYPT_COST, createHasher, HASHING_THREADS } from './hasher.ts'
import { disabledEmailOf, emailOf, PASSWORD } from './people.ts'
import { readOptions, serveParent } from './served.ts'
import { openDataWithoutMessages } from './without-messages.ts'

export interface LatchkeyOptions {
  readonly dataDir: string
  /** How many people have an account. */
  readonly people: number
  readonly hashing: 'bcrypt' | 'off'
  /** How many more have one that is disabled. */
  readonly disabled?: number
  /** Types, people and a register beside them. */
  readonly crowd?: CrowdSize
  /** Email goes to Resend, which is asked here; without it, into the outbox. */
  readonly resendUrl?: string
  /** `off`: no message is queued, and so none is sent; everything else of a sign-in goes on. */
  readonly messages?: 'off'
  /** Of one of several nodes on the same data. */
  readonly place?: { readonly port: number; readonly issuer: string }
}

const PLENTY = 1_000_000_000
/** Of bcrypt. */
const CHEAPEST_COST = 4
/** What is drawn from for a digit of a code. */
const DIGITS = 10

const options = readOptions<LatchkeyOptions>()
const { dataDir, people, hashing, disabled = 0, crowd, resendUrl, messages, place } = options
const port = place?.port ?? (await freePort())
const settings = withCrowd(
  withoutBudgets(
    readSettings(
      {
        LATCHKEY_PORT: String(port),
        LATCHKEY_DEMO_PORT: 'off',
        LATCHKEY_DATA_DIR: dataDir,
        ...(place === undefined ? {} : { LATCHKEY_ISSUER: place.issuer }),
        ...(resendUrl === undefined ? {} : byResend(resendUrl)),
      },
      systemIo,
    ),
  ),
)
const bcrypt = createHasher()
const hasher = hashing === 'bcrypt' ? bcrypt : await withoutHashing()
const random: Random = {
  bytes: systemRandom.bytes,
  below: (limit) => (limit === DIGITS ? 0 : systemRandom.below(limit)),
}

await openAccounts()
const serving = await serve({
  ...{ settings, log: await createLog(settings.log), hasher, random },
  ...(messages === 'off' && { openData: openDataWithoutMessages }),
})
serveParent({ waitingMessages }, serving.stop)
process.send?.({ url: `http://localhost:${port}` })

/** Everything of a password but its slow hash. The threads stand by idle: their memory is the node's. */
async function withoutHashing(): Promise<Hasher> {
  await Promise.all(Array.from({ length: HASHING_THREADS }, () => bcrypt.hash('', CHEAPEST_COST)))
  const digest = (input: string) => createHash('sha256').update(input).digest('base64url')
  return {
    ...bcrypt,
    hash: async (input) => digest(input),
    compare: async (input, hash) => digest(input) === hash,
  }
}

function byResend(url: string) {
  return {
    LATCHKEY_EMAIL_PROVIDERS: 'resend',
    LATCHKEY_RESEND_API_KEY: 're_bench',
    LATCHKEY_RESEND_API_URL: url,
    LATCHKEY_EMAIL_FROM: 'codes@example.org',
  }
}

function withoutBudgets(read: Settings): Settings {
  const limits = JSON.parse(JSON.stringify(read.limits), (name, value) =>
    typeof value === 'number' && /(^p|P)er[A-Z]/.test(name) ? PLENTY : value,
  ) as Settings['limits']
  const send = { ...limits.send, resendSeconds: 1 }
  const userTypes = read.userTypes.map((type) => ({ ...type, otp: { ...type.otp, resendSeconds: 1 } }))
  return { ...read, limits: { ...limits, send }, userTypes }
}

function withCrowd(read: Settings): Settings {
  return crowd === undefined ? read : { ...read, userTypes: [...read.userTypes, ...CROWD_TYPES] }
}

/** All with one password, hashed once. */
async function openAccounts(): Promise<void> {
  const data = await openData(settings, systemClock, systemRandom)
  const { storage, keys } = data
  const passwords = createPasswords({ peppers: keys.dataKeys('pepper'), cost: BCRYPT_COST, hasher })
  const passwordHash = await passwords.hash(PASSWORD)
  const verifiedAt = systemClock.now()
  const byEmail = (value: string) => ({ email: { value, verifiedAt }, phone: null, passwordHash })
  await openAll(data, 'user', people, (place) => byEmail(emailOf(place)))
  await openAll(data, 'user', disabled, (place) => ({
    ...byEmail(disabledEmailOf(place)),
    status: 'disabled',
  }))
  if (crowd !== undefined) await fillCrowd(data, crowd, passwordHash)
  await storage.close()
}

async function waitingMessages(): Promise<number> {
  const storage = await openStorage(settings.storage, { clock: systemClock })
  const waiting = await storage.messages.countWaiting(systemClock.now())
  await storage.close()
  return waiting
}
