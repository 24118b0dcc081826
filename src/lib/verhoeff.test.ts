import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { hasVerhoeffDigit, verhoeffDigitOf } from './verhoeff.ts'

const digits = (minLength: number, maxLength: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength, maxLength }).map((list) => list.join(''))
/** Numbers whose last digit fits. */
const sound = digits(1, 30).map((payload) => payload + verhoeffDigitOf(payload))

describe('the check digit of Verhoeff', () => {
  it.each([
    ['236', '3'],
    ['12345', '1'],
    ['142857', '0'],
    ['123456789012', '0'],
    ['8473643095483728456789', '2'],
  ])('of %s is %s, as others compute it', (payload, digit) => {
    expect(verhoeffDigitOf(payload)).toBe(digit)
    expect(hasVerhoeffDigit(payload + digit)).toBe(true)
  })

  /** Of people who do not exist: the test data that UIDAI publishes. */
  it.each(['999941057058', '999971658847', '999933119405', '999955183433', '999990501894'])(
    'fits the Aadhaar number %s',
    (number) => {
      expect(hasVerhoeffDigit(number)).toBe(true)
    },
  )

  it('fits alone: of ten digits behind a number, one passes', () => {
    fc.assert(
      fc.property(digits(1, 30), (payload) => {
        const passing = [...'0123456789'].filter((digit) => hasVerhoeffDigit(payload + digit))
        expect(passing).toEqual([verhoeffDigitOf(payload)])
      }),
    )
  })

  it('finds every single wrong digit, in every place', () => {
    fc.assert(
      fc.property(sound, (number) => {
        for (const [place, right] of [...number].entries()) {
          for (const wrong of '0123456789') {
            if (wrong === right) continue
            expect(hasVerhoeffDigit(number.slice(0, place) + wrong + number.slice(place + 1))).toBe(false)
          }
        }
      }),
    )
  })

  it('finds every swap of neighbours that changes the number', () => {
    fc.assert(
      fc.property(sound, (number) => {
        for (let place = 0; place + 1 < number.length; place += 1) {
          const [one = '', next = ''] = number.slice(place, place + 2)
          if (one === next) continue
          const swapped = number.slice(0, place) + next + one + number.slice(place + 2)
          expect(hasVerhoeffDigit(swapped)).toBe(false)
        }
      }),
    )
  })

  it.each(['', ' ', '23 63', '2363\n', '２３６３', '-2363', 'abc'])(
    'is had by no text such as %j',
    (text) => {
      expect(hasVerhoeffDigit(text)).toBe(false)
    },
  )
})
