import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>

export interface DeadHandle {
  readonly h: string
  readonly until: number
}

/** What stands in one document of the feed, before it is signed. */
export interface FeedClaims extends JWTPayload {
  cursor?: number | string
  issuer?: string
  reset?: boolean
  dead?: readonly DeadHandle[]
}

/** How an issuer can go wrong; each is read anew for each request. */
export interface Misbehaviour {
  /** Changes what a document says, and is signed like a good one. */
  feed?: (claims: FeedClaims) => FeedClaims
  /** Signs with this key under the good `kid`. */
  signFeedWith?: KeyPair['privateKey']
  feedType?: string
  /** Answers this instead of a document. */
  rawFeed?: string
  feedStatus?: number
  /** Answers the same document for ever, as a cache would that was told to keep it. */
  replay?: string
  /** Says that nothing has changed, whether or not it was asked so. */
  unchanged?: 'when-asked' | 'always'
  /** Answers the head at once and the rest never. */
  hangingFeed?: boolean
  /** Answers this many bytes of nothing. */
  hugeFeed?: number
  streamStatus?: number
  cutStream?: boolean
  keysStatus?: number
  discovery?: (document: Record<string, unknown>) => Record<string, unknown>
  /** Seconds by which the issuer's clock is ahead of the test's. */
  clockAhead?: number
}

export interface FeedDouble {
  readonly issuer: string
  readonly audience: string
  /** The one issuer handle that is alive. */
  issuerHandle: string
  wrong: Misbehaviour
  /** Path and query of every request, in order. */
  readonly requests: readonly string[]
  countRequests(path: string): number
  /** How often it was answered that nothing has changed. */
  unchangedAnswers(): number
  /** The last document that was signed. */
  newestDocument(): string
  /** Tokens as Latchkey makes them; claims and header may be changed, `undefined` leaves one out. */
  makeToken(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>
  /** Lists a handle as dead and wakes whoever listens. */
  kill(handle: string, until?: number): void
  wake(): void
  /** Publishes a new key, and signs with it from now on. */
  rotateKey(kid: string): Promise<void>
  readonly publicJwk: JWK
  openStreams(): number
  cutStreams(): void
  close(): Promise<void>
}

export interface FeedDoubleOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number
  readonly audience?: string
}

