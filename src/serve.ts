import { createServer, type Server } from 'node:http'
import { availableParallelism } from 'node:os'
import { createApp } from './app.ts'
import { createMetricsServer } from './composition/index.ts'
import { systemOrigin } from './domain/audit/index.ts'
import type { Senders } from './domain/delivery/index.ts'
import type { KeySchedule } from './domain/keys/index.ts'
import { createBcryptHasher, type Hasher } from './domain/passwords/index.ts'
import { answerUnreadable } from './http/unreadable-requests.ts'
import { type Clock, systemClock } from './lib/clock.ts'
import { StartRefused } from './lib/errors.ts'
import { newId, type Random, systemRandom } from './lib/ids.ts'
import type { Log } from './lib/log.ts'
import { createMetrics } from './lib/metrics.ts'
import { openData } from './open-data.ts'
import type { Settings } from './settings/index.ts'
import {
  rewrapRecord,
  startAuditSealer,
  startSigningKeys,
  startSpareMemory,
  startTidying,
} from './workers/index.ts'

export interface ServeParts {
  readonly settings: Settings
  readonly log: Log
  readonly clock?: Clock
  readonly random?: Random
  /** Another hasher than bcrypt: a bench measures everything else with it. */
  readonly hasher?: Hasher
  /** Another way to the data: a bench leaves a part of it out. */
  readonly openData?: typeof openData
  /** Other senders than the settings name: a test has several of one kind. */
  readonly senders?: Senders
  /** Faster ones than in real life: a test does not wait for an hour. */
  readonly keySchedule?: KeySchedule & { readonly followEveryMilliseconds: number }
}

export interface Serving {
  readonly issuer: string
  /** The secret of a setup link, in development while there is no owner. */
  readonly setupSecret: string | null
  /** Stops accepting, finishes what runs, closes the store. */
  stop(): Promise<void>
}

/** How many passwords may wait to be hashed, for each thread that hashes: about 6 s of work. */
const WAITING_PER_THREAD = 24
/** Of these one network may have so many once half are taken. */
const WAITING_PER_CALLER = 2
/** A thread that hashes ends when nobody has signed in for so long. */
const REST_AFTER_MS = 60_000
/** What runs when the process is told to stop may take so long. */
const FINISH_WITHIN_MS = 10_000

/** A whole node: data, application, workers, listening. */
export async function serve(parts: ServeParts): Promise<Serving> {
  const { settings, log, clock = systemClock, random = systemRandom } = parts
  const open = parts.openData ?? openData
  const data = await open(settings, clock, random, parts.keySchedule)
  const { storage, keys, audit } = data
  await keys.rewrap(rewrapRecord(audit, systemOrigin('start', null, random)))
  const threads = availableParallelism()
  const waiting = threads * WAITING_PER_THREAD
  const hasher =
    parts.hasher ??
    createBcryptHasher({
      threads,
      waiting,
      waitingPerCaller: WAITING_PER_CALLER,
      restAfterMs: REST_AFTER_MS,
    })
  const holder = newId('prc', random)
  const metrics = await createMetrics()
  const { senders } = parts
  const app = await createApp({
    ...data,
    settings,
    hasher,
    clock,
    random,
    log,
    metrics,
    processId: holder,
    ...(senders === undefined ? {} : { senders }),
  })
  const sealer = startAuditSealer({
    store: storage.audit,
    keys: keys.dataKeys('audit'),
    leases: storage.leases,
    holder,
    clock,
    log,
  })
  const tidying = startTidying({ stores: storage, leases: storage.leases, holder, clock, log })
  const signingKeys = startSigningKeys({
    keys,
    audit,
    leases: storage.leases,
    holder,
    clock,
    random,
    log,
    followEveryMilliseconds: parts.keySchedule?.followEveryMilliseconds,
  })

  let requests = 0
  const server = createServer((request, response) => {
    if (!request.url?.startsWith('/health/')) requests += 1
    app.listener(request, response)
  })
  const spareMemory = startSpareMemory({ requests: () => requests, log })
  answerUnreadable(server, random)
  await listen(server, settings.listen)
  const figures = createMetricsServer(metrics, log)
  const { metricsPort } = settings
  if (metricsPort !== null)
    await listen(figures, { host: '127.0.0.1', port: metricsPort }, 'LATCHKEY_METRICS_PORT')
  const setupSecret = await setupSecretFor(settings)

  return {
    issuer: settings.issuer,
    setupSecret,
    async stop() {
      spareMemory.stop()
      app.endStreams()
      await close(server)
      if (figures.listening) await close(figures)
      await app.stop()
      await sealer.stop()
      await tidying.stop()
      await signingKeys.stop()
      await storage.close()
      metrics.close()
      log.flush()
    },
  }

  async function setupSecretFor({ mode }: Settings) {
    if (mode === 'production') return null
    const entry = await audit.entry({
      ...systemOrigin('start', null, random),
      event: 'setup.link-made',
      outcome: 'success',
    })
    return app.setupLinks.issue([entry])
  }
}

async function listen(
  server: Server,
  { host, port }: Settings['listen'],
  variable = 'LATCHKEY_PORT',
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'another process listens there already' : String(cause.code)
      reject(
        new StartRefused(`${variable}: cannot listen on ${host}:${port}, ${why}; write another`, { cause }),
      )
    })
    server.listen(port, host, resolve)
  })
}

/** New connections are refused at once; requests at work may finish. */
async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const late = setTimeout(() => server.closeAllConnections(), FINISH_WITHIN_MS)
  await closed
  clearTimeout(late)
}
