import type { AuditEntry } from '../audit/index.ts'

/** What a budget of messages is counted by: for records and figures, which never see whose it is. */
export type Budget =
  | 'destination'
  | 'address'
  | 'unknown-contacts'
  | 'country-unknown'
  | 'country-known'
  | 'total'
  | 'account'
  | 'notice'

/** One budget to take from: at most `limit` in each window of `windowSeconds`. */
export interface Take {
  readonly key: string
  /** Which it is, where anybody wants to know that it is spent. */
  readonly budget?: Budget
  readonly limit: number
  readonly windowSeconds: number
}

/**
 * What somebody pays in turn: of each part all or nothing, and once a part is spent nothing of those behind it. What
 * was paid before it stays paid.
 */
export type Toll = readonly (readonly Take[])[]

export type TakeResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly key: string; readonly budget?: Budget; readonly retryAt: Date }

/**
 * When tries pause. `growing`: the first pause after `free` failures in a row, then doubled up to the longest;
 * failures older than `forgetSeconds` are forgotten. `window`: at most `most` failures in any `windowSeconds`; the
 * pause ends when the oldest of them is that old, or after the longest pause.
 */
export type PausePolicy =
  | {
      readonly kind: 'growing'
      readonly free: number
      readonly firstPauseSeconds: number
      readonly longestPauseSeconds: number
      readonly forgetSeconds: number
    }
  | {
      readonly kind: 'window'
      readonly most: number
      readonly windowSeconds: number
      readonly longestPauseSeconds: number
    }

/** One counter that a try counts against. */
export interface CountedTry {
  readonly key: string
  readonly policy: PausePolicy
}

export type ReserveTryResult = { readonly ok: true } | { readonly ok: false; readonly until: Date }

export interface SettledTry {
  /** It was right: these counters forget all failures and their pause. */
  readonly cleared: readonly string[]
  /** Nobody could look at it: these counters forget the newest failure and the pause that began with it. */
  readonly released: readonly string[]
  /** Budgets that get one back. */
  readonly givenBack: readonly string[]
}

export interface LimitStore {
  /**
   * Takes one from every budget, or from none of them; each key is named once. N concurrent calls over a budget of
   * `limit` succeed exactly `limit` times within a window. A window begins with its first take.
   */
  take(takes: readonly Take[], now: Date): Promise<TakeResult>
  /** How much of a budget is spent in the window that `now` lies in. */
  spent(key: string, now: Date): Promise<number>
  /** When one could be taken again from a budget that is used up; null while it can be taken now. */
  findRetry(take: Take, now: Date): Promise<Date | null>
  /**
   * Counts a try as failed before anybody looks at it, in every counter and budget, and lets the pauses begin that
   * follow from it. Refused, and counted nowhere, while one of the counters pauses or a budget is spent: of N
   * concurrent calls no more are reserved than are free.
   */
  reserveTry(tries: readonly CountedTry[], takes: readonly Take[], now: Date): Promise<ReserveTryResult>
  /** What became of a reserved try. */
  settleTry(settled: SettledTry, now: Date): Promise<void>
  /**
   * These counters, and all whose key is one of these with a dot and more behind it, forget their failures and
   * their pauses.
   */
  forgive(keys: readonly string[], audit: readonly AuditEntry[]): Promise<void>
  /** Until when the key pauses, or null. */
  findPause(key: string, now: Date): Promise<Date | null>
  tidy(now: Date, limit: number): Promise<number>
}
