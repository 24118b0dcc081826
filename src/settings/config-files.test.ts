import { describe, expect, it } from '@jest/globals'
import { StartRefused } from '../lib/errors.ts'
import { registrationOf } from './clients.ts'
import { readSettings } from './read-settings.ts'
import { systemIo } from './settings-io.ts'

type Values = Record<string, string>

/** Reads the shipped configuration with one file in place of the shipped one. */
function read(name: string, text: string, values: Values = {}) {
  const place = systemIo.absolute(`config/${name}`)
  return readSettings(values, {
    ...systemIo,
    readText: (path) => (path === place ? { ok: true, value: text } : systemIo.readText(path)),
  })
}

function problems(name: string, text: string, values: Values = {}): string[] {
  try {
    read(name, text, values)
  } catch (error) {
    if (error instanceof StartRefused) return error.message.split('\n').slice(1)
    throw error
  }
  return []
}

const client = (change: object) => ({
  client_id: 'shop',
  client_secret: 'long enough? no'.replaceAll(' ', '-'),
  redirect_uris: ['https://shop.example/callback'],
  ...change,
})
const clients = (...list: object[]) => JSON.stringify({ clients: list })

describe('a config file', () => {
  it('that is not JSON is told by line and column, and not repeated', () => {
    expect(problems('apis.json', '{\n  "apis": [,]\n}')).toEqual([
      'apis.json, line 2, column 12: is not JSON; mend it there',
    ])
  })

  it('names the place of each problem by the entry it is in', () => {
    const text = JSON.stringify({
      userTypes: [
        {
          id: 'police',
          name: 'Police',
          signUp: 'sometimes',
          identifiers: ['email'],
          contacts: { email: 'required', phone: 'none' },
          fields: [],
          roles: ['police'],
          otp: {
            channels: ['email'],
            when: 'always',
            digits: 4,
            lifetimeSeconds: 300,
            resendSeconds: 30,
            attempts: '5',
            color: 'red',
          },
        },
      ],
    })
    expect(problems('user-types.json', text)).toEqual([
      'user-types.json, police.signUp: must be open, approval, invite or closed, is "sometimes"',
      'user-types.json, police.otp.digits: must be at least 6, is 4',
      'user-types.json, police.otp.attempts: must be a number',
      'user-types.json, police.otp: has "color", which is not known here',
      'user-types.json, police.lifetimes: is missing',
    ])
  })
})

describe('limits.json', () => {
  it('may hold a part; the rest has its defaults', () => {
    const { limits } = read('limits.json', '{"send": {"totalPerHour": 7}}')
    expect(limits.send).toMatchObject({ totalPerHour: 7, perIpPerHour: 60 })
    expect(limits.code.attempts).toBe(5)
    expect(limits).not.toHaveProperty('$schema')
  })

  it('refuses what makes no sense', () => {
    const text = JSON.stringify({
      password: { firstPauseSeconds: 60, longestPauseSeconds: 10 },
      send: { allowCountries: ['IN', 'in'], refuseCountries: ['IN'] },
      code: { recoveryDigits: 11 },
    })
    expect(problems('limits.json', text)).toEqual([
      'limits.json, code.recoveryDigits: must be at most 10, is 11',
      'limits.json, send.allowCountries[1]: must be a country of two capital letters, such as IN',
      'limits.json, password.firstPauseSeconds: must not be longer than longestPauseSeconds',
      'limits.json, send.refuseCountries: has IN, which allowCountries has too',
    ])
  })
})

describe('apis.json', () => {
  it.each([
    [{ identifier: 'orders', name: 'Orders' }, 'orders.identifier: must be an absolute URI'],
    [{ identifier: 'https://a.example#x', name: 'A' }, 'must be an absolute URI without a fragment'],
    [{ identifier: 'https://a.example', name: 'A', scopes: ['openid'] }, 'must not be a scope of Latchkey'],
    [{ identifier: 'http://localhost:3000/api', name: 'A' }, 'is an audience of Latchkey itself'],
    [{ identifier: 'urn:latchkey:admin', name: 'A' }, 'is an audience of Latchkey itself'],
  ])('%j is refused', (api, what) => {
    expect(problems('apis.json', JSON.stringify({ apis: [api] }))).toEqual([expect.stringContaining(what)])
  })

  it('refuses one identifier twice', () => {
    const api = { identifier: 'https://a.example', name: 'A' }
    expect(problems('apis.json', JSON.stringify({ apis: [api, api] }))).toHaveLength(1)
  })
})

