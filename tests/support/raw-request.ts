import { connect } from 'node:net'

/** An answer as it stood on the wire. */
export interface RawAnswer {
  readonly status: number
  /** Lower-case names; the values of a repeated header with commas between. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

export interface RawRequest {
  readonly method?: string
  /** The request target just as it is sent, checked by nobody. */
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent with its length, unless `headers` says otherwise. */
  readonly body?: string | Uint8Array
}

const PATIENCE_MS = 10_000
const STREAM = /^content-type: text\/event-stream/im

/** Sends what no client would: bytes to a socket, and reads until the node ends the connection. */
export async function rawRequest(node: string, request: RawRequest): Promise<RawAnswer> {
  const { host, hostname, port } = new URL(node)
  const { method = 'GET', target, headers = {}, body } = request
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(body)
  const length =
    body === undefined || 'Transfer-Encoding' in headers ? {} : { 'Content-Length': bytes.length }
  const fields = Object.entries({ Host: host, Connection: 'close', ...length, ...headers })
  const head = [`${method} ${target} HTTP/1.1`, ...fields.map(([name, value]) => `${name}: ${value}`), '', '']

  const socket = connect(Number(port), hostname)
  const received: Buffer[] = []
  socket.on('data', (chunk) => {
    received.push(chunk)
    // A stream has no end: that it began is the answer.
    if (received.length === 1 && STREAM.test(chunk.toString('latin1'))) socket.destroy()
  })
  // A node may answer and hang up before it has read everything: what it said until then is the answer.
  socket.on('error', () => {})
  socket.setTimeout(PATIENCE_MS, () => socket.destroy())
  socket.write(Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), bytes]))
  // Not by `once` of node:events, which rejects at an error.
  await new Promise((resolve) => socket.once('close', resolve))
  return readAnswer(Buffer.concat(received).toString('utf8'))
}

/** A body in chunks, which does not say its length beforehand. */
export function inChunks(body: string, size = 8192): string {
  const chunks = body.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
  return `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`
}

function readAnswer(answer: string): RawAnswer {
  const [head = '', ...rest] = answer.split('\r\n\r\n')
  const [status = '', ...lines] = head.split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  return {
    status: Number(status.split(' ')[1] ?? 0),
    headers,
    text: rest.join('\r\n\r\n'),
  }
}
