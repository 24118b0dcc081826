import { type Page, sheet } from '../../../http/page.ts'
import type { TextKey } from '../../../http/texts.ts'

export type StopReason = 'other-account' | 'not-signed-in' | 'contact-taken' | 'ended' | 'contact-needed'

export interface StoppedPage {
  readonly reason: StopReason
  /** Where to begin again. */
  readonly againUrl: string
}

const STOPS: Readonly<Record<StopReason, { heading: TextKey; advice: TextKey }>> = {
  'other-account': {
    heading: 'myAccount.stopped.otherAccount.heading',
    advice: 'myAccount.stopped.otherAccount.advice',
  },
  'not-signed-in': {
    heading: 'myAccount.stopped.notSignedIn.heading',
    advice: 'myAccount.stopped.notSignedIn.advice',
  },
  'contact-taken': {
    heading: 'myAccount.stopped.contactTaken.heading',
    advice: 'myAccount.stopped.contactTaken.advice',
  },
  ended: { heading: 'myAccount.stopped.ended.heading', advice: 'myAccount.stopped.ended.advice' },
  'contact-needed': {
    heading: 'myAccount.stopped.contactNeeded.heading',
    advice: 'myAccount.stopped.contactNeeded.advice',
  },
}

/** Nothing was changed, and why. */
export function stoppedPage({ reason, againUrl }: StoppedPage): Page {
  const { heading, advice } = STOPS[reason]
  return sheet('my-account/stopped', { key: heading }, { heading, advice, againUrl }, { failed: true })
}

export function signedOutEverywherePage(): Page {
  const model = {
    heading: 'myAccount.gone.everywhere.heading',
    advice: 'myAccount.gone.everywhere.advice',
    signInUrl: '/account',
  } as const
  return sheet('my-account/gone', { key: model.heading }, model)
}

export function deactivatedPage(): Page {
  const model = {
    heading: 'myAccount.gone.deactivated.heading',
    advice: 'myAccount.gone.deactivated.advice',
    signInUrl: null,
  } as const
  return sheet('my-account/gone', { key: model.heading }, model)
}
