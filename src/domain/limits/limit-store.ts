/** One budget to take from: at most `limit` in each window of `windowSeconds`. */
export interface Take {
  readonly key: string
  readonly limit: number
  readonly windowSeconds: number
}

export type TakeResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly key: string; readonly retryAt: Date }

/** How pauses grow: the first after `free` failures in a row, then doubling up to the longest. */
export interface PausePolicy {
  readonly free: number
  readonly firstPauseSeconds: number
  readonly longestPauseSeconds: number
  /** Failures older than this are forgotten. */
  readonly forgetSeconds: number
}

export interface LimitStore {
  /**
   * Takes one from every budget, or from none of them. N concurrent calls over a budget of `limit` succeed
   * exactly `limit` times within a window. A window begins with its first take.
   */
  take(takes: readonly Take[], now: Date): Promise<TakeResult>
  /** How much of a budget is spent in the window that `now` lies in. */
  spent(key: string, now: Date): Promise<number>
  /** Counts one failure; answers until when the key pauses, or null. */
  recordFailure(key: string, policy: PausePolicy, now: Date): Promise<Date | null>
  /** Until when the key pauses, or null. */
  findPause(key: string, now: Date): Promise<Date | null>
  /** Forgets failures and pause. */
  clear(key: string): Promise<void>
  tidy(now: Date, limit: number): Promise<number>
}
