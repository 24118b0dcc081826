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

export type ReserveTryResult = { readonly ok: true } | { readonly ok: false; readonly until: Date }

export interface LimitStore {
  /**
   * Takes one from every budget, or from none of them; each key is named once. N concurrent calls over a budget of
   * `limit` succeed exactly `limit` times within a window. A window begins with its first take.
   */
  take(takes: readonly Take[], now: Date): Promise<TakeResult>
  /** How much of a budget is spent in the window that `now` lies in. */
  spent(key: string, now: Date): Promise<number>
  /**
   * Counts a try as failed before anybody looks at it, and lets the pause begin that follows from it. Refused, and
   * not counted, while a pause runs: of N concurrent calls at most `free` are reserved before the first pause.
   */
  reserveTry(key: string, policy: PausePolicy, now: Date): Promise<ReserveTryResult>
  /** Until when the key pauses, or null. */
  findPause(key: string, now: Date): Promise<Date | null>
  /** Forgets failures and pause. */
  clear(key: string): Promise<void>
  tidy(now: Date, limit: number): Promise<number>
}
