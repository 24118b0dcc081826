import type { Origin } from '../domain/audit/index.ts'
import { type Device, deviceOf } from '../lib/device.ts'
import { shownNetworkOf } from '../lib/ip.ts'

/** By what a person knows one of their sessions again. */
export interface SeenSession {
  readonly lastSeenAt: Date
  readonly device: Device | null
  /** The first part of the address: enough to know one's own, too little to find somebody. */
  readonly network: string | null
}

/** Stands in a session's sealed payload; the library passes over what it does not know. */
export function seenNow({ ip, userAgent }: Pick<Origin, 'ip' | 'userAgent'>, now: Date) {
  return {
    at: now.toISOString(),
    device: deviceOf(userAgent),
    network: ip === null ? null : shownNetworkOf(ip),
  }
}
