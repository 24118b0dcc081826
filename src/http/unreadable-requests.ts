import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Random } from '../lib/ids.ts'

/**
 * Answers what is no HTTP, or has larger headers than Node reads: nobody behind this sees such a request, so it has
 * no page, but a status and a trace id all the same (RFC 6585 §5, RFC 9457).
 */
export function answerUnreadable(server: Server, random: Random): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    const traceId = random.bytes(16).toString('hex')
    const tooLarge = error.code === 'HPE_HEADER_OVERFLOW'
    const status = tooLarge ? 431 : 400
    const title = tooLarge ? 'The headers are too large.' : 'This is no request that can be read.'
    const body = JSON.stringify({
      title,
      status,
      code: tooLarge ? 'headers_too_large' : 'malformed_request',
      traceId,
    })
    socket.end(
      [
        `HTTP/1.1 ${status} ${tooLarge ? 'Request Header Fields Too Large' : 'Bad Request'}`,
        'Connection: close',
        'Content-Type: application/problem+json',
        `Content-Length: ${Buffer.byteLength(body)}`,
        `traceparent: 00-${traceId}-${random.bytes(8).toString('hex')}-01`,
        '',
        body,
      ].join('\r\n'),
    )
  })
}
