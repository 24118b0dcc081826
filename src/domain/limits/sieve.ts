import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { networkOf } from '../../lib/ip.ts'

/** The first, coarse limit: requests of one network in a minute, counted by each process for itself. */
export interface Sieve {
  /** Null, or after how many seconds the network may ask again. */
  pass(ip: string): Promise<number | null>
}

const MINUTE_SECONDS = 60

/** Approximate on purpose: it holds off floods, every number that must hold is kept in the primary store. */
export function createSieve(requestsPerMinute: number): Sieve {
  const limiter = new RateLimiterMemory({ points: requestsPerMinute, duration: MINUTE_SECONDS })
  return {
    async pass(ip) {
      try {
        await limiter.consume(networkOf(ip))
        return null
      } catch (refused) {
        if (refused instanceof RateLimiterRes) return Math.max(1, Math.ceil(refused.msBeforeNext / 1000))
        throw refused
      }
    },
  }
}
