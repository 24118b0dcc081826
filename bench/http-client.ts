import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  /** Value of a header by its name in lower case; null when there is none. */
  header(name: string): string | null
  readonly cookies: readonly string[]
  readonly body: string
}

export interface Ask {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  /** Posted as application/x-www-form-urlencoded. */
  readonly form?: Readonly<Record<string, string>>
}

export interface HttpClient {
  send(path: string, ask?: Ask): Promise<Answer>
  close(): void
}

interface Connection {
  readonly isOpen: boolean
  send(request: string): Promise<Answer>
  close(): void
}

/** The servers close a connection that nobody uses for 5 s; none is used again that may be closed meanwhile. */
const LONGEST_IDLE_MS = 2000

/**
 * Requests to one server over connections that stay open, as many as there are requests at a time. Just enough of
 * HTTP/1.1 for the servers measured here: Node's own client takes more time than some answers that it asks for,
 * and then the load would measure itself.
 */
export function createHttpClient(baseUrl: string): HttpClient {
  const { host, port } = new URL(baseUrl)
  const all = new Set<Connection>()
  const idle: { readonly connection: Connection; readonly since: number }[] = []

  function takeConnection(): Connection {
    for (let last = idle.pop(); last !== undefined; last = idle.pop()) {
      if (last.connection.isOpen && performance.now() - last.since < LONGEST_IDLE_MS) return last.connection
      last.connection.close()
      all.delete(last.connection)
    }
    const connection = createConnection(connect({ host: '127.0.0.1', port: Number(port), noDelay: true }))
    all.add(connection)
    return connection
  }

  return {
    async send(path, ask = {}) {
      const connection = takeConnection()
      const answer = await connection.send(requestText(host, path, ask))
      idle.push({ connection, since: performance.now() })
      return answer
    },
    close() {
      for (const connection of all) connection.close()
    },
  }
}

function requestText(host: string, path: string, { method = 'GET', headers = {}, form }: Ask): string {
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n`
  for (const [name, value] of Object.entries(headers)) head += `${name}: ${value}\r\n`
  if (form === undefined) return `${head}\r\n`
  const content = new URLSearchParams(form).toString()
  return `${head}content-type: application/x-www-form-urlencoded\r\ncontent-length: ${content.length}\r\n\r\n${content}`
}

function createConnection(socket: Socket): Connection {
  let received: Buffer = Buffer.alloc(0)
  let waiting: PromiseWithResolvers<Answer> | null = null

  socket.on('data', (bytes) => {
    received = received.length === 0 ? bytes : Buffer.concat([received, bytes])
    try {
      const answer = readAnswer(received)
      if (answer === null) return
      received = Buffer.alloc(0)
      waiting?.resolve(answer)
    } catch (cause) {
      waiting?.reject(cause)
    }
  })
  socket.on('error', (cause) => waiting?.reject(cause))
  socket.on('close', () => waiting?.reject(new Error('The server closed the connection.')))
  return {
    get isOpen() {
      return !socket.destroyed
    },
    send(request) {
      waiting = Promise.withResolvers<Answer>()
      socket.write(request)
      return waiting.promise
    },
    close: () => socket.destroy(),
  }
}

const HEAD_END = '\r\n\r\n'

/** Null until all of it has come. There is one request at a time, so nothing comes after it. */
function readAnswer(received: Buffer): Answer | null {
  const headLength = received.indexOf(HEAD_END)
  if (headLength < 0) return null
  const head = received.toString('latin1', 0, headLength)
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
  if (length === undefined) throw new Error(`An answer without its length: ${head}`)
  const bodyStart = headLength + HEAD_END.length
  if (received.length < bodyStart + Number(length)) return null
  return {
    status: Number(head.slice(9, 12)),
    header: (name) => valuesOf(head, name)[0] ?? null,
    get cookies() {
      return valuesOf(head, 'set-cookie')
    },
    get body() {
      return received.toString('utf8', bodyStart)
    },
  }
}

function valuesOf(head: string, name: string): string[] {
  const lines = head.split('\r\n').filter((line) => line.toLowerCase().startsWith(`${name}: `))
  return lines.map((line) => line.slice(name.length + 2))
}
