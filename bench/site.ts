import { setTimeout as wait } from 'node:timers/promises'
import { createHttpClient, type HttpClient } from './http-client.ts'
import type { LatchkeyOptions } from './latchkey-server.ts'
import { CODE, emailOf, PASSWORD } from './people.ts'
import type { Tokens } from './relying-party.ts'
import { type ServerProcess, START_FLAGS, startServer } from './server-process.ts'
import { signIn } from './sign-in.ts'

/** A server under test, as its load sees it. */
export interface Site {
  readonly pid: number
  readonly url: string
  readonly http: HttpClient
  /** The next person's full sign-in, until the application has its tokens. Nobody signs in twice at a time. */
  signIn(): Promise<Tokens>
  /** Until every message of the load before is sent. */
  drain(): Promise<void>
  /** Until nothing goes on any more. */
  settle(): Promise<void>
  stop(): Promise<void>
}

/** Of so many people each signs in again only long after the last time. */
export const PEOPLE = 1000
const SETTLE_MS = 300
const LOOK_EVERY_MS = 20

export async function startLatchkey(
  options: Omit<LatchkeyOptions, 'people'>,
  nodeOptions: readonly string[],
): Promise<Site> {
  const flags = [...START_FLAGS, ...nodeOptions]
  const server = await startServer('latchkey-server.ts', { people: PEOPLE, ...options }, flags)
  return openSite(server, [{ code: CODE }], () => server.ask('waitingMessages'))
}

export async function startBareProvider(nodeOptions: readonly string[]): Promise<Site> {
  const server = await startServer('bare-provider.ts', { people: PEOPLE }, nodeOptions)
  return openSite(server, [], async () => 0)
}

function openSite(
  server: ServerProcess,
  later: readonly Readonly<Record<string, string>>[],
  waitingMessages: () => Promise<number>,
): Site {
  const http = createHttpClient(server.url)
  let next = 0

  async function drain(): Promise<void> {
    while ((await waitingMessages()) > 0) await wait(LOOK_EVERY_MS)
  }

  return {
    pid: server.pid,
    url: server.url,
    http,
    signIn() {
      const person = next++ % PEOPLE
      const first = { identifier: emailOf(person), password: PASSWORD }
      return signIn(http, [first, ...later])
    },
    drain,
    async settle() {
      await drain()
      await wait(SETTLE_MS)
    },
    async stop() {
      http.close()
      await server.stop()
    },
  }
}