describe('clients.json', () => {
  it.each([
    [{ client_id: 'acc_shop' }, 'acc_shop.client_id: must not look like an id of Latchkey'],
    [{ client_id: 'a b' }, 'client_id: must be letters, digits'],
    [{ redirect_uris: [] }, 'shop.redirect_uris: must have at least one'],
    [{ redirect_uris: ['https://*.shop.example/cb'] }, 'redirect_uris[0]: must not have a wildcard'],
    [{ redirect_uris: ['https://shop.example/cb#'] }, 'must not have a fragment'],
    [{ redirect_uris: ['/callback'] }, 'must be an absolute address'],
    [{ redirect_uris: ['https://shop.example/c b'] }, 'must be an absolute address'],
    [{ redirect_uris: ['https://me@shop.example/'] }, 'must not have a user or password'],
    [{ redirect_uris: ['javascript:alert(1)'] }, 'must begin with https:// or http://'],
    [{ redirect_uris: ['com.shop:/cb'] }, 'must begin with https:// or http://'],
    [{ redirect_uris: ['shop:/cb'], application_type: 'native' }, 'a reversed domain name'],
    [
      { redirect_uris: ['http://shop.example/'], application_type: 'native' },
      'or http on a loopback address',
    ],
    [{ redirect_uris: ['https://a.example/', 'https://a.example/'] }, 'redirect_uris[1]: stands twice'],
    [
      { grant_types: ['password'] },
      'grant_types[0]: must be authorization_code, refresh_token or client_credentials',
    ],
    [{ grant_types: ['refresh_token'], redirect_uris: [] }, 'which needs authorization_code'],
    [{ grant_types: ['client_credentials'] }, 'shop.redirect_uris: must be empty'],
    [{ response_types: ['token'] }, 'shop.response_types[0]: must be code'],
    [{ client_secret: undefined }, 'shop.client_secret: is missing'],
    [{ client_secret: { env: 'NOT_SET' } }, 'shop.client_secret: the variable NOT_SET is not set'],
    [{ client_secret: 12345678 }, 'shop.client_secret: must be {"env": "NAME"}'],
    [{ client_secret: 'short' }, 'shop.client_secret: must be {"env": "NAME"}'],
    [{ token_endpoint_auth_method: 'none' }, 'shop.client_secret: must be left out'],
    [{ token_endpoint_auth_method: 'private_key_jwt', client_secret: undefined }, 'shop.jwks: is missing'],
    [
      { token_endpoint_auth_method: 'none', client_secret: undefined, latchkey_require_pkce: false },
      'shop.latchkey_require_pkce: must be true',
    ],
    [
      {
        token_endpoint_auth_method: 'private_key_jwt',
        client_secret: undefined,
        jwks: { keys: [{ d: 'x' }] },
      },
      'shop.jwks: must hold public keys only',
    ],
    [{ latchkey_allowed_origins: ['https://shop.example/'] }, 'must be an origin'],
    [{ backchannel_logout_uri: 'shop.example/logout' }, 'must be a web address'],
    [{ backchannel_logout_uri: 'http://shop.example/logout' }, 'must be https, or http on a loopback'],
    [{ backchannel_logout_uri: 'https://shop.example/logout#a' }, 'must not have a fragment'],
    [{ backchannel_logout_uri: 'https://a:b@shop.example/logout' }, 'must not have a user or password'],
    [
      {
        grant_types: ['client_credentials'],
        redirect_uris: [],
        backchannel_logout_uri: 'https://shop.example/logout',
      },
      'shop.backchannel_logout_uri: must be left out: nobody signs in',
    ],
    [{ latchkey_firstparty: true }, 'shop: has "latchkey_firstparty", which is not known here'],
  ])('refuses a client with %j', (change, what) => {
    const lines = problems('clients.json', clients(client(change)))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(what)
    expect(lines[0]).not.toContain('12345678')
  })

  it('refuses one id twice', () => {
    expect(problems('clients.json', clients(client({}), client({})))).toEqual([
      'clients.json, shop.client_id: stands twice; ids are unique',
    ])
  })

  it('takes a native application with a scheme of its own', () => {
    const native = {
      client_id: 'app',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['com.shop.app:/callback', 'http://127.0.0.1/callback'],
    }
    expect(problems('clients.json', clients(native))).toEqual([])
  })

  it('takes an address for back-channel logout that is https, or on the machine itself', () => {
    for (const uri of ['https://shop.example/logout?tenant=1', 'http://127.0.0.1:3001/logout']) {
      const told = { backchannel_logout_uri: uri, backchannel_logout_session_required: true }
      expect(problems('clients.json', clients(client(told)))).toEqual([])
    }
  })

  it('reads a secret from its variable, whatever that is called, or from its file', () => {
    const secret = { client_secret: { env: 'LATCHKEY_SHOP_SECRET' } }
    const text = clients(client(secret))
    const [shop] = read('clients.json', text, { LATCHKEY_SHOP_SECRET: 'from-the-environment' }).clients
    expect(shop?.secret?.reveal()).toBe('from-the-environment')
    expect(shop?.secretFrom).toBe('environment')
    const file = { LATCHKEY_SHOP_SECRET_FILE: systemIo.absolute('.editorconfig') }
    expect(problems('clients.json', text, file)).toEqual([expect.stringMatching(/^LATCHKEY_SHOP_SECRET: /)])
  })

  it('gives the library whole registrations', () => {
    const registrations = readSettings({}, systemIo).clients.map(registrationOf)
    expect(registrations).toMatchObject([
      { client_id: 'demo', client_secret: 'demo-secret-for-development-only', response_types: ['code'] },
      { client_id: 'demo-machine', redirect_uris: [], response_types: [] },
    ])
  })

  it('moves the demo client with the demo application', () => {
    const [demo] = readSettings({ LATCHKEY_DEMO_PORT: '4001' }, systemIo).clients
    expect(demo?.metadata.redirect_uris).toEqual(['http://localhost:4001/callback'])
    expect(demo?.metadata.post_logout_redirect_uris).toEqual(['http://localhost:4001/'])
  })
})
