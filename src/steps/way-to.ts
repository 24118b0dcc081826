import { type Account, reachableBy } from '../domain/accounts/index.ts'
import type { Channel } from '../domain/delivery/index.ts'

export interface WayTo {
  readonly channel: Channel
  readonly destination: string
}

/** The verified contacts by which an owner is told something. Email first: news may wait, and costs nothing there. */
export function waysTo(account: Account): WayTo[] {
  return (['email', 'sms'] as const).flatMap((channel) => {
    const destination = reachableBy(account, channel)
    return destination === null ? [] : [{ channel, destination }]
  })
}

/** The first of them, or null. */
export function wayTo(account: Account): WayTo | null {
  return waysTo(account)[0] ?? null
}
