import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** One request as it came in. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** How one request is answered. */
export type Answer = (response: ServerResponse, asked: Asked, socket: Socket) => void

export const answerWith =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) => {
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(typeof body === 'string' ? body : JSON.stringify(body))
  }

/** The connection breaks after the request was read. */
export const reset: Answer = (_response, _asked, socket) => void socket.resetAndDestroy()

/** Takes the request and says nothing, ever. */
export const hang: Answer = () => {}

/** One byte a tenth of a second. */
export const drip: Answer = (response) => {
  response.writeHead(201, { 'content-type': 'application/json' })
  const timer = setInterval(() => response.write('{'), 100)
  response.on('close', () => clearInterval(timer))
}

export interface HttpDouble {
  readonly url: string
  readonly port: number
  readonly asked: readonly Asked[]
  /** Answers in turn for the next requests; then as ever. */
  next(...answers: readonly Answer[]): void
  /** How all are answered from now on. */
  always(answer: Answer): void
  /** Breaks every connection and takes no more. */
  die(): Promise<void>
}

/** A provider's HTTP API on this machine: a real server that answers as it is told. */
export async function startHttpDouble(usual: Answer): Promise<HttpDouble> {
  const asked: Asked[] = []
  const queue: Answer[] = []
  let answer = usual
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('error', () => {})
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      const { method = '', url = '', headers } = request
      const one = { method, path: url, headers, body }
      asked.push(one)
      const how = queue.shift() ?? answer
      how(response, one, request.socket)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    next: (...answers) => void queue.push(...answers),
    always(how) {
      answer = how
    },
    async die() {
      if (!server.listening) return
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
