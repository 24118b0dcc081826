import { describe, expect, it } from '@jest/globals'
import { UnsecuredJWT } from 'jose'
import { readClaims, readGreeting, readToken } from './claims.ts'

function text(claims: Readonly<Record<string, unknown>>): readonly string[] {
  return readClaims(claims, 'access').map(
    ({ name, value, meaning }) => `${name} = ${value.map((piece) => piece.text).join('')} (${meaning})`,
  )
}

describe('the claims of a token', () => {
  it('stand in a fixed order, unknown ones last', () => {
    const names = readClaims({ zone: 1, roles: [], sub: 'a', iss: 'b' }, 'access').map(({ name }) => name)
    expect(names).toEqual(['iss', 'sub', 'roles', 'zone'])
  })

  it('mark each role and nothing else', () => {
    const [roles, amr] = readClaims({ roles: ['judge', 'clerk'], amr: ['pwd'] }, 'access')
    expect(roles?.value.filter((piece) => piece.isMarked).map((piece) => piece.text)).toEqual([
      'judge',
      'clerk',
    ])
    expect(amr?.value).toEqual([{ text: '["pwd"]', isMarked: false }])
  })

  it('are shown whatever they are', () => {
    const exp = 1_795_238_712
    expect(
      text({ roles: [], exp, iat: 'soon', auth_time: 1e300, constructor: 1, email_verified: 'yes' }),
    ).toEqual([
      'roles = [] (what the API decides by)',
      'exp = 1795238712 (valid until 05:25:12 UTC)',
      'iat = soon (made at soon)',
      'auth_time = 1e+300 (signed in at 1e+300)',
      'email_verified = yes (no code was entered for it yet)',
      'constructor = 1 ()',
    ])
  })

  it('are none where the token is opaque', () => {
    expect(readToken('opaque', 'access')).toBeNull()
    expect(readToken('a.b.c', 'access')).toBeNull()
  })
})

describe('the greeting', () => {
  it.each([
    ['urn:latchkey:acr:password-sms', 'with your password and a code by SMS'],
    ['urn:latchkey:acr:password-email', 'with your password and a code by email'],
    ['urn:latchkey:acr:code', 'with a code'],
    ['urn:latchkey:acr:password', 'with your password'],
    ['urn:other', null],
    [undefined, null],
  ])('says how a person signed in: %s', (acr, how) => {
    const token = new UnsecuredJWT({ name: 'Asha Rao', auth_time: 1_795_237_812, acr }).encode()
    expect(readGreeting(token)).toEqual({ name: 'Asha Rao', at: '05:10:12 UTC', how })
  })

  it('does without what the token does not say', () => {
    expect(readGreeting(new UnsecuredJWT({}).encode())).toEqual({ name: null, at: null, how: null })
  })
})
