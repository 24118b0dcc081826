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
