import { describe, expect, it } from '@jest/globals'
import { equalBytes, equalText, hmac } from './hash.ts'

describe('hmac', () => {
  const key = Buffer.alloc(32, 7)

  it('tells parts apart that would read the same when joined', () => {
    expect(hmac(key, 'ab', 'c')).not.toEqual(hmac(key, 'a', 'bc'))
  })

  it('is the same for text and its UTF-8 bytes', () => {
    expect(hmac(key, 'é')).toEqual(hmac(key, Buffer.from('é')))
  })
})

describe('comparison', () => {
  it('holds for equal values only', () => {
    expect(equalBytes(Buffer.from('a'), Buffer.from('a'))).toBe(true)
    expect(equalBytes(Buffer.from('a'), Buffer.from('ab'))).toBe(false)
    expect(equalText('a', 'b')).toBe(false)
    expect(equalText('a', 'a')).toBe(true)
  })
})
