import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import type { Environment, Variable } from './environment.ts'

/** Whose X-Forwarded-… headers are believed. */
export type TrustedProxies =
  | { readonly trust: 'none' }
  /** So many proxies stand before us, one behind the other. */
  | { readonly trust: 'hops'; readonly hops: number }
  /** Proxies have addresses in these networks (CIDR). */
  | { readonly trust: 'networks'; readonly networks: readonly string[] }

const MOST_HOPS = 16
const FORM = 'must be a number of proxies from 1 to 16, or networks such as 10.0.0.0/8, fd00::/8'

const trustedProxiesVariable: Variable<TrustedProxies> = {
  name: 'LATCHKEY_TRUSTED_PROXIES',
  shown: 'none',
  fallback: null,
  meaning: 'how many proxies stand before Latchkey, or their networks (CIDR, comma-separated)',
  schema: z.string().transform((value, context): TrustedProxies => {
    if (/^\d+$/.test(value)) {
      const hops = Number(value)
      if (hops < 1 || hops > MOST_HOPS) context.addIssue(`${FORM}, is ${value}`)
      return { trust: 'hops', hops }
    }
    const networks = value.split(',').map((network) => network.trim())
    for (const network of networks) {
      if (!ipaddr.isValidCIDR(network)) context.addIssue(`${FORM}; "${network}" is neither`)
      else if (network.endsWith('/0')) context.addIssue(`must not be everybody, as ${network} is`)
    }
    return { trust: 'networks', networks }
  }),
}

export const proxiesVariables: readonly Variable<unknown>[] = [trustedProxiesVariable]

export function readTrustedProxies(environment: Environment): TrustedProxies {
  return environment.read(trustedProxiesVariable) ?? { trust: 'none' }
}
