import { errorCode } from '../../lib/error-code.ts'
import { failing, type TryElsewhere, unsure } from './sender.ts'

/** Errors before a byte of the message was sent: there was no connection, or nobody to trust at its other end. */
const BEFORE_ANYTHING_WAS_SENT =
  /^(?:ENOTFOUND|EAI_\w+|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|EDNS|ETLS|EPROTO|CERT_\w+|ERR_TLS_\w+|ERR_SSL_\w+|\w*SELF_SIGNED_CERT\w*|UNABLE_TO_\w+|HOSTNAME_MISMATCH)$/

/** What a connection that failed says of the message. `fetch` tells by the name that time was up, by the cause why. */
export function networkFault(error: unknown): TryElsewhere {
  const { name, cause }: { name?: unknown; cause?: unknown } = Object(error)
  if (name === 'TimeoutError' || name === 'AbortError') return unsure('no answer in time')
  const code = errorCode(cause) ?? errorCode(error)
  if (code === null) return unsure('no answer that can be read')
  return BEFORE_ANYTHING_WAS_SENT.test(code) ? failing(code) : unsure(code)
}

/** RFC 9110 §10.2.3: seconds, or a date; null for neither. */
export function readRetryAfter(value: string | null | undefined, now: Date): number | null {
  if (!value) return null
  if (/^\d{1,9}$/.test(value)) return Number(value)
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now.getTime()) / 1000))
}
