import { createHmac } from 'node:crypto'

export const WEBHOOK_SECRET = `whsec_${Buffer.from('a webhook secret of the tests').toString('base64')}`

/** X-Twilio-Signature as published: HMAC-SHA-1 over the address and the sorted fields (usage/security). */
export function twilioSignature(
  authToken: string,
  url: string,
  form: Readonly<Record<string, string>>,
): string {
  const fields = Object.keys(form)
    .sort()
    .map((name) => name + form[name])
  return createHmac('sha1', authToken)
    .update(url + fields.join(''))
    .digest('base64')
}

/** Reports as Twilio does; `signedFor` is another address than the one that is called. */
export async function reportAsTwilio(
  url: string,
  authToken: string,
  form: Readonly<Record<string, string>>,
  signedFor = url,
): Promise<number> {
  const headers = { 'x-twilio-signature': twilioSignature(authToken, signedFor, form) }
  const { status } = await fetch(url, { method: 'POST', headers, body: new URLSearchParams(form) })
  return status
}

/** Reports as Resend does, with the headers of its webhooks. */
export async function reportAsResend(
  issuer: string,
  event: unknown,
  { secret = WEBHOOK_SECRET, at = new Date(), id = 'msg_webhook', sent = JSON.stringify(event) } = {},
): Promise<number> {
  const timestamp = String(Math.floor(at.getTime() / 1000))
  const body = JSON.stringify(event)
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  const { status } = await fetch(`${issuer}/callbacks/resend`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'svix-id': id,
      'svix-timestamp': timestamp,
      'svix-signature': `v1,${signature}`,
    },
    body: sent,
  })
  return status
}
