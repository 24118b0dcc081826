import type { Account } from '../domain/accounts/index.ts'
import type { Audit, Origin } from '../domain/audit/index.ts'
import type { Devices } from '../domain/devices/index.ts'
import type { Limits } from '../domain/limits/index.ts'
import type { Passwords } from '../domain/passwords/index.ts'
import { networkOf } from '../lib/ip.ts'
import type { Notices } from './notices.ts'

export type ConfirmResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'wrong' }
  | { readonly ok: false; readonly reason: 'paused'; readonly until: Date }

/** `device` is the secret of the browser's device cookie, or null. */
export type ConfirmPassword = (
  account: Account,
  password: string,
  device: string | null,
  origin: Origin,
) => Promise<ConfirmResult>

export interface ConfirmPasswordParts {
  readonly passwords: Passwords
  readonly limits: Limits
  readonly devices: Devices
  readonly notices: Notices
  readonly audit: Audit
}

/**
 * The password of somebody signed in, asked for again before a change: whoever found an open browser does not know
 * it. Counted like a sign-in's, on a counter of its own.
 */
export function createConfirmPassword(parts: ConfirmPasswordParts): ConfirmPassword {
  const { passwords, limits, devices, notices, audit } = parts
  return async (account, password, device, origin) => {
    const subject = { kind: 'account', id: account.id } as const
    const isKnown = await devices.isKnown(device, account.id)
    const knownDevice = isKnown ? device : null
    const attempt = {
      factor: 'password',
      purpose: 'step-up',
      who: account.id,
      knownDevice,
      ip: origin.ip,
    } as const
    const allowed = await limits.reserve(attempt)
    if (!allowed.ok) {
      await audit.record({ ...origin, event: 'step-up.paused', outcome: 'failure', subject })
      return { ok: false, reason: 'paused', until: allowed.until }
    }
    const caller = { caller: networkOf(origin.ip ?? ''), isKnown }
    const { ok } = await passwords
      .verify(account.passwordHash, password, caller)
      .catch(async (error: unknown) => {
        // Too many hashes wait: that is no wrong password.
        await limits.unseen(attempt)
        throw error
      })
    if (ok) {
      await limits.succeeded(attempt)
      return { ok: true }
    }
    await audit.record({
      ...origin,
      event: 'step-up.refused',
      outcome: 'failure',
      reason: 'wrong-password',
      subject,
      factor: 'password',
    })
    if ((await limits.pauseOf(attempt)) !== null) notices.send('paused', account, origin)
    return { ok: false, reason: 'wrong' }
  }
}
