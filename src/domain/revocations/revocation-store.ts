import type { AuditEntry } from '../audit/index.ts'

/** What has generations (interface.md, Revocation feed). A user type has no sign-in generation. */
export type GenerationOwner =
  | { readonly kind: 'account'; readonly id: string }
  | { readonly kind: 'client'; readonly id: string }
  | { readonly kind: 'user-type'; readonly id: string }

/** `token` counts what kills issued access tokens, `signIn` what also kills sessions, grants and refresh tokens. */
export interface Generations {
  readonly token: number
  readonly signIn: number
}

/** Raised together with the change that causes it, by the store that makes the change. */
export interface Raise {
  readonly owner: GenerationOwner
  readonly signIn: boolean
}

/** One thing that was alive and has ended; it has no number. */
export interface Ending {
  readonly kind: 'token' | 'grant' | 'session'
  readonly id: string
  readonly at: Date
  /** When nothing that it kills can still be valid; afterwards the row is tidied away. */
  readonly until: Date
  readonly reason: string
}

/**
 * One line of the log of what has died, written in the same step as the raise or the end that it tells of. Cursors
 * grow, are never used twice, and no row ever appears below one that could be read already: who has seen a cursor has
 * seen all up to it.
 */
export interface Dead {
  readonly cursor: number
  /** `everything`: whatever was issued before this line is dead. */
  readonly kind: GenerationOwner['kind'] | Ending['kind'] | 'everything'
  readonly id: string
  /** The generation that died; null for what has no number. */
  readonly tokenGeneration: number | null
  /** Null also where sign-ins live on. */
  readonly signInGeneration: number | null
  readonly at: Date
}

export interface RevocationStore {
  /** Never raised: both 0. */
  findGenerations(owners: readonly GenerationOwner[]): Promise<Generations[]>
  raise(raises: readonly Raise[], at: Date, audit: readonly AuditEntry[]): Promise<void>
  /** The issuer's random generation; kept unless there is one, and the kept one is answered. */
  keepIssuerGeneration(value: string): Promise<string>
  /** Answers for each whether this call ended it (false: it had ended before). */
  end(endings: readonly Ending[], audit: readonly AuditEntry[]): Promise<boolean[]>
  isEnded(kind: Ending['kind'], id: string): Promise<boolean>
  tidy(now: Date, limit: number): Promise<number>
  /**
   * Kills whatever was issued until now: marks the log, then raises the owners, who together stand behind every
   * token. Only while no line after `marker` marks it already; answers whether this call did.
   */
  raiseAll(
    owners: readonly GenerationOwner[],
    marker: number,
    at: Date,
    audit: readonly AuditEntry[],
  ): Promise<boolean>
  /** What died after the row `after` (0: all that is kept), in order. */
  listDead(after: number, limit: number): Promise<Dead[]>
  /** The cursor of the newest row ever written; 0 when nothing died yet. */
  newestDead(): Promise<number>
  /** Forgets what died at `before` or earlier; answers how many rows. */
  tidyDead(before: Date, limit: number): Promise<number>
}
