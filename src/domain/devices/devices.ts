import { addSeconds, type Clock } from '../../lib/clock.ts'
import { hmac } from '../../lib/hash.ts'
import { newSecret, type Random } from '../../lib/ids.ts'
import type { DeviceStore } from './device-store.ts'

/** A device that stays unused this long is forgotten. */
export const DEVICE_SECONDS = 30 * 86_400

export interface SeenDevice {
  readonly secret: string
  readonly accountId: string
  readonly accountGeneration: number
  readonly label: string | null
}

export interface Devices {
  /** The secret of a cookie for a browser that has none. */
  newSecret(): string
  /** Has this account signed in in the browser with this secret, and nothing ended that since? */
  isKnown(secret: string | null, accountId: string): Promise<boolean>
  remember(device: SeenDevice): Promise<void>
}

export interface DevicesParts {
  readonly store: DeviceStore
  readonly key: Uint8Array
  readonly clock: Clock
  readonly random: Random
}

export function createDevices({ store, key, clock, random }: DevicesParts): Devices {
  const idOf = (secret: string, accountId: string) => hmac(key, 'device', secret, accountId)
  return {
    newSecret: () => newSecret(random),
    async isKnown(secret, accountId) {
      return secret !== null && (await store.find(idOf(secret, accountId), clock.now())) !== null
    },
    async remember({ secret, accountId, accountGeneration, label }) {
      const now = clock.now()
      const device = { idHash: idOf(secret, accountId), accountId, accountGeneration, label }
      await store.remember(
        { ...device, createdAt: now, lastSeenAt: now, expiresAt: addSeconds(now, DEVICE_SECONDS) },
        [],
      )
    },
  }
}
