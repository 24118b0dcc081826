import { addSeconds, type Clock } from './clock.ts'

/**
 * Keeps callers from waiting, one after another, for a service that does not answer. Closed: all calls pass. Open,
 * after some failures in a row: none does, for a while. Then one probe passes; its success closes the breaker, its
 * failure opens it anew.
 */
export interface Breaker {
  /** Leave to make one call; null while the service is left alone. */
  pass(): Pass | null
  /** Without asking for leave. `probing`: it is open, and the next call is the probe. */
  state(): 'up' | 'probing' | 'down'
}

/** Leave for one call, whose end must be told. */
export interface Pass {
  succeeded(): void
  failed(): void
}

export interface BreakerParts {
  /** So many failures in a row open it. */
  readonly failures: number
  /** So long it stays open before a probe. */
  readonly openSeconds: number
  readonly clock: Clock
}

export function createBreaker({ failures, openSeconds, clock }: BreakerParts): Breaker {
  let failedInARow = 0
  let probeAt: Date | null = null
  /** Rises whenever it opens or closes: a call that began before has no say any more. */
  let era = 0

  function open(): void {
    probeAt = addSeconds(clock.now(), openSeconds)
    era += 1
  }

  function close(): void {
    failedInARow = 0
    if (probeAt === null) return
    probeAt = null
    era += 1
  }

  /** A probe further off than it ever is: the clock was put back, and nobody waits until the old time comes again. */
  function isShut(at: Date): boolean {
    const now = clock.now()
    return now < at && at <= addSeconds(now, openSeconds)
  }

  function fail(): void {
    failedInARow += 1
    if (probeAt !== null || failedInARow >= failures) open()
  }

  return {
    state() {
      if (probeAt === null) return 'up'
      return isShut(probeAt) ? 'down' : 'probing'
    },
    pass() {
      if (probeAt !== null) {
        if (isShut(probeAt)) return null
        // The next probe waits as long, so there is one at a time, and one that is never heard of again blocks nothing.
        open()
      }
      const begun = era
      const inItsEra = (tell: () => void) => () => {
        if (begun === era) tell()
      }
      return { succeeded: inItsEra(close), failed: inItsEra(fail) }
    },
  }
}
