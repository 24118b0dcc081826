import { describe, expect, it } from '@jest/globals'
import { smsSize } from './gsm7.ts'

describe('the size of a text message', () => {
  it('is 160 septets in one part, and 153 in each of several', () => {
    expect(smsSize('a'.repeat(160))).toEqual({ units: 160, parts: 1 })
    expect(smsSize('a'.repeat(161))).toEqual({ units: 161, parts: 2 })
    expect(smsSize('a'.repeat(306))).toEqual({ units: 306, parts: 2 })
    expect(smsSize('a'.repeat(307))).toEqual({ units: 307, parts: 3 })
  })

  it('counts what stands in the extension table twice', () => {
    expect(smsSize('^{}\\[~]|€').units).toBe(18)
    expect(smsSize('[]'.repeat(40)).parts).toBe(1)
    expect(smsSize('[]'.repeat(41)).parts).toBe(2)
  })

  it('knows the whole basic set, with its Greek and accented letters', () => {
    expect(smsSize('@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ ¡ÄÖÑÜ§¿äöñüà')).toEqual({ units: 44, parts: 1 })
  })

  it('falls to 70 characters as soon as one is outside the set', () => {
    expect(smsSize(`${'a'.repeat(69)}ç`)).toEqual({ units: 70, parts: 1 })
    expect(smsSize(`${'a'.repeat(70)}ç`)).toEqual({ units: 71, parts: 2 })
    expect(smsSize('कोड')).toEqual({ units: 3, parts: 1 })
  })
})
