import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a register of an organisation answers to one request. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void

export interface RegisterService {
  readonly url: string
  /** Path and bearer of each request so far. */
  readonly asked: readonly { readonly path: string; readonly authorization: string | undefined }[]
  /** How it answers from now on. */
  answer(how: Answer): void
  close(): Promise<void>
}

export const json =
  (body: unknown, status = 200): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }

export const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): Answer =>
  (_request, response) => {
    response.writeHead(code, headers).end('{"no":"record"}')
  }

/** A register of employees as an organisation runs it: a real server on this machine. It knows nobody at first. */
export async function startRegisterService(): Promise<RegisterService> {
  const asked: { path: string; authorization: string | undefined }[] = []
  let how: Answer = status(404)
  const server = createServer((request, response) => {
    asked.push({ path: request.url ?? '', authorization: request.headers.authorization })
    how(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/employees`,
    asked,
    answer(next) {
      how = next
    },
    async close() {
      server.close()
      server.closeAllConnections()
      if (server.listening) await once(server, 'close')
    },
  }
}
