import {
  createResendCallbacks,
  createResendEmail,
  createSmtpEmail,
  createTwilioCallbacks,
  createTwilioSms,
  type Outbox,
  type Sender,
  type Senders,
} from '../domain/delivery/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { EmailProvider, Settings, SmsProvider } from '../settings/index.ts'

export interface SendersParts {
  readonly settings: Pick<Settings, 'delivery' | 'issuer'>
  readonly outbox: Outbox
  readonly clock: Clock
}

/** Two tries of one provider and the pause between them end within 10 s, before the next one is asked. */
const PROVIDER_TIMEOUT_MS = 4000

/** Where Twilio tells what became of a message. */
const TWILIO_CALLBACKS = '/callbacks/twilio'

/** The senders that the settings name, in their order. */
export async function createSenders({ settings, outbox, clock }: SendersParts): Promise<Senders> {
  const { delivery, issuer } = settings
  const { twilio, resend, smtp, emailFrom: from } = delivery
  const timeoutMs = PROVIDER_TIMEOUT_MS

  async function create(provider: SmsProvider | EmailProvider): Promise<Sender> {
    if (provider === 'twilio' && twilio !== null) {
      // Twilio refuses a message whose callback it cannot reach (error 21609): the issuer of a machine at home.
      const isReachable = issuer.startsWith('https:') || !twilio.apiUrl.startsWith('https:')
      const callbackUrl = isReachable
        ? (messageId: string) => `${issuer}${TWILIO_CALLBACKS}/${messageId}`
        : null
      const authToken = twilio.authToken.reveal()
      return createTwilioSms({ ...twilio, authToken, callbackUrl, timeoutMs, fetch, clock })
    }
    if (provider === 'resend' && resend !== null) {
      const { apiUrl, apiKey } = resend
      return createResendEmail({ apiUrl, apiKey: apiKey.reveal(), from, timeoutMs, clock })
    }
    if (provider === 'smtp' && smtp !== null) {
      return createSmtpEmail({ url: smtp.url.reveal(), from, timeoutMs })
    }
    return outbox
  }

  return {
    sms: await Promise.all(delivery.sms.map(create)),
    email: await Promise.all(delivery.email.map(create)),
  }
}

/** Who is listened to: a provider whose signature can be checked. */
export function createCallbacks({ delivery: { twilio, resend } }: Pick<Settings, 'delivery'>) {
  const webhookSecret = resend?.webhookSecret ?? null
  return {
    twilio: twilio === null ? null : createTwilioCallbacks(twilio.authToken.reveal()),
    resend: webhookSecret === null ? null : createResendCallbacks(webhookSecret.reveal()),
  }
}
