import type { Twilio } from 'twilio'
import { type Clock, secondsUntil } from '../../lib/clock.ts'
import { networkFault, readRetryAfter } from './network-faults.ts'
import { failing, type OutgoingMessage, refusing, type Sender, type SendOutcome, unsure } from './sender.ts'
import { TWILIO_ERRORS, TWILIO_FAILED } from './twilio-errors.ts'

export interface TwilioParts {
  readonly accountSid: string
  readonly authToken: string
  readonly from: { readonly number: string } | { readonly messagingServiceSid: string }
  /** Where Twilio is asked, without a slash at the end. */
  readonly apiUrl: string
  /** Where it reports what became of the message with this id; null where it could not reach us. */
  readonly callbackUrl: ((messageId: string) => string) | null
  readonly timeoutMs: number
  readonly fetch: typeof fetch
  readonly clock: Clock
  /** Another name than `twilio`, where there are several. */
  readonly name?: string
}

type HttpClient = NonNullable<NonNullable<ConstructorParameters<typeof Twilio>[2]>['httpClient']>
type HttpRequest = Parameters<HttpClient['request']>[0]

/** Host that the SDK writes into every address; ours stands in its place. */
const SDK_ORIGIN = 'https://api.twilio.com'
const LONGEST_ANSWER_BYTES = 65_536
/** Message resource, `ValidityPeriod`: from 1 to 36000 seconds. */
const LONGEST_VALIDITY_SECONDS = 36_000

/**
 * SMS by Twilio's SDK. It has no idempotency key: what may have been taken is never asked for again here. The SDK is
 * loaded when a sender is made, since that takes a second.
 */
export async function createTwilioSms(parts: TwilioParts): Promise<Sender> {
  const { accountSid, authToken, from, callbackUrl, timeoutMs, clock, name = 'twilio' } = parts
  const { default: twilio } = await import('twilio')
  const sdkHttp = new twilio.RequestClient({ timeout: timeoutMs })

  return {
    name,
    repeatable: false,
    close() {},
    async send(message) {
      const seen: Seen = { error: null, status: null, retryAfterSeconds: null }
      const httpClient: HttpClient = Object.create(sdkHttp, {
        request: { value: (request: HttpRequest) => ask(parts, request, seen) },
      })
      try {
        const sdk = twilio(accountSid, authToken, { httpClient })
        const created = await sdk.messages.create({
          to: message.to,
          body: message.text,
          ...(callbackUrl === null ? {} : { statusCallback: callbackUrl(message.id) }),
          validityPeriod: validityOf(message, clock.now()),
          ...('number' in from ? { from: from.number } : from),
        })
        return readCreated(created)
      } catch (error) {
        if (seen.error !== null) return networkFault(seen.error)
        return readRefusal(error, seen)
      }
    },
  }
}

/** What the SDK keeps to itself. */
interface Seen {
  error: unknown
  status: number | null
  retryAfterSeconds: number | null
}

/** One request of the SDK by our fetch: one timeout over all of it, no redirect, an answer of a bounded size. */
async function ask({ apiUrl, fetch, timeoutMs, clock }: TwilioParts, request: HttpRequest, seen: Seen) {
  const { method, uri, username, password, headers = {}, data } = request
  try {
    const credentials = Buffer.from(`${username}:${password}`).toString('base64')
    const response = await fetch(uri.replace(SDK_ORIGIN, apiUrl), {
      method,
      headers: { ...headers, Authorization: `Basic ${credentials}` },
      body: formOf(data),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const body = await readBounded(response)
    seen.status = response.status
    seen.retryAfterSeconds = readRetryAfter(response.headers.get('retry-after'), clock.now())
    return { statusCode: response.status, body, headers: {}, toString: () => `HTTP ${response.status}` }
  } catch (error) {
    seen.error = error
    throw error
  }
}

function formOf(data: unknown): URLSearchParams {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(Object(data))) form.append(name, String(value))
  return form
}

async function readBounded({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.byteLength
    if (length > LONGEST_ANSWER_BYTES) throw new RangeError('The answer goes on for too long.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** So long it may wait at Twilio: as long as its code lives, not longer. */
function validityOf({ expiresAt }: OutgoingMessage, now: Date): number {
  return Math.min(LONGEST_VALIDITY_SECONDS, Math.max(1, secondsUntil(expiresAt, now)))
}

/** An answer of success, which may hold anything but a message. */
function readCreated(created: {
  readonly sid?: unknown
  readonly status?: unknown
  readonly errorCode?: unknown
}): SendOutcome {
  const { sid, status, errorCode } = created
  if (typeof sid !== 'string' || !/^(?:SM|MM)/.test(sid)) return unsure('an answer without a message')
  if (typeof status !== 'string' || !TWILIO_FAILED.includes(status)) return { kind: 'handed-over' }
  return readCode(Number(errorCode)) ?? refusing(`the message is ${status} (${errorCode})`)
}

function readRefusal(error: unknown, { status, retryAfterSeconds }: Seen): SendOutcome {
  const { code }: { code?: unknown } = Object(error)
  if (status === null || status < 300) return unsure('an answer that cannot be read')
  const known = typeof code === 'number' ? readCode(code) : null
  if (known !== null) return known
  const reason = typeof code === 'number' ? `HTTP ${status}, error ${code}` : `HTTP ${status}`
  // A gateway that says so knows nothing of what happened behind it.
  if (status >= 500 && status !== 503) return unsure(reason)
  return failing(reason, retryAfterSeconds)
}

function readCode(code: number): SendOutcome | null {
  const known = TWILIO_ERRORS.get(code)
  if (known === undefined) return null
  const reason = `${known.meaning} (${code})`
  return known.verdict === 'never' ? { kind: 'never', reason } : refusing(reason)
}
