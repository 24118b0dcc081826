import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { Clock } from '../../src/lib/clock.ts'

/** What a question about the feed was answered. */
export interface FeedAnswer {
  readonly status: number
  readonly body: string
}

/** `ask` is the issuer itself, by whatever query. */
export type Tampering = (
  query: URLSearchParams,
  ask: (query: URLSearchParams) => Promise<FeedAnswer>,
) => FeedAnswer | Promise<FeedAnswer>

/** Stands between an API and its issuer, hands everything on, and can do to the feed what somebody on the way could. */
export interface FeedProxy {
  /** The issuer, as the API knows it. */
  readonly url: string
  /** The documents that were handed on, oldest first. */
  readonly documents: readonly string[]
  /** From now on; null hands on what comes. */
  tamper(how: Tampering | null): void
  stop(): Promise<void>
}

export interface FeedProxyParts {
  readonly port: number
  /** Where the issuer really listens, once it does. */
  readonly node: () => string
  /** That of the issuer: its answers say what time it is. */
  readonly clock: Clock
}

export async function startFeedProxy({ port, node, clock }: FeedProxyParts): Promise<FeedProxy> {
  const url = `http://localhost:${port}`
  const documents: string[] = []
  const honest: Tampering = (query, ask) => ask(query)
  let tampering = honest

  const ask = async (query: URLSearchParams): Promise<FeedAnswer> => {
    const answer = await fetch(`${node()}/revocation-feed?${query}`)
    return { status: answer.status, body: await answer.text() }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, search, searchParams } = new URL(request.url ?? '/', url)
    response.setHeader('Date', clock.now().toUTCString())
    if (pathname !== '/revocation-feed') return handOn(pathname + search, response)
    const { status, body } = await tampering(searchParams, ask)
    if (tampering === honest) documents.push(body)
    response.writeHead(status).end(body)
  }

  /** Discovery, keys, and the stream that wakes; an API asks for nothing else. */
  async function handOn(path: string, response: ServerResponse): Promise<void> {
    const leaving = new AbortController()
    response.on('close', () => leaving.abort())
    const { status, headers, body } = await fetch(node() + path, { signal: leaving.signal })
    response.writeHead(status, { 'Content-Type': headers.get('content-type') ?? '' })
    if (body === null) response.end()
    else
      Readable.fromWeb(body)
        .on('error', () => response.destroy())
        .pipe(response)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  }).listen(port, 'localhost')
  await once(server, 'listening')
  return {
    url,
    documents,
    tamper(how) {
      tampering = how ?? honest
    },
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
