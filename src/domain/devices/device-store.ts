import type { AuditEntry } from '../audit/index.ts'

/**
 * A browser in which a person has signed in, as stored: the hash of the secret in its cookie and of the account,
 * so that one cookie serves every account of the browser and none of them shows at rest.
 */
export interface Device {
  readonly idHash: Uint8Array
  readonly accountId: string
  /** The account's sign-in generation when it was remembered; an older one makes the device absent. */
  readonly accountGeneration: number
  /** Browser and system by their names, or null. */
  readonly label: string | null
  readonly createdAt: Date
  readonly lastSeenAt: Date
  readonly expiresAt: Date
}

export interface DeviceStore {
  /** Inserts, or replaces what is known of the same device but its `createdAt`. */
  remember(device: Device, audit: readonly AuditEntry[]): Promise<void>
  /** Absent: never remembered, expired, or of an older generation of its account. */
  find(idHash: Uint8Array, now: Date): Promise<Device | null>
  /** Those of an account that are not absent, the one seen last first. */
  listByAccount(accountId: string, now: Date, limit: number): Promise<Device[]>
  /** Forgets one of an account; false when it has no such device. */
  remove(accountId: string, idHash: Uint8Array, audit: readonly AuditEntry[]): Promise<boolean>
  tidy(now: Date, limit: number): Promise<number>
}