/** An issuer with discovery, keys, tokens and a revocation feed (interface.md), on a port of its own. */
export async function startFeedDouble(options: FeedDoubleOptions = {}): Promise<FeedDouble> {
  const { now = Date.now, audience = 'https://orders.example/api' } = options
  const requests: string[] = []
  const streams = new Set<ServerResponse>()
  const keys: { kid: string; pair: KeyPair }[] = []
  /** The document of each cursor holds what was killed since. */
  const killed: { cursor: number; entry: DeadHandle }[] = []
  let cursor = 1
  let unchanged = 0
  let newest = ''
  let address = ''

  const double: FeedDouble = {
    get issuer() {
      return address
    },
    audience,
    issuerHandle: 'issuer-handle-1',
    wrong: {},
    requests,
    countRequests: (path) => requests.filter((one) => one.split('?')[0] === path).length,
    unchangedAnswers: () => unchanged,
    newestDocument: () => newest,
    async makeToken(claims = {}, header = {}) {
      const { kid, pair } = signingKey()
      const iat = seconds()
      const payload = {
        iss: address,
        sub: 'acc_ann',
        aud: audience,
        client_id: 'shop',
        iat,
        exp: iat + 900,
        jti: randomUUID(),
        scope: 'openid orders:read',
        roles: ['police'],
        latchkey_rv: [double.issuerHandle, 'token-1', 'account-1'],
        ...claims,
      }
      return new SignJWT(payload)
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid, ...header })
        .sign(pair.privateKey, { crit: { x: true } })
    },
    kill(handle, until = seconds() + 900) {
      cursor++
      killed.push({ cursor, entry: { h: handle, until } })
      double.wake()
    },
    wake() {
      for (const stream of streams) stream.write(`event: changed\ndata: ${cursor}\n\n`)
    },
    async rotateKey(kid) {
      keys.push({ kid, pair: await generateKeyPair('ES256', { extractable: true }) })
    },
    get publicJwk() {
      return published[0] ?? {}
    },
    openStreams: () => streams.size,
    cutStreams() {
      for (const stream of streams) stream.destroy()
    },
    async close() {
      double.cutStreams()
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }

  function seconds(): number {
    return Math.floor(now() / 1000) + (double.wrong.clockAhead ?? 0)
  }

  function signingKey() {
    const key = keys.at(-1)
    if (key === undefined) throw new Error('no key')
    return key
  }

  async function signDocument(since: string | null): Promise<string> {
    const known = since !== null && Number(since) <= cursor && Number(since) > 0
    const good: FeedClaims = {
      iss: address,
      aud: audience,
      iat: seconds(),
      exp: seconds() + 60,
      cursor,
      issuer: double.issuerHandle,
      reset: !known,
      dead: killed.filter((one) => !known || one.cursor > Number(since)).map(({ entry }) => entry),
    }
    const { kid, pair } = signingKey()
    const claims = double.wrong.feed?.(good) ?? good
    newest = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ: double.wrong.feedType ?? 'revocation-feed+jwt', kid })
      .sign(double.wrong.signFeedWith ?? pair.privateKey)
    return newest
  }

  async function answerFeed(url: URL, request: IncomingMessage, response: ServerResponse) {
    const { wrong } = double
    const asksForChange = request.headers['if-none-match'] !== undefined
    if (wrong.unchanged === 'always' || (wrong.unchanged === 'when-asked' && asksForChange))
      return answerUnchanged(response)
    if (wrong.feedStatus !== undefined) return response.writeHead(wrong.feedStatus).end()
    if (url.searchParams.get('aud') !== audience) return response.writeHead(404).end()
    response.setHeader('Content-Type', 'application/jwt')
    if (wrong.hangingFeed) return response.write('eyJ')
    if (wrong.hugeFeed !== undefined) return writeMuch(response, wrong.hugeFeed)
    const document = wrong.rawFeed ?? wrong.replay ?? (await signDocument(url.searchParams.get('since')))
    const etag = `"${createHash('sha256').update(document).digest('base64url')}"`
    response.setHeader('ETag', etag)
    if (request.headers['if-none-match'] === etag) return answerUnchanged(response)
    return response.end(document)
  }

  function answerUnchanged(response: ServerResponse) {
    unchanged++
    return response.writeHead(304).end()
  }

  function answerStream(response: ServerResponse) {
    if (double.wrong.streamStatus !== undefined) return response.writeHead(double.wrong.streamStatus).end()
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.write(': hello\n\n')
    if (double.wrong.cutStream) return response.destroy()
    streams.add(response)
    return response.on('close', () => streams.delete(response))
  }

  const published: JWK[] = []
  async function answer(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? '/', address)
    requests.push(url.pathname + url.search)
    response.setHeader('Date', new Date(seconds() * 1000).toUTCString())
    if (url.pathname === '/.well-known/openid-configuration') {
      const document = {
        issuer: address,
        jwks_uri: `${address}/jwks`,
        latchkey_revocation_feed: `${address}/revocation-feed`,
      }
      return response.end(JSON.stringify(double.wrong.discovery?.(document) ?? document))
    }
    if (url.pathname === '/jwks') {
      if (double.wrong.keysStatus !== undefined) return response.writeHead(double.wrong.keysStatus).end()
      return response.end(JSON.stringify({ keys: await publicKeys() }))
    }
    if (url.pathname === '/revocation-feed') return answerFeed(url, request, response)
    if (url.pathname === '/revocation-feed/stream') return answerStream(response)
    return response.writeHead(404).end()
  }

  async function publicKeys(): Promise<JWK[]> {
    return Promise.all(
      keys.map(async ({ kid, pair }) => ({
        ...(await exportJWK(pair.publicKey)),
        kid,
        use: 'sig',
        alg: 'ES256',
      })),
    )
  }

  await double.rotateKey('key-1')
  published.push(...(await publicKeys()))
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return double
}

function writeMuch(response: ServerResponse, bytes: number) {
  const chunk = Buffer.alloc(1024 * 1024, 'a')
  let left = bytes
  const write = () => {
    while (left > 0 && !response.destroyed) {
      left -= chunk.length
      if (!response.write(chunk)) return response.once('drain', write)
    }
    return response.end()
  }
  return write()
}
