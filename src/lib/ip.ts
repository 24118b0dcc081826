import ipaddr from 'ipaddr.js'

/** Whoever has one address of a /64 has all of them (RFC 6177 §2): limits count the network. IPv4 stands alone. */
const IPV6_NETWORK_BITS = 64

/** One key for all addresses of one customer: `192.0.2.7`, `2001:db8:1:2::/64`. Not an address: as given. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  const network = ipaddr.IPv6.networkAddressFromCIDR(`${parsed}/${IPV6_NETWORK_BITS}`)
  return `${network}/${IPV6_NETWORK_BITS}`
}

const SHOWN_IPV4_BITS = 16
const SHOWN_IPV6_BITS = 32

/** What of an address may be shown beside a session: `203.0.113.7` as `203.0.x.x`, IPv6 by its first 32 bits. */
export function shownNetworkOf(address: string): string | null {
  if (!ipaddr.isValid(address)) return null
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') {
    return [...parsed.toByteArray().slice(0, SHOWN_IPV4_BITS / 8), 'x', 'x'].join('.')
  }
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed}/${SHOWN_IPV6_BITS}`)}/${SHOWN_IPV6_BITS}`
}

/** Is it an address of the public Internet, and no loopback, private, link-local or otherwise special one (RFC 6890)? */
export function isPublicAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast'
}
