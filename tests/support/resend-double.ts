import { type Answer, answerWith, type HttpDouble, startHttpDouble } from './http-double.ts'

export const RESEND_KEY = 're_test_key'

export interface ResendDouble extends HttpDouble {
  /** What it sent, oldest first: a key that comes again sends nothing. */
  readonly sent: readonly Readonly<Record<string, unknown>>[]
  /** As Resend does on a good day. */
  readonly take: Answer
  /** Takes the message and never says so. */
  readonly takeAndHang: Answer
}

/** Resend's API, as far as one sends by it, idempotency keys included (https://resend.com/docs/api-reference). */
export async function startResendDouble(): Promise<ResendDouble> {
  const sent: Record<string, unknown>[] = []
  const byKey = new Map<string, string>()
  function keep(key: string, body: string): string {
    const id = byKey.get(key) ?? `email_${byKey.size + 1}`
    if (!byKey.has(key)) sent.push(JSON.parse(body))
    byKey.set(key, id)
    return id
  }
  const take: Answer = (response, asked, socket) => {
    if (asked.method !== 'POST' || asked.path !== '/emails') {
      return resendError('not_found', 404)(response, asked, socket)
    }
    if (asked.headers.authorization !== `Bearer ${RESEND_KEY}`) {
      return resendError('invalid_api_key', 403)(response, asked, socket)
    }
    const key = asked.headers['idempotency-key']
    if (typeof key !== 'string') return resendError('invalid_idempotency_key', 400)(response, asked, socket)
    return answerWith(200, { id: keep(key, asked.body) })(response, asked, socket)
  }
  const takeAndHang: Answer = (_response, asked) => {
    keep(String(asked.headers['idempotency-key']), asked.body)
  }
  return { ...(await startHttpDouble(take)), sent, take, takeAndHang }
}

/** An error as Resend words it. */
export const resendError = (
  name: string,
  statusCode: number,
  message = 'no',
  headers: Readonly<Record<string, string>> = {},
): Answer => answerWith(statusCode, { name, statusCode, message }, headers)
