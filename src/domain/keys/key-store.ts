import type { AuditEntry } from '../audit/index.ts'

/** What a data key is for. Each purpose has keys of its own: the first makes, all verify or open. */
export const DATA_KEY_PURPOSES = [
  'pepper',
  'blind-index',
  'fields',
  'artifacts',
  'cookies',
  'revocation-handles',
  'messages',
  'audit',
] as const
export type DataKeyPurpose = (typeof DATA_KEY_PURPOSES)[number]

export const SIGNING_ALGORITHMS = ['ES256', 'RS256', 'EdDSA'] as const
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number]

/**
 * A key as stored: sealed under a master key. `slot` is its natural key ("pepper/1", "ES256/1"), so that of two
 * processes on their first start one makes it. A signing key is published from `publishedAt`, signs from
 * `activeAt` and leaves the JWKS at `retiredAt`; data keys have no such times.
 */
export interface StoredKey {
  readonly id: string
  readonly slot: string
  readonly use: 'data' | 'signing'
  readonly purpose: DataKeyPurpose | SigningAlgorithm
  readonly sealed: Uint8Array
  readonly masterKeyId: string
  readonly createdAt: Date
  readonly publishedAt: Date | null
  readonly activeAt: Date | null
  readonly retiredAt: Date | null
}

/** A key sealed anew: its content is the same. */
export interface Rewrapped {
  readonly id: string
  /** The master key that it was sealed under when it was read. */
  readonly from: string
  readonly sealed: Uint8Array
  readonly masterKeyId: string
}

export interface KeyStore {
  /** All keys, oldest first. */
  list(): Promise<StoredKey[]>
  /** Inserts those whose slot is free, in one step; a taken slot keeps its key. */
  keep(keys: readonly StoredKey[]): Promise<void>
  /**
   * Puts the next signing keys beside those there are and gives these their end, unless it is sooner already; with
   * the record, in one step. False, and nothing changed, when one of the slots is taken: another was faster.
   */
  rotate(next: readonly StoredKey[], retiredAt: Date, audit: readonly AuditEntry[]): Promise<boolean>
  /** Changes those that are still sealed under `from`; answers how many, and writes the record when there are any. */
  rewrap(keys: readonly Rewrapped[], audit: readonly AuditEntry[]): Promise<number>
  /** Removes signing keys that have retired. */
  tidy(now: Date, limit: number): Promise<number>
}
