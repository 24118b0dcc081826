import { addSeconds, type Clock } from '../../lib/clock.ts'
import { hmac } from '../../lib/hash.ts'
import { newSecret, type Random } from '../../lib/ids.ts'
import type { AuditEntry } from '../audit/index.ts'
import type { DeviceStore } from './device-store.ts'

/** A device that stays unused this long is forgotten. */
export const DEVICE_SECONDS = 30 * 86_400

export interface SeenDevice {
  readonly secret: string
  readonly accountId: string
  readonly accountGeneration: number
  readonly label: string | null
}

/** A device as its owner sees it. */
export interface KnownDevice {
  readonly id: string
  readonly label: string | null
  readonly createdAt: Date
  readonly lastSeenAt: Date
}

export interface Devices {
  /** The secret of a cookie for a browser that has none. */
  newSecret(): string
  /** Has this account signed in in the browser with this secret, and nothing ended that since? */
  isKnown(secret: string | null, accountId: string): Promise<boolean>
  remember(device: SeenDevice): Promise<void>
  /** Those of an account, the one seen last first. */
  list(accountId: string): Promise<KnownDevice[]>
  /** The id by which `list` names the device with this secret. */
  idOf(secret: string, accountId: string): string
  /** False when the account has no such device. */
  forget(accountId: string, id: string, audit: readonly AuditEntry[]): Promise<boolean>
}

export interface DevicesParts {
  readonly store: DeviceStore
  readonly key: Uint8Array
  readonly clock: Clock
  readonly random: Random
}

/** More than anybody has. */
const MOST_LISTED = 200
const PREFIX = 'dev_'

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
    async list(accountId) {
      const devices = await store.listByAccount(accountId, clock.now(), MOST_LISTED)
      return devices.map(({ idHash, label, createdAt, lastSeenAt }) => {
        return { id: shownId(idHash), label, createdAt, lastSeenAt }
      })
    },
    idOf: (secret, accountId) => shownId(idOf(secret, accountId)),
    async forget(accountId, id, audit) {
      if (!id.startsWith(PREFIX)) return false
      return store.remove(accountId, Buffer.from(id.slice(PREFIX.length), 'base64url'), audit)
    },
  }
}

function shownId(idHash: Uint8Array): string {
  return PREFIX + Buffer.from(idHash).toString('base64url')
}
