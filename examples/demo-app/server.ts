import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { createDemoApp } from './app.ts'
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

const server = createServer(app.callback())
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
    server.close()
    server.closeAllConnections()
  })
}
