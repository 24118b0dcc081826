import { describe, expect, it } from '@jest/globals'
import type { AdapterPayload } from 'oidc-provider'
import { withAddedMeanwhile } from './added-meanwhile.ts'

describe('a session that others changed meanwhile', () => {
  const merge = (read: AdapterPayload | null, stored: AdapterPayload, next: AdapterPayload) =>
    withAddedMeanwhile('Session', read, stored, next)

  it('keeps the applications that they added, and gets those that are added now', () => {
    const [shop, bank, desk] = [{ sid: 's' }, { sid: 'b' }, { sid: 'd' }]
    expect(
      merge(
        { authorizations: { shop } },
        { authorizations: { shop, bank } },
        { authorizations: { shop, desk } },
      ),
    ).toMatchObject({ authorizations: { shop, bank, desk } })
    expect(merge(null, {}, { authorizations: { desk } })).toMatchObject({ authorizations: { desk } })
    expect(merge(null, { authorizations: { bank } }, {})).toMatchObject({ authorizations: { bank } })
  })

  it('keeps what they changed, unless it is changed now', () => {
    const [old, theirs, mine] = [{ grantId: 'old' }, { grantId: 'theirs' }, { grantId: 'mine' }]
    const read = { authorizations: { shop: old, bank: old } }
    const stored = { authorizations: { shop: theirs, bank: theirs } }
    const next = { authorizations: { shop: old, bank: mine } }
    expect(merge(read, stored, next)).toMatchObject({ authorizations: { shop: theirs, bank: mine } })
  })

  it('keeps the sign-out that they began, unless another is begun now', () => {
    const [theirs, mine] = [{ secret: 'theirs' }, { secret: 'mine' }]
    expect(merge({}, { state: theirs }, {})).toMatchObject({ state: theirs })
    expect(merge({}, { state: theirs }, { state: mine })).toMatchObject({ state: mine })
  })

  it('is otherwise as this request would have it', () => {
    expect(merge({ exp: 1 }, { exp: 2, loginTs: 5 }, { exp: 3, loginTs: 4 })).toMatchObject({
      exp: 3,
      loginTs: 4,
    })
  })
})

describe('a grant that others added to meanwhile', () => {
  const merge = (stored: AdapterPayload, next: AdapterPayload) =>
    withAddedMeanwhile('Grant', null, stored, next)

  it('is of all scopes, claims and resources that were given', () => {
    expect(
      merge(
        {
          openid: { scope: 'openid email', claims: ['name'], userinfo: ['name'] },
          resources: { 'https://a.example': 'read', 'https://b.example': 'read' },
        },
        {
          openid: { scope: 'openid phone', claims: ['email'] },
          resources: { 'https://a.example': 'write', 'https://c.example': 'read' },
        },
      ),
    ).toEqual({
      openid: { scope: 'openid email phone', claims: ['name', 'email'], userinfo: ['name'] },
      resources: {
        'https://a.example': 'read write',
        'https://b.example': 'read',
        'https://c.example': 'read',
      },
    })
  })

  it('has what only one of them brings', () => {
    const openid = { scope: 'openid' }
    const resources = { 'https://a.example': 'read' }
    expect(merge({ openid }, { resources })).toEqual({ openid, resources })
    expect(merge({ resources }, { openid })).toEqual({ openid, resources })
  })
})
