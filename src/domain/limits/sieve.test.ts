import { describe, expect, it } from '@jest/globals'
import { createSieve } from './sieve.ts'

describe('the sieve', () => {
  it('lets so many requests of a network pass in a minute, and says when to come again', async () => {
    const sieve = createSieve(3)
    const passes = [
      await sieve.pass('2001:db8::1'),
      await sieve.pass('2001:db8::2'),
      await sieve.pass('2001:db8::3'),
    ]
    expect(passes).toEqual([null, null, null])
    expect(await sieve.pass('2001:db8::4')).toBeGreaterThan(0)
    expect(await sieve.pass('192.0.2.1')).toBeNull()
  })

  it('remembers so many networks and no more: the one counted for longest is forgotten', async () => {
    const sieve = createSieve(1, 3)
    const pass = (host: number) => sieve.pass(`192.0.2.${host}`)
    for (const host of [1, 2, 3, 4]) expect(await pass(host)).toBeNull()
    for (const host of [2, 3, 4]) expect(await pass(host)).toBeGreaterThan(0)
    expect(await pass(1)).toBeNull()
    expect(await pass(2)).toBeNull()
  })
})
