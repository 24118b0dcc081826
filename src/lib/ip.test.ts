import { describe, expect, it } from '@jest/globals'
import { isPublicAddress, networkOf, shownNetworkOf } from './ip.ts'

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

describe('isPublicAddress', () => {
  it.each(['8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8'])('takes %s', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'localhost',
    '',
  ])('refuses %s', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })
})
