import type { AccountStore } from '../domain/accounts/index.ts'
import type { MessageStore } from '../domain/delivery/index.ts'
import type { DeviceStore } from '../domain/devices/index.ts'
import type { EmployeeStore } from '../domain/employees/index.ts'
import type { KeyStore } from '../domain/keys/index.ts'
import type { LimitStore } from '../domain/limits/index.ts'
import type { ChallengeStore } from '../domain/otp/index.ts'
import type { ProgressStore } from '../domain/progress/index.ts'
import type { RevocationStore } from '../domain/revocations/index.ts'
import { addSeconds } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { ArtifactStore, LogoutNoticeStore } from '../oidc/index.ts'
import { type RunEveryParts, runEvery, type Worker } from './run-every.ts'

/** The stores that hold what ends. */
export interface TidyStores {
  readonly accounts: Pick<AccountStore, 'tidy'>
  readonly artifacts: Pick<ArtifactStore, 'tidy'>
  readonly challenges: Pick<ChallengeStore, 'tidy'>
  readonly devices: Pick<DeviceStore, 'tidy'>
  readonly employees: Pick<EmployeeStore, 'tidy'>
  readonly keys: Pick<KeyStore, 'tidy'>
  readonly limits: Pick<LimitStore, 'tidy'>
  readonly logoutNotices: Pick<LogoutNoticeStore, 'tidy'>
  readonly messages: Pick<MessageStore, 'tidy'>
  readonly progress: Pick<ProgressStore, 'tidy'>
  readonly revocations: Pick<RevocationStore, 'tidy' | 'tidyDead'>
}

export interface TidyingParts extends Pick<RunEveryParts, 'leases' | 'holder' | 'clock'> {
  readonly stores: TidyStores
  readonly log: Pick<Log, 'debug' | 'error'>
}

const EVERY_MILLISECONDS = 60_000
/** Small, so that nobody who signs in waits for it. */
const BATCH = 200
/** What is left then is left for the next minute. */
const MOST_BATCHES = 50
const DAY_SECONDS = 86_400
/** Administrators see what became of a code this long; its MAC goes with the code's own end. */
const CHALLENGE_KEPT_SECONDS = 30 * DAY_SECONDS
/** Empty since it was sent; kept for questions about what was sent today. */
const MESSAGE_KEPT_SECONDS = DAY_SECONDS
/** What a client was told is not told again when the end of a session is followed up twice. */
const LOGOUT_NOTICE_KEPT_SECONDS = DAY_SECONDS

/**
 * Longer than any access token lives, so that no follower of the feed misses a death that still matters; and as long as
 * clients are told of an end, also when no server ran meanwhile.
 */
const DEAD_KEPT_SECONDS = DAY_SECONDS

/** Deletes what has ended, a little each minute. No promise hangs on it: what has expired is absent already. */
export function startTidying({ stores, ...parts }: TidyingParts): Worker {
  const { clock, log } = parts
  return runEvery({
    ...parts,
    name: 'tidying',
    everyMilliseconds: EVERY_MILLISECONDS,
    task: async (signal) => {
      const errors: unknown[] = []
      for (const [what, tidy] of Object.entries(tidiers(stores, clock.now()))) {
        try {
          const rows = await tidyInBatches(tidy, signal)
          if (rows > 0) log.debug({ what, rows }, 'tidied')
        } catch (error) {
          // The next store is tidied all the same.
          errors.push(error)
        }
      }
      if (errors.length > 0) throw new AggregateError(errors, 'not everything could be tidied')
    },
  })
}

type Tidy = (limit: number) => Promise<number>

function tidiers(stores: TidyStores, now: Date): Record<keyof TidyStores | 'dead', Tidy> {
  const ago = (seconds: number) => addSeconds(now, -seconds)
  return {
    accounts: (limit) => stores.accounts.tidy(now, limit),
    artifacts: (limit) => stores.artifacts.tidy(now, limit),
    challenges: (limit) => stores.challenges.tidy(now, ago(CHALLENGE_KEPT_SECONDS), limit),
    dead: (limit) => stores.revocations.tidyDead(ago(DEAD_KEPT_SECONDS), limit),
    devices: (limit) => stores.devices.tidy(now, limit),
    employees: (limit) => stores.employees.tidy(now, limit),
    keys: (limit) => stores.keys.tidy(now, limit),
    limits: (limit) => stores.limits.tidy(now, limit),
    logoutNotices: (limit) => stores.logoutNotices.tidy(ago(LOGOUT_NOTICE_KEPT_SECONDS), limit),
    messages: (limit) => stores.messages.tidy(ago(MESSAGE_KEPT_SECONDS), limit),
    progress: (limit) => stores.progress.tidy(now, limit),
    revocations: (limit) => stores.revocations.tidy(now, limit),
  }
}

async function tidyInBatches(tidy: Tidy, signal: AbortSignal): Promise<number> {
  let rows = 0
  for (let batch = 0; batch < MOST_BATCHES && !signal.aborted; batch += 1) {
    const tidied = await tidy(BATCH)
    rows += tidied
    if (tidied < BATCH) break
  }
  return rows
}
