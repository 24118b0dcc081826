import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { addAccount } from '../support/add-account.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import {
  MALFORMED_PATHS,
  type MalformedRequests,
  malformedRequests,
  placeVisitors,
} from '../support/malformed-requests.ts'
import { codeFor, GOOD_PASSWORD } from '../support/people.ts'
import { rawRequest } from '../support/raw-request.ts'
import { type SeededChoice, seededChoice } from '../support/seeded-choice.ts'

const REQUESTS = 3000
const ANN = 'ann@example.org'
const AT_ONCE = 20
const MAY_GROW_BYTES = 16 * 1024 * 1024
/** Providers that report, so that their callbacks are there; no message goes to them. */
const CALLBACKS = {
  LATCHKEY_SMS_PROVIDERS: 'outbox,twilio',
  LATCHKEY_TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  LATCHKEY_TWILIO_AUTH_TOKEN: 'token',
  LATCHKEY_TWILIO_FROM: '+15005550006',
  LATCHKEY_TWILIO_API_URL: 'http://localhost:9',
  LATCHKEY_EMAIL_PROVIDERS: 'outbox,resend',
  LATCHKEY_EMAIL_FROM: 'codes@example.org',
  LATCHKEY_RESEND_API_KEY: 're_key',
  LATCHKEY_RESEND_API_URL: 'http://localhost:9',
  LATCHKEY_RESEND_WEBHOOK_SECRET: `whsec_${Buffer.alloc(24, 7).toString('base64')}`,
}

let node: FastNode
let malformed: MalformedRequests

beforeAll(async () => {
  node = await startFastNode({ env: CALLBACKS })
  await addAccount(node, { email: ANN })
  const ann = { identifier: ANN, password: GOOD_PASSWORD, code: () => codeFor(node.url, ANN) }
  malformed = malformedRequests(await placeVisitors(node.url, ann))
})

afterAll(() => node.stop())

it('has every route of every journey in its corpus', () => {
  const parameters = /:[a-zA-Z]+/g
  const known = MALFORMED_PATHS.map((path) => path.replace('/interaction/:uid', ''))
  const missing = routesInSource().filter(
    (route) => !known.some((path) => new RegExp(`${route.replace(parameters, '[^/]+')}$`).test(path)),
  )
  expect(missing).toEqual([])
})

/** The addresses that routers are made with, as they stand in the source: of each the part that its router names. */
function routesInSource(): string[] {
  const journeys = join(import.meta.dirname, '../../src/journeys')
  const files = readdirSync(journeys, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.ts$/.test(file),
  )
  const routes = files.flatMap((file) => {
    const source = readFileSync(join(journeys, file), 'utf8')
    const made = source.indexOf('new Router(')
    return made < 0
      ? []
      : [...source.slice(made).matchAll(/\.(?:get|post)\('(\/[^']+)'/g)].map(([, path]) => path)
  })
  expect(routes.length).toBeGreaterThan(50)
  return routes.filter((route) => route !== undefined)
}

describe(`${REQUESTS} malformed requests over every route`, () => {
  it('are each answered with less than 500 and a trace id, and leave the memory flat', async () => {
    await sendAll(seededChoice(1))
    const before = heapUsed()
    const bad = await sendAll(seededChoice(2))
    const grown = heapUsed() - before
    expect(bad).toEqual([])
    expect(grown).toBeLessThan(MAY_GROW_BYTES)
    expect((await rawRequest(node.url, { target: '/health/ready' })).status).toBe(200)
    // Three thousand requests take their time where other work runs beside them.
  }, 120_000)
})

/** Sends half of the requests; answers those that were answered badly. */
async function sendAll(choice: SeededChoice): Promise<object[]> {
  const bad: object[] = []
  for (let sent = 0; sent < REQUESTS / 2; sent += AT_ONCE) {
    const requests = Array.from({ length: AT_ONCE }, () => malformed(choice))
    const answers = await Promise.all(requests.map((one) => rawRequest(node.url, one)))
    answers.forEach(({ status, headers }, index) => {
      // 400 and 431 without a trace come from the HTTP parser, which never makes a request of them.
      const traced = headers['traceparent'] !== undefined || status === 400 || status === 431
      if (status < 200 || status >= 500 || !traced) bad.push({ status, ...requests[index] })
    })
  }
  return bad
}

/** Of this process, in which the node runs, after everything was collected that can be. */
function heapUsed(): number {
  setFlagsFromString('--expose_gc')
  const gc: unknown = runInNewContext('gc')
  if (typeof gc === 'function') gc()
  return process.memoryUsage().heapUsed
}
