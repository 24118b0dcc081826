import ipaddr from 'ipaddr.js'
import type { Context } from 'koa'

/** Whose word on the client's address counts: that of so many hops, or of proxies in these networks. */
export type TrustedProxies =
  | { readonly trust: 'none' }
  | { readonly trust: 'hops'; readonly hops: number }
  | { readonly trust: 'networks'; readonly networks: readonly string[] }

export interface ClientIp {
  /** The address of whoever asks, as far as it can be trusted. */
  of(ctx: Context): string
  /** Did the request come through a proxy whose headers count? */
  isThroughProxy(ctx: Context): boolean
}

/** Nobody chains more proxies; a longer list is made to be read for long. */
const LONGEST_CHAIN = 20

export function createClientIp(trusted: TrustedProxies): ClientIp {
  const networks =
    trusted.trust === 'networks' ? trusted.networks.map((network) => ipaddr.parseCIDR(network)) : []

  function isProxy(address: string): boolean {
    if (!ipaddr.isValid(address)) return false
    const parsed = ipaddr.process(address)
    return networks.some(
      ([network, bits]) => parsed.kind() === network.kind() && parsed.match([network, bits] as never),
    )
  }

  /** Nearest first: the peer, then what each proxy says of the one before it. */
  function chainOf(ctx: Context): string[] {
    const forwarded = ctx.get('x-forwarded-for').split(',').slice(-LONGEST_CHAIN)
    return [ctx.req.socket.remoteAddress ?? '', ...forwarded.map((one) => withoutPort(one.trim())).reverse()]
  }

  function trustedHops(chain: readonly string[]): number {
    if (trusted.trust === 'none') return 0
    if (trusted.trust === 'hops') return trusted.hops
    const firstStranger = chain.findIndex((address) => !isProxy(address))
    return firstStranger < 0 ? chain.length - 1 : firstStranger
  }

  return {
    of(ctx) {
      const chain = chainOf(ctx)
      for (let hop = trustedHops(chain); hop > 0; hop--) {
        const address = chain[hop]
        if (address !== undefined && ipaddr.isValid(address)) return ipaddr.process(address).toString()
      }
      return plain(chain[0] ?? '')
    },
    isThroughProxy: (ctx) => trustedHops(chainOf(ctx)) > 0,
  }
}

/** Some gateways write `192.0.2.1:5555` or `[2001:db8::1]:443`. */
function withoutPort(entry: string): string {
  return (
    /^\[([^\]]{2,45})\](?::\d{1,5})?$/.exec(entry)?.[1] ??
    entry.replace(/^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/, '$1')
  )
}

/** `::ffff:127.0.0.1` is 127.0.0.1: one client, one spelling. */
function plain(address: string): string {
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : 'unknown'
}
