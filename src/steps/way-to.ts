import { type Account, reachableBy } from '../domain/accounts/index.ts'

/** A verified contact by which an owner is told something. Email first: news may wait, and costs nothing there. */
export function wayTo(account: Account) {
  for (const channel of ['email', 'sms'] as const) {
    const destination = reachableBy(account, channel)
    if (destination !== null) return { channel, destination }
  }
  return null
}
