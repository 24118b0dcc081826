import { describe, expect, it } from '@jest/globals'
import { countListed, isListed } from './common-passwords.ts'

describe('the list of common passwords', () => {
  it('has at least 10 000 entries, as security.md asks', () => {
    expect(countListed()).toBeGreaterThanOrEqual(10_000)
  })

  it.each(['password', '123456', 'qwerty', 'letmein', 'iloveyou', 'dragon'])('knows %s', (password) => {
    expect(isListed(password)).toBe(true)
  })

  it.each(['', 'passwordqwertydragon', 'copper-window-seventy-geese', '\n', 'password\nqwerty'])(
    'does not know %j',
    (password) => {
      expect(isListed(password)).toBe(false)
    },
  )
})
