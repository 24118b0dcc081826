import type { Clock } from '../../lib/clock.ts'
import { headerText, MAIL_HEADERS } from './mail-headers.ts'
import { readRetryAfter } from './network-faults.ts'
import { failing, refusing, type Sender, type SendOutcome, unsure } from './sender.ts'

export interface ResendParts {
  readonly apiKey: string
  /** Where Resend is asked, without a slash at the end. */
  readonly apiUrl: string
  readonly from: string
  readonly timeoutMs: number
  readonly clock: Clock
}

/** The tag by which Resend names our message when it reports of it. */
export const MESSAGE_TAG = 'latchkey_message'

/**
 * Email by Resend's SDK, with our id as the idempotency key: asked again within 24 hours, Resend sends once
 * (https://resend.com/docs/dashboard/emails/idempotency-keys).
 */
export async function createResendEmail(parts: ResendParts): Promise<Sender> {
  const { apiKey, apiUrl, from, timeoutMs, clock } = parts
  const { Resend } = await import('resend')
  const resend = new Resend(apiKey, { baseUrl: apiUrl })

  return {
    name: 'resend',
    repeatable: true,
    close() {},
    async send(message) {
      const { id, to, subject, text, html } = message
      // The SDK hands on to fetch what it does not know: here the time limit.
      const options = { idempotencyKey: id, signal: AbortSignal.timeout(timeoutMs) }
      try {
        const { data, error, headers } = await resend.emails.send(
          {
            from,
            to,
            subject: headerText(subject ?? ''),
            text,
            ...(html === null ? {} : { html }),
            headers: MAIL_HEADERS,
            tags: [{ name: MESSAGE_TAG, value: id }],
          },
          options,
        )
        if (error) return readError(error, readRetryAfter(headers?.['retry-after'], clock.now()))
        return typeof data?.id === 'string' ? { kind: 'handed-over' } : unsure('an answer without a message')
      } catch (error) {
        return unsure(error instanceof Error ? error.name : 'no answer that can be read')
      }
    },
  }
}

/** By the published names of errors (https://resend.com/docs/api-reference/errors). */
function readError(error: unknown, retryAfterSeconds: number | null): SendOutcome {
  const { name, statusCode, message }: { name?: unknown; statusCode?: unknown; message?: unknown } =
    Object(error)
  const reason = `${typeof statusCode === 'number' ? `HTTP ${statusCode}, ` : ''}${String(name)}`
  switch (name) {
    case 'validation_error':
    case 'invalid_parameter':
      // The same name stands for each field; of the address alone it speaks against whoever has it.
      return /`to`/.test(String(message)) ? { kind: 'never', reason: `${reason} of to` } : refusing(reason)
    case 'invalid_idempotent_request':
      // The key was used with other words, of an older version: Resend has that message.
      return { kind: 'handed-over' }
    case 'concurrent_idempotent_requests':
      return unsure(reason)
    case 'application_error':
    case 'internal_server_error':
      return unsure(reason)
    default:
      return failing(reason, retryAfterSeconds)
  }
}
