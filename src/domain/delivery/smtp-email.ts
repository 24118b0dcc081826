import { headerText, MAIL_HEADERS } from './mail-headers.ts'
import { networkFault } from './network-faults.ts'
import { failing, refusing, type Sender, type SendOutcome } from './sender.ts'

export interface SmtpParts {
  /** `smtps://user:password@host:port` or `smtp://…`. */
  readonly url: string
  readonly from: string
  readonly timeoutMs: number
  /** Certificates to trust in the place of the usual ones, PEM. */
  readonly ca?: string
}

/** As many as the queue sends at once: a mail never waits for a connection inside. */
const MOST_CONNECTIONS = 16
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/

/**
 * Email by SMTP: TLS, or STARTTLS, which must be offered unless the server is this machine. A mail server cannot be
 * asked twice for one message, so what may have been taken is never offered again here; its Message-ID is ours, so
 * that a mailbox shows once what two servers were handed.
 */
export async function createSmtpEmail({ url, from, timeoutMs, ca }: SmtpParts): Promise<Sender> {
  const { createTransport } = await import('nodemailer')
  const { protocol, hostname, port, username, password } = new URL(url)
  const secure = protocol === 'smtps:'
  const options = {
    pool: true as const,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (secure ? 465 : 587),
    secure,
    requireTLS: !secure && !LOOPBACK.test(hostname),
    ignoreTLS: !secure && LOOPBACK.test(hostname) && ca === undefined,
    ...(username === ''
      ? {}
      : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    ...(ca === undefined ? {} : { tls: { ca } }),
    maxConnections: MOST_CONNECTIONS,
    // A connection that broke may have carried the message: the pool must not offer it again by itself.
    maxRequeues: 0,
    dnsTimeout: timeoutMs,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
  const transport = createTransport(options)
  // An idle connection that ends is nobody's failure.
  transport.on('error', () => {})

  return {
    name: 'smtp',
    repeatable: false,
    close: () => transport.close(),
    async send({ id, to, subject, text, html }) {
      const mail = {
        from,
        // An address as it is: never read as a list or a group.
        to: { name: '', address: to },
        subject: headerText(subject ?? ''),
        text,
        ...(html === null ? {} : { html }),
        headers: MAIL_HEADERS,
        messageId: `<${id}@${from.slice(from.lastIndexOf('@') + 1).replace(/>$/, '')}>`,
        // Over all of it, however slowly a server drips: the connection is closed then.
        signal: AbortSignal.timeout(timeoutMs),
      }
      try {
        await transport.sendMail(mail)
        return { kind: 'handed-over' }
      } catch (error) {
        return readSmtpError(error)
      }
    },
  }
}

/** What is told to everybody, before a message was offered. */
const NOT_OFFERED = /^(?:EDNS|ETLS|EAUTH|ENOAUTH|EOAUTH2|ECONFIG|EREQUIRETLS|EPROXY|EENVELOPE)$/

/**
 * By the reply code (RFC 5321 §4.2.1) and the enhanced code beside it (RFC 3463): 4yz passes, 5yz of the recipient's
 * address (x.1.y, x.2.1) is about whoever has it, any other 5yz is about this server and this message.
 */
function readSmtpError(error: unknown): SendOutcome {
  const { code, responseCode, response, command, syscall, message }: Record<string, unknown> = Object(error)
  if (typeof responseCode === 'number' && responseCode >= 400) {
    const enhanced = /\b[45]\.\d{1,3}\.\d{1,3}\b/.exec(String(response ?? ''))?.[0] ?? null
    const reason = `${responseCode}${enhanced === null ? '' : ` ${enhanced}`} to ${String(command)}`
    if (command !== 'RCPT TO')
      return command === 'DATA' && responseCode >= 500 ? refusing(reason) : failing(reason)
    if (responseCode === 421) return failing(reason)
    return isAboutTheAddress(responseCode, enhanced) ? { kind: 'never', reason } : refusing(reason)
  }
  const reason = String(code ?? 'no answer')
  if (typeof code === 'string' && NOT_OFFERED.test(code)) return failing(reason)
  if (syscall === 'connect' || syscall === 'getaddrinfo') return failing(reason)
  // The library calls every broken connection ESOCKET; only its words tell one that was never trusted.
  if (code === 'ESOCKET' && /certificate|\b(?:TLS|SSL)\b|altname/i.test(String(message)))
    return failing(reason)
  if (code === 'ETIMEDOUT' && /connection timeout|greeting/i.test(String(message))) return failing(reason)
  return networkFault(error)
}

function isAboutTheAddress(responseCode: number, enhanced: string | null): boolean {
  if (responseCode < 500) return false
  if (enhanced === null) return responseCode === 550 || responseCode === 551 || responseCode === 553
  return /^5\.1\.|^5\.2\.1$/.test(enhanced)
}
