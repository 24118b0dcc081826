import {
  type MalformedRequests,
  malformedRequests,
  placeVisitors,
} from '../../tests/support/malformed-requests.ts'
import { rawRequest } from '../../tests/support/raw-request.ts'
import { type SeededChoice, seededChoice } from '../../tests/support/seeded-choice.ts'
import type { Bench } from '../bench.ts'
import { ceilingFigure } from '../figure.ts'
import { emailOf, PASSWORD } from '../people.ts'
import { residentMegabytes } from '../resident-memory.ts'
import type { Site } from '../site.ts'

/** Is there a request that costs more than it may? The corpus of the test of that name, one after another. */
export const malformed: Bench = {
  name: 'malformed',
  async measure({ startLatchkey, pace }) {
    const site = await startLatchkey('off')
    const person = { identifier: emailOf(0), password: PASSWORD, code: async () => '000000' }
    const requests = malformedRequests(await placeVisitors(site.url, person))
    const half = Math.floor(pace.malformedRequests / 2)

    // The first half also lets the process grow to its working size.
    const first = await slowestAnswer(site, requests, seededChoice(1), half)
    await site.settle()
    const before = residentMegabytes(site.pid)
    const second = await slowestAnswer(site, requests, seededChoice(2), half)
    await site.settle()
    const grown = Math.max(0, residentMegabytes(site.pid) - before)

    const count = (number: number) => number.toLocaleString('en').replaceAll(',', ' ')
    const slowest = {
      name: `slowest of ${count(2 * half)} malformed requests`,
      unit: 'ms',
      atMost: 500,
    } as const
    const growth = { name: `memory (RSS) grown over ${count(half)} of them`, unit: 'MB', atMost: 32 } as const
    return [ceilingFigure(slowest, Math.max(first, second)), ceilingFigure(growth, grown)]
  },
}

async function slowestAnswer(
  site: Site,
  requests: MalformedRequests,
  choice: SeededChoice,
  count: number,
): Promise<number> {
  let slowest = 0
  for (let sent = 0; sent < count; sent++) {
    const request = requests(choice)
    const began = performance.now()
    const { status } = await rawRequest(site.url, request)
    slowest = Math.max(slowest, performance.now() - began)
    if (status >= 500) throw new Error(`${request.method} ${request.target}: ${status}`)
  }
  return slowest
}
