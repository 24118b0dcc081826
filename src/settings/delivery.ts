import { z } from 'zod'
import type { Environment, Variable, WithFallback } from './environment.ts'

/** Who sends, in order of preference. The outbox only shows what would have been sent. */
export type SmsProvider = 'outbox'
export type EmailProvider = 'outbox'

export interface DeliverySettings {
  readonly sms: readonly SmsProvider[]
  readonly email: readonly EmailProvider[]
}

const providers = (later: readonly string[]) =>
  z
    .string()
    .transform((value) => value.split(',').map((name) => name.trim()))
    .superRefine((names, context) => {
      for (const name of names.filter((each) => each !== 'outbox')) {
        const what = later.includes(name) ? 'comes with a later version' : 'is not known'
        context.addIssue(`"${name}" ${what}; write outbox`)
      }
      if (new Set(names).size < names.length) context.addIssue('names a sender twice; write each once')
    })
    .transform((names) => names.map(() => 'outbox' as const))

const smsVariable: WithFallback<readonly SmsProvider[]> = {
  name: 'LATCHKEY_SMS_PROVIDERS',
  shown: '`outbox`',
  fallback: 'outbox',
  meaning: 'who sends SMS: `outbox` shows them on a page and sends nothing',
  schema: providers(['twilio']),
}

const emailVariable: WithFallback<readonly EmailProvider[]> = {
  name: 'LATCHKEY_EMAIL_PROVIDERS',
  shown: '`outbox`',
  fallback: 'outbox',
  meaning: 'who sends email: `outbox` shows it on a page and sends nothing',
  schema: providers(['resend', 'smtp']),
}

export const deliveryVariables: readonly Variable<unknown>[] = [smsVariable, emailVariable]

/** The variable that names the senders of each channel. */
export const PROVIDERS_NAME = { sms: smsVariable.name, email: emailVariable.name } as const

export function readDelivery(environment: Environment): DeliverySettings {
  return { sms: environment.read(smsVariable), email: environment.read(emailVariable) }
}
