import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Bench } from '../bench.ts'
import { ceilingFigure } from '../figure.ts'
import { startLoad } from '../load.ts'
import { emailOf, PASSWORD } from '../people.ts'
import { newAuthorizationRequest } from '../relying-party.ts'
import { createBrowser } from '../sign-in.ts'
import { PEOPLE } from '../site.ts'
import { percentile } from '../statistics.ts'

const CONCURRENCY = 20

/** How long from the post of a password to the request at the provider: the person waits for it. */
export const delivery: Bench = {
  name: 'delivery',
  async measure({ startLatchkey, pace }) {
    const provider = await startProvider()
    const site = await startLatchkey('off', { resendUrl: provider.url })
    const took: number[] = []
    let next = 0

    async function askForCode(): Promise<void> {
      const email = emailOf(next++ % PEOPLE)
      const browser = createBrowser(site.http)
      await browser.open(newAuthorizationRequest().path)
      const arrived = provider.next(email)
      const began = performance.now()
      await browser.submit({ identifier: email, password: PASSWORD })
      took.push((await arrived) - began)
    }

    await askForCode()
    took.length = 0
    const load = startLoad({ task: askForCode, concurrency: CONCURRENCY })
    await load.for(pace.signInSeconds)
    await load.stop()
    provider.close()
    const name = `p99 from the post of a password to the provider's request, ${CONCURRENCY} at a time, hashing off`
    return [ceilingFigure({ name, unit: 'ms', atMost: 500 }, percentile(took, 0.99))]
  },
}

/** Resend as far as it is asked here; tells when a mail to somebody has come. */
async function startProvider() {
  const waiting = new Map<string, (at: number) => void>()
  const server = createServer(async (request, response) => {
    const at = performance.now()
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { to } = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"email"}')
    waiting.get(to)?.(at)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    next: (to: string) => new Promise<number>((resolve) => waiting.set(to, resolve)),
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
