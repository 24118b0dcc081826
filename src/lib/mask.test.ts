import { describe, expect, it } from '@jest/globals'
import { maskEmail, maskPhone } from './mask.ts'

describe('a masked phone', () => {
  it('keeps the country and the last three digits, grouped as at home', () => {
    expect(maskPhone('+919876543210')).toEqual({ shown: '+91 ••••• ••210', spoken: '210' })
    expect(maskPhone('+12125550123')).toEqual({ shown: '+1 ••• ••• •123', spoken: '123' })
  })

  it('hides at least half of a short number', () => {
    expect(maskPhone('+2904123').shown.match(/•/g)).toHaveLength(2)
    expect(maskPhone('+2904123').spoken).toBe('23')
  })

  it('masks what is no number as well', () => {
    expect(maskPhone('+9990123456').shown).toBe('+•••••••456')
  })
})

describe('a masked address', () => {
  it('keeps the first letter and the domain, and tells no length', () => {
    expect(maskEmail('asha@police.example')).toEqual({
      shown: 'a••••@police.example',
      spoken: 'police.example',
    })
    expect(maskEmail('asha.rao.the.second@police.example').shown).toBe('a••••@police.example')
    expect(maskEmail('𐐨sha@police.example').shown).toBe('𐐨••••@police.example')
  })

  it('shows nothing of a name that is one letter', () => {
    expect(maskEmail('a@police.example').shown).toBe('••••@police.example')
  })
})
