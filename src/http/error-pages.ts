import { type Page, sheet } from './page.ts'
import type { TextKey } from './texts.ts'

export type ErrorKind =
  | 'not-found'
  | 'malformed'
  | 'foreign-form'
  | 'cookies'
  | 'unknown-interaction'
  | 'protocol'
  | 'too-large'
  | 'too-many'
  | 'fault'

/** Everything that ends at an error page. */
export interface ErrorPage {
  readonly kind: ErrorKind
  /** The protocol's own words (RFC 6749 §4.1.2.1), for whoever runs the application. */
  readonly detail: { readonly error: string; readonly description: string | null } | null
  readonly traceId: string
  readonly at: Date
  /** The application the person came from. */
  readonly backUrl: string | null
  readonly clientName: string | null
  /** Where a new attempt begins. */
  readonly startUrl: string | null
  /** With `too-many`: when it goes on. */
  readonly retryAt: Date | null
}

const HEADINGS: Readonly<Record<ErrorKind, TextKey>> = {
  'not-found': 'error.notFound.heading',
  malformed: 'error.malformed.heading',
  'foreign-form': 'error.foreignForm.heading',
  cookies: 'error.cookies.heading',
  'unknown-interaction': 'error.unknownInteraction.heading',
  protocol: 'error.protocol.heading',
  'too-large': 'error.tooLarge.heading',
  'too-many': 'error.tooMany.heading',
  fault: 'error.fault.heading',
}

const ADVICE: Readonly<Record<ErrorKind, TextKey>> = {
  'not-found': 'error.notFound.advice',
  malformed: 'error.malformed.advice',
  'foreign-form': 'error.foreignForm.advice',
  cookies: 'error.cookies.advice',
  'unknown-interaction': 'error.unknownInteraction.advice',
  protocol: 'error.protocol.advice',
  'too-large': 'error.tooLarge.advice',
  'too-many': 'error.tooMany.advice',
  fault: 'error.fault.advice',
}

export function errorPage(error: ErrorPage): Page {
  const heading = HEADINGS[error.kind]
  return sheet('error', { key: heading }, { ...error, heading, advice: ADVICE[error.kind] })
}

/** 503 with Retry-After: full, or something we need is down. */
export interface BusyPage {
  readonly retryAfterSeconds: number
  /** The page *before*, opened anew: a password is never put back into a page. */
  readonly againUrl: string | null
  readonly traceId: string
}

export function busyPage(busy: BusyPage): Page {
  return sheet('busy', { key: 'busy.title' }, busy)
}
