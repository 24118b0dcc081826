import { describe, expect, it } from '@jest/globals'
import { isDearLine } from './phone-line.ts'

describe('lines that cost', () => {
  it.each([
    ['premium rate, United Kingdom', '+449098790000'],
    ['premium rate, Germany', '+499001234567'],
    ['premium rate, United States', '+19002345678'],
    ['shared cost, Germany', '+491801234567'],
    ['personal number, United Kingdom', '+447012345678'],
    ['UAN, Switzerland', '+41581234567'],
    ['pager, United Kingdom', '+447640123456'],
    ['toll free, international', '+80012345678'],
  ])('are refused: %s', (_, phone) => expect(isDearLine(phone)).toBe(true))

  it.each([
    ['mobile, India', '+919876543210'],
    ['mobile, Germany', '+4915123456789'],
    ['fixed or mobile, United States', '+12015550123'],
    ['a fixed line, which some networks read texts aloud on', '+4930123456'],
    ['a range that no metadata knows', '+919999999999'],
    ['no number at all', '+'],
  ])('are not these: %s', (_, phone) => expect(isDearLine(phone)).toBe(false))
})
