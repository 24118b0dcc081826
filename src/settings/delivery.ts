import { z } from 'zod'
import type { Environment, Variable, WithFallback } from './environment.ts'
import { isLoopbackName } from './loopback.ts'
import type { Problems } from './problems.ts'
import { type Secret, secretOf } from './secret.ts'

/** Who sends, in order of preference. The outbox only shows what would have been sent. */
export type SmsProvider = 'twilio' | 'outbox'
export type EmailProvider = 'resend' | 'smtp' | 'outbox'

export interface TwilioSettings {
  readonly accountSid: string
  readonly authToken: Secret
  /** Who it is from: a number or name, or a messaging service that chooses one. */
  readonly from: { readonly number: string } | { readonly messagingServiceSid: string }
  /** Without a slash at the end. */
  readonly apiUrl: string
}

export interface ResendSettings {
  readonly apiKey: Secret
  readonly apiUrl: string
  /** Without it nothing that claims to come from Resend is believed. */
  readonly webhookSecret: Secret | null
}

export interface DeliverySettings {
  readonly sms: readonly SmsProvider[]
  readonly email: readonly EmailProvider[]
  /** Each null unless its provider is named. */
  readonly twilio: TwilioSettings | null
  readonly resend: ResendSettings | null
  /** With user and password in it. */
  readonly smtp: { readonly url: Secret } | null
  /** Who mail is from: an address, or `Name <address>`. */
  readonly emailFrom: string
}

const providers = <Name extends string>(known: readonly Name[]) =>
  z
    .string()
    .transform((value) => value.split(',').map((name) => name.trim()))
    .superRefine((names, context) => {
      for (const name of names.filter((each) => !(known as readonly string[]).includes(each))) {
        context.addIssue(`"${name}" is not known; write ${known.join(', ')}`)
      }
      if (new Set(names).size < names.length) context.addIssue('names a sender twice; write each once')
    })
    .transform((names) => names as Name[])

const smsVariable: WithFallback<readonly SmsProvider[]> = {
  name: 'LATCHKEY_SMS_PROVIDERS',
  shown: '`outbox`',
  fallback: 'outbox',
  meaning: 'who sends SMS, in order of preference: `twilio`; `outbox` shows them on a page and sends nothing',
  schema: providers(['twilio', 'outbox']),
}

const emailVariable: WithFallback<readonly EmailProvider[]> = {
  name: 'LATCHKEY_EMAIL_PROVIDERS',
  shown: '`outbox`',
  fallback: 'outbox',
  meaning:
    'who sends email, in order of preference: `resend`, `smtp`; `outbox` shows it on a page and sends nothing',
  schema: providers(['resend', 'smtp', 'outbox']),
}

const accountSidVariable: Variable<string> = {
  name: 'LATCHKEY_TWILIO_ACCOUNT_SID',
  shown: 'none',
  fallback: null,
  meaning: "Twilio's account, `AC…`",
  schema: z.string().regex(/^AC[0-9a-f]{32}$/i, 'must be AC and 32 hex digits'),
}

const authTokenVariable: Variable<string> = {
  name: 'LATCHKEY_TWILIO_AUTH_TOKEN',
  shown: 'none',
  fallback: null,
  meaning: 'its auth token, which also signs what Twilio reports',
  secret: true,
  schema: z.string().regex(/^[!-~]{1,200}$/, 'must be the auth token, without spaces'),
}

const fromVariable: Variable<string> = {
  name: 'LATCHKEY_TWILIO_FROM',
  shown: 'none',
  fallback: null,
  meaning: 'the number (`+…`) or name that SMS come from',
  schema: z
    .string()
    .regex(
      /^(?:\+[1-9]\d{6,14}|[A-Za-z0-9][A-Za-z0-9 ]{0,10}|\d{3,8})$/,
      'must be a number such as +15005550006, or a sender id',
    ),
}

const messagingServiceVariable: Variable<string> = {
  name: 'LATCHKEY_TWILIO_MESSAGING_SERVICE_SID',
  shown: 'none',
  fallback: null,
  meaning: 'in its place, a messaging service, `MG…`',
  schema: z.string().regex(/^MG[0-9a-f]{32}$/i, 'must be MG and 32 hex digits'),
}

const apiUrl = z
  .string()
  .refine(isPlainUrl, 'must be a URL without user, query or fragment, such as https://proxy.example')
  .transform((value) => value.replace(/\/+$/, ''))

const twilioUrlVariable: WithFallback<string> = {
  name: 'LATCHKEY_TWILIO_API_URL',
  shown: '`https://api.twilio.com`',
  fallback: 'https://api.twilio.com',
  meaning: 'where Twilio is asked: a proxy of your own, a test double',
  schema: apiUrl,
}

const resendKeyVariable: Variable<string> = {
  name: 'LATCHKEY_RESEND_API_KEY',
  shown: 'none',
  fallback: null,
  meaning: 'the key of the Resend account, `re_…`',
  secret: true,
  schema: z.string().regex(/^[!-~]{1,200}$/, 'must be the API key, without spaces'),
}

const resendUrlVariable: WithFallback<string> = {
  name: 'LATCHKEY_RESEND_API_URL',
  shown: '`https://api.resend.com`',
  fallback: 'https://api.resend.com',
  meaning: 'where Resend is asked',
  schema: apiUrl,
}

const resendWebhookVariable: Variable<string> = {
  name: 'LATCHKEY_RESEND_WEBHOOK_SECRET',
  shown: 'none',
  fallback: null,
  meaning: 'the signing secret of its webhook, `whsec_…`; without it, bounces are not heard of',
  secret: true,
  schema: z.string().regex(/^whsec_[A-Za-z0-9+/]{16,200}={0,2}$/, 'must be whsec_ and base64'),
}

