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

export interface RevocationStore {
  /** Never raised: both 0. */
  findGenerations(owners: readonly GenerationOwner[]): Promise<Generations[]>
  raise(raises: readonly Raise[], audit: readonly AuditEntry[]): Promise<void>
  /** The issuer's random generation; kept unless there is one, and the kept one is answered. */
  keepIssuerGeneration(value: string): Promise<string>
  /** Answers for each whether this call ended it (false: it had ended before). */
  end(endings: readonly Ending[], audit: readonly AuditEntry[]): Promise<boolean[]>
  isEnded(kind: Ending['kind'], id: string): Promise<boolean>
  tidy(now: Date, limit: number): Promise<number>
}
