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
})
