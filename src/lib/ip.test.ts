import { describe, expect, it } from '@jest/globals'
import { networkOf, shownNetworkOf } from './ip.ts'

describe('networkOf', () => {
  it('is the address itself for IPv4, however it is written', () => {
    expect(networkOf('192.0.2.7')).toBe('192.0.2.7')
    expect(networkOf('::ffff:192.0.2.7')).toBe('192.0.2.7')
  })

  it('is the same for all addresses of a /64, and another beside it', () => {
    expect(networkOf('2001:db8:1:2::1')).toBe('2001:db8:1:2::/64')
    expect(networkOf('2001:0db8:0001:0002:ffff::9')).toBe('2001:db8:1:2::/64')
    expect(networkOf('2001:db8:1:3::1')).not.toBe(networkOf('2001:db8:1:2::1'))
  })
})

describe('what is shown of an address', () => {
  it('is its first part', () => {
    expect(shownNetworkOf('203.0.113.7')).toBe('203.0.x.x')
    expect(shownNetworkOf('::ffff:203.0.113.7')).toBe('203.0.x.x')
    expect(shownNetworkOf('2001:db8:1:2::7')).toBe('2001:db8::/32')
    expect(shownNetworkOf('unknown')).toBeNull()
  })
})
