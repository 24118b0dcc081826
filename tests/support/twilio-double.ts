import { type Answer, answerWith, type HttpDouble, startHttpDouble } from './http-double.ts'

export const TWILIO = { accountSid: `AC${'1'.repeat(32)}`, authToken: 'twilio-auth-token' } as const

export interface TwilioDouble extends HttpDouble {
  /** What it took and said so, oldest first, by the published names of the fields. */
  readonly sent: readonly Readonly<Record<string, string>>[]
}

/** Twilio's 2010 API, as far as one sends by it (https://www.twilio.com/docs/messaging/api/message-resource). */
export async function startTwilioDouble(): Promise<TwilioDouble> {
  const sent: Record<string, string>[] = []
  const credentials = Buffer.from(`${TWILIO.accountSid}:${TWILIO.authToken}`).toString('base64')
  const take: Answer = (response, asked, socket) => {
    const isRight =
      asked.method === 'POST' &&
      asked.path === `/2010-04-01/Accounts/${TWILIO.accountSid}/Messages.json` &&
      asked.headers['content-type'] === 'application/x-www-form-urlencoded'
    if (!isRight) return twilioError(20404, 404)(response, asked, socket)
    if (asked.headers.authorization !== `Basic ${credentials}`) {
      return twilioError(20003, 401)(response, asked, socket)
    }
    const form = Object.fromEntries(new URLSearchParams(asked.body))
    sent.push(form)
    const sid = `SM${String(sent.length).padStart(32, '0')}`
    return answerWith(201, { sid, status: 'queued', error_code: null, to: form['To'] })(
      response,
      asked,
      socket,
    )
  }
  return { ...(await startHttpDouble(take)), sent }
}

/** An error as Twilio words it. */
export const twilioError = (
  code: number,
  status = 400,
  headers: Readonly<Record<string, string>> = {},
): Answer =>
  answerWith(
    status,
    { code, message: 'no', more_info: `https://www.twilio.com/docs/errors/${code}`, status },
    headers,
  )
