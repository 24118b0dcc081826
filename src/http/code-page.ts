import { secondsUntil } from '../lib/clock.ts'
import { type Page, type Step, sheet } from './page.ts'
import type { Text, TextKey } from './texts.ts'

type Channel = 'sms' | 'email'

/** Where the code went, as far as whoever looks at the page may know. */
export type CodeDestination =
  /** After a right password: bullets hide the middle. */
  | { readonly kind: 'masked'; readonly shown: string }
  /** The person typed it just now. */
  | { readonly kind: 'typed'; readonly contact: string }
  /** Whoever asks must not learn whether there is one: "the phone or email of the account". */
  | { readonly kind: 'unsaid' }

export type CodeFailure =
  | { readonly kind: 'missing' }
  | { readonly kind: 'wrong'; readonly attemptsLeft: number }
  /** Too old, superseded or unknown: a new one can be sent. */
  | { readonly kind: 'expired' }
  /** A new code was asked for before `resendAt`. */
  | { readonly kind: 'too-soon' }
  /** No attempts are left, or a pause until then: only the first step leads on. */
  | { readonly kind: 'blocked'; readonly until: Date | null }

/** The page that asks for a one-time code: one for every journey that sends one. */
export interface CodePage {
  readonly purpose: 'sign-in' | 'sign-up' | 'setup' | 'recovery' | 'contact-change'
  readonly action: string
  readonly resendAction: string
  readonly step: Step | null
  readonly digits: number
  /** The two letters that name the code which works now. */
  readonly reference: string
  readonly channel: Channel
  readonly destination: CodeDestination
  readonly worksUntil: Date
  readonly resendAt: Date
  readonly now: Date
  readonly failure: CodeFailure | null
  /** A new code was sent just now. */
  readonly resent: boolean
  /** The other way to get it; `shown` is masked, null where it may not be told. */
  readonly otherChannel: {
    readonly action: string
    readonly channel: Channel
    readonly shown: string | null
  } | null
  /** Why the code may not come, for whoever may know. */
  readonly trouble?: 'undelivered' | 'channel-down' | null
  /** A contact of the person, masked, that a message did not reach since they were here last. */
  readonly lostContact?: string | null
  /** Back to the first step. */
  readonly startAgainUrl: string
}

const SENT: Readonly<Record<Channel, TextKey>> = { sms: 'code.sentBySms', email: 'code.sentByEmail' }
const ENDING: Readonly<Record<Channel, TextKey>> = { sms: 'code.phoneEnding', email: 'code.emailEnding' }

const TROUBLE: Readonly<Record<'undelivered' | 'channel-down', Readonly<Record<Channel, TextKey>>>> = {
  undelivered: { sms: 'code.trouble.undeliveredSms', email: 'code.trouble.undeliveredEmail' },
  'channel-down': { sms: 'code.trouble.smsDown', email: 'code.trouble.emailDown' },
}

const START_AGAIN: Readonly<Record<CodePage['purpose'], TextKey>> = {
  'sign-in': 'code.anotherAccount',
  'sign-up': 'code.changeDetails',
  setup: 'code.changeDetails',
  recovery: 'code.changeDetails',
  'contact-change': 'code.anotherContact',
}

export function codePage(code: CodePage): Page {
  const { channel, destination, failure, now, resendAt, trouble, worksUntil } = code
  const model = {
    ...code,
    sent: destination.kind === 'unsaid' ? 'code.sent' : SENT[channel],
    // A screen reader would spell out every bullet: it says how the contact ends instead.
    spoken: destination.kind === 'masked' ? ending(channel, destination.shown) : null,
    over: worksUntil <= now,
    waitSeconds: secondsUntil(resendAt, now),
    blocked: failure?.kind === 'blocked',
    troubleText: trouble ? TROUBLE[trouble][channel] : null,
    lostContact: code.lostContact ?? null,
    wrongField: failure && fieldProblem(failure, code.digits),
    startAgain: START_AGAIN[code.purpose],
  }
  return sheet('code', { key: 'code.title' }, model, { failed: failure !== null })
}

function ending(channel: Channel, masked: string): Text {
  return { key: ENDING[channel], values: { ending: masked.slice(masked.lastIndexOf('•') + 1) } }
}

/** What stands below the input; null where what was typed is not to blame. */
function fieldProblem(failure: CodeFailure, digits: number): Text | null {
  switch (failure.kind) {
    case 'missing':
      return { key: 'code.missing', values: { digits } }
    case 'wrong':
      return { key: 'code.wrong.problem' }
    case 'expired':
      return { key: 'code.expired.problem' }
    case 'too-soon':
    case 'blocked':
      return null
  }
}
