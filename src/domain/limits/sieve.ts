// Not by its door, which loads clients of a dozen stores: 8 MB of memory.
import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js'
import RateLimiterRes from 'rate-limiter-flexible/lib/RateLimiterRes.js'
import { networkOf } from '../../lib/ip.ts'

/** The first, coarse limit: requests of one network in a minute, counted by each process for itself. */
export interface Sieve {
  /** Null, or after how many seconds the network may ask again. */
  pass(ip: string): Promise<number | null>
}

const MINUTE_SECONDS = 60
/** Whoever has a provider's IPv6 network has more networks of customers than any memory holds: these take some 10 MB. */
const MOST_NETWORKS = 50_000

/**
 * Approximate on purpose: it holds off floods, every number that must hold is kept in the primary store. Of more
 * networks at a time than `mostNetworks` the one counted for longest is forgotten.
 */
export function createSieve(requestsPerMinute: number, mostNetworks = MOST_NETWORKS): Sieve {
  const limiter = new RateLimiterMemory({ points: requestsPerMinute, duration: MINUTE_SECONDS })
  // A Set keeps the order of insertion: the one whose minute began first stands first.
  const counted = new Set<string>()

  async function remember(network: string): Promise<void> {
    counted.delete(network)
    counted.add(network)
    const [oldest] = counted
    if (oldest === undefined || counted.size <= mostNetworks) return
    counted.delete(oldest)
    await limiter.delete(oldest)
  }

  return {
    async pass(ip) {
      const network = networkOf(ip)
      try {
        const { isFirstInDuration } = await limiter.consume(network)
        if (isFirstInDuration) await remember(network)
        return null
      } catch (refused) {
        if (refused instanceof RateLimiterRes) return Math.max(1, Math.ceil(refused.msBeforeNext / 1000))
        throw refused
      }
    },
  }
}
