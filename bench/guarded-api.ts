/** An API that verifies offline, in a process of its own: what it answers is up to the guard alone. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createGuard } from 'latchkey/guard'
import { freePort } from './free-port.ts'
import { readOptions, serveParent } from './served.ts'

export interface ApiOptions {
  readonly issuer: string
}

const { issuer } = readOptions<ApiOptions>()
// Of an issuer that is killed now and then it has nothing to say that the bench would not know.
const guard = createGuard({ issuer, audience: `${issuer}/api`, onProblem: () => {} })
const verify = guard.express()
const server = createServer((request, response) => {
  void verify(request, response, (error) => {
    response.statusCode = error === undefined ? 200 : 500
    response.end('{}')
  })
})
const port = await freePort()
server.listen(port, '127.0.0.1')
await once(server, 'listening')
serveParent({}, async () => {
  guard.close()
  server.close()
  server.closeAllConnections()
})
process.send?.({ url: `http://localhost:${port}` })