const emailFromVariable: Variable<string> = {
  name: 'LATCHKEY_EMAIL_FROM',
  shown: 'none',
  fallback: null,
  meaning: 'who email is from: `codes@example.org` or `Example <codes@example.org>`',
  schema: z
    .string()
    .regex(
      /^(?:[^<>@"\p{Cc}]{1,100}<[^\s<>@",]{1,64}@[^\s<>@",]{1,255}>|[^\s<>@",]{1,64}@[^\s<>@",]{1,255})$/u,
      'must be an address, or a name and an address: Example <codes@example.org>',
    ),
}

const smtpVariable: Variable<string> = {
  name: 'LATCHKEY_SMTP_URL',
  shown: 'none',
  fallback: null,
  meaning:
    '`smtps://user:password@host` (TLS) or `smtp://…` (STARTTLS, which must be there unless the host is this machine)',
  secret: true,
  schema: z
    .string()
    .refine(
      isSmtpUrl,
      'must be such as smtps://user:password@mail.example:465; in a password write % as %25, @ as %40, # as %23',
    ),
}

export const deliveryVariables: readonly Variable<unknown>[] = [
  smsVariable,
  emailVariable,
  accountSidVariable,
  authTokenVariable,
  fromVariable,
  messagingServiceVariable,
  twilioUrlVariable,
  resendKeyVariable,
  resendUrlVariable,
  resendWebhookVariable,
  emailFromVariable,
  smtpVariable,
]

/** The variable that names the senders of each channel. */
export const PROVIDERS_NAME = { sms: smsVariable.name, email: emailVariable.name } as const

/** Where a provider is asked; over a network in production by https alone. */
export const PROVIDER_URL_NAMES = { twilio: twilioUrlVariable.name, resend: resendUrlVariable.name } as const

export function readDelivery(environment: Environment, problems: Problems): DeliverySettings {
  const sms = environment.read(smsVariable)
  const email = environment.read(emailVariable)
  // Read also where nobody needs it, so that a wrong value is told of at once.
  const emailFrom = environment.read(emailFromVariable)
  const url = environment.read(smtpVariable)
  const twilio = readTwilio(environment)
  const resend = readResend(environment)

  /** What a named provider cannot do without. */
  function need(provider: string, { name, secret }: Variable<string>, value: string | null): void {
    if (value !== null || (secret === true && problems.has(`${name}_FILE`))) return
    problems.addIfSound(name, `is missing; ${provider} cannot send without it`)
  }

  if (sms.includes('twilio')) {
    need('twilio', accountSidVariable, twilio.accountSid)
    need('twilio', authTokenVariable, twilio.authToken)
    const both = twilio.number !== null && twilio.messagingServiceSid !== null
    if (both || (twilio.number === null && twilio.messagingServiceSid === null)) {
      const name = messagingServiceVariable.name
      const what = both ? `is set, and ${name} too; set one of them` : `is missing; write it, or ${name}`
      if (!problems.has(name)) problems.addIfSound(fromVariable.name, what)
    }
  }
  if (email.includes('resend')) need('resend', resendKeyVariable, resend.apiKey)
  if (email.includes('smtp')) need('smtp', smtpVariable, url)
  const sender = email.find((name) => name !== 'outbox')
  if (sender !== undefined) need(sender, emailFromVariable, emailFrom)

  const { number, messagingServiceSid } = twilio
  return {
    sms,
    email,
    twilio: sms.includes('twilio')
      ? {
          accountSid: twilio.accountSid ?? '',
          authToken: secretOf(twilio.authToken ?? ''),
          from: messagingServiceSid === null ? { number: number ?? '' } : { messagingServiceSid },
          apiUrl: twilio.apiUrl,
        }
      : null,
    resend: email.includes('resend')
      ? {
          apiKey: secretOf(resend.apiKey ?? ''),
          apiUrl: resend.apiUrl,
          webhookSecret: resend.webhookSecret === null ? null : secretOf(resend.webhookSecret),
        }
      : null,
    smtp: email.includes('smtp') ? { url: secretOf(url ?? '') } : null,
    emailFrom: emailFrom ?? '',
  }
}

function readTwilio(environment: Environment) {
  return {
    accountSid: environment.read(accountSidVariable),
    authToken: environment.read(authTokenVariable),
    number: environment.read(fromVariable),
    messagingServiceSid: environment.read(messagingServiceVariable),
    apiUrl: environment.read(twilioUrlVariable),
  }
}

function readResend(environment: Environment) {
  return {
    apiKey: environment.read(resendKeyVariable),
    apiUrl: environment.read(resendUrlVariable),
    webhookSecret: environment.read(resendWebhookVariable),
  }
}

/** Would what is asked there cross a network in clear? */
export function isClearTextUrl(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol !== 'https:' && !isLoopbackName(hostname)
}

function isPlainUrl(value: string): boolean {
  if (!URL.canParse(value) || /[?#]/.test(value)) return false
  const { protocol, username, password } = new URL(value)
  return ['http:', 'https:'].includes(protocol) && username === '' && password === ''
}

function isSmtpUrl(value: string): boolean {
  if (!URL.canParse(value) || /[?#]/.test(value)) return false
  const { protocol, hostname, pathname, username, password } = new URL(value)
  const isServer = ['smtp:', 'smtps:'].includes(protocol) && hostname !== '' && ['', '/'].includes(pathname)
  return isServer && isDecodable(username) && isDecodable(password)
}

/** A URL may hold a bare `%`, which cannot be turned back into what it stands for. */
function isDecodable(part: string): boolean {
  try {
    decodeURIComponent(part)
    return true
  } catch {
    return false
  }
}
