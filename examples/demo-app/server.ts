import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { createGuard } from 'latchkey/guard'
import { createOrdersApi } from '../orders-api/app.ts'
import { createDemoApp } from './app.ts'
import { ordersBeside } from './beside.ts'
import { readSettings } from './settings.ts'

const result = readSettings(process.env)
if (!result.ok) {
  process.stderr.write(`The demo application cannot start.\n${result.problems.join('\n')}\n`)
  process.exit(1)
}
const { settings } = result

const app = createDemoApp({
  settings,
  now: () => new Date(),
  newSecret: () => randomBytes(32).toString('base64url'),
  retryAfterMs: [200, 500, 1000],
})

const guard = createGuard({
  issuer: settings.issuer.href.replace(/\/$/, ''),
  audience: settings.audience,
  // A provider that is not up yet, or has no feed, is no fault of the demo: the page shows what the API answers.
  onProblem: () => {},
})
const server = createServer(ordersBeside(app.callback(), createOrdersApi(guard).callback()))
server.on('error', (error) => {
  process.stderr.write(`The demo application cannot listen on port ${settings.port}: ${error.message}\n`)
  process.exit(1)
})
// Loopback only: it shows tokens.
server.listen(settings.port, '127.0.0.1', () => {
  process.stdout.write(`Demo application: ${settings.baseUrl.origin}\n`)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    guard.close()
    server.close()
    server.closeAllConnections()
  })
}
