import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { TEST_TLS } from './tls-fixture.ts'

export interface SmtpDouble {
  readonly port: number
  /** What it took, oldest first, and how it lay on the wire. */
  readonly sent: readonly {
    readonly to: readonly string[]
    readonly mail: ParsedMail
    readonly raw: string
  }[]
  /** Connections so far. */
  readonly connections: () => number
  close(): Promise<void>
}

/** An error as a server says it: reply code, then the text with the enhanced code. */
export const smtpError = (responseCode: number, text: string) =>
  Object.assign(new Error(text), { responseCode })

/** A mail server on this machine that speaks the real protocol. */
export async function startSmtpDouble(options: SMTPServerOptions = {}): Promise<SmtpDouble> {
  const sent: { to: string[]; mail: ParsedMail; raw: string }[] = []
  let connections = 0
  const server = new SMTPServer({
    ...TEST_TLS,
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: 50,
    onConnect(_session, callback) {
      connections += 1
      callback()
    },
    async onData(stream, session, callback) {
      const chunks: Buffer[] = []
      for await (const chunk of stream) chunks.push(chunk)
      const raw = Buffer.concat(chunks)
      const to = session.envelope.rcptTo.map(({ address }) => address)
      sent.push({ to, mail: await simpleParser(raw), raw: raw.toString('utf8') })
      callback()
    },
    ...options,
  })
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  return {
    port: (server.server.address() as AddressInfo).port,
    sent,
    connections: () => connections,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** A port that takes connections and does with them what it is told: nothing, one byte at a time, a reset. */
export async function startRawServer(
  how: (socket: Socket) => void,
): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    how(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
