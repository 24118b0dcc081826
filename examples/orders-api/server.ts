import { createServer } from 'node:http'
import { createGuard } from 'latchkey/guard'
import { createOrdersApi } from './app.ts'
import { readSettings } from './settings.ts'

const result = readSettings(process.env)
if (!result.ok) {
  process.stderr.write(`The orders API cannot start.\n${result.problems.join('\n')}\n`)
  process.exit(1)
}
const { issuer, audience, port } = result.settings

const guard = createGuard({
  issuer,
  audience,
  onProblem: ({ code, message }) => process.stderr.write(`${code}: ${message}\n`),
})

const server = createServer(createOrdersApi(guard).callback())
server.on('error', (error) => {
  process.stderr.write(`The orders API cannot listen on port ${port}: ${error.message}\n`)
  process.exit(1)
})
server.listen(port, '127.0.0.1', () => {
  process.stdout.write(`Orders API: http://localhost:${port}\n`)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    guard.close()
    server.close()
    server.closeAllConnections()
  })
}
