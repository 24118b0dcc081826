import { describe, expect, it } from '@jest/globals'
import { StartRefused } from '../lib/errors.ts'
import { readSettings } from './read-settings.ts'
import { type SettingsIo, systemIo } from './settings-io.ts'

type Values = Record<string, string>

const KEY = 'kJ0qvXG3R8m1nUe5ZsT7yWbA2dF4hLpCiNoQwErTzUk'
const OTHER_KEY = 'Zt6YpR2sLw9vQe8mKc3xJf1uHn5bGd7aTiOqWlErVyM'

/** The shipped configuration, read from a process that starts in the repository; `files` come before the disk. */
const io = (files: Values = {}, terminal = false): SettingsIo => ({
  ...systemIo,
  terminal,
  readText: (path) => {
    const value = files[path]
    return value === undefined ? systemIo.readText(path) : { ok: true, value }
  },
})
const read = (values: Values = {}, files: Values = {}) => readSettings(values, io(files))

/** The lines of the refusal, without its heading. */
function problems(values: Values, files: Values = {}): string[] {
  try {
    read(values, files)
  } catch (error) {
    if (error instanceof StartRefused) return error.message.split('\n').slice(1)
    throw error
  }
  return []
}

describe('with nothing set', () => {
  it('everything has a default for one machine', () => {
    expect(read()).toMatchObject({
      mode: 'development',
      issuer: 'http://localhost:3000',
      audience: 'http://localhost:3000/api',
      listen: { host: '127.0.0.1', port: 3000 },
      demo: { enabled: true, port: 3001, url: 'http://localhost:3001' },
      storage: { driver: 'sqlite', file: `${systemIo.absolute('data')}/latchkey.db` },
      masterKeys: { from: 'data-dir', file: `${systemIo.absolute('data')}/master.key` },
      trustedProxies: { trust: 'none' },
      delivery: { sms: ['outbox'], email: ['outbox'] },
      register: { kind: 'built-in' },
      pages: { productName: 'Latchkey', logo: null, language: 'en', timeZone: 'UTC', phoneRegion: null },
      log: { level: 'info', format: 'json' },
      apis: [],
    })
    expect(read().userTypes.map(({ id }) => id)).toEqual([
      'admin',
      'moderator',
      'user',
      'civilian',
      'judge',
      'lawyer',
      'police',
    ])
  })

  it('the log is pretty on a terminal', () => {
    expect(readSettings({}, io({}, true)).log.format).toBe('pretty')
  })

  it('defaults follow what they are made from', () => {
    expect(read({ LATCHKEY_PORT: '4000', LATCHKEY_DATA_DIR: '/srv/lk' })).toMatchObject({
      issuer: 'http://localhost:4000',
      audience: 'http://localhost:4000/api',
      storage: { file: '/srv/lk/latchkey.db' },
      masterKeys: { file: '/srv/lk/master.key' },
    })
  })
})

describe('the settings', () => {
  it('cannot be changed, however deep', () => {
    const settings = read()
    expect(Object.isFrozen(settings)).toBe(true)
    expect(() => Object.assign(settings.limits.send, { totalPerHour: 1 })).toThrow(TypeError)
    expect(Object.isFrozen(settings.userTypes[0]?.otp.channels)).toBe(true)
    expect(() => Object.assign(settings.clients[0]?.metadata ?? {}, { client_id: 'x' })).toThrow(TypeError)
  })

  it('show no secret when they are printed', () => {
    const printed = JSON.stringify(read({ LATCHKEY_MASTER_KEYS: KEY }))
    expect(printed).not.toContain(KEY)
    expect(printed).not.toContain('demo-secret')
  })

  it('know a brand colour in either length, and the wider forms of proxies', () => {
    expect(read({ LATCHKEY_BRAND: '#0AC' }).pages.brandColor).toBe('#00aacc')
    expect(read({ LATCHKEY_TRUSTED_PROXIES: '2' }).trustedProxies).toEqual({ trust: 'hops', hops: 2 })
    expect(read({ LATCHKEY_TRUSTED_PROXIES: '10.0.0.0/8, fd00::/8' }).trustedProxies).toEqual({
      trust: 'networks',
      networks: ['10.0.0.0/8', 'fd00::/8'],
    })
  })

  it('take an empty variable as not set, and drop spaces around a value', () => {
    expect(read({ LATCHKEY_PORT: '', LATCHKEY_LANGUAGE: ' de ' })).toMatchObject({
      listen: { port: 3000 },
      pages: { language: 'de' },
    })
  })
})

describe('a wrong value', () => {
  it.each([
    ['LATCHKEY_MODE', 'prod', 'must be development or production, is "prod"'],
    ['LATCHKEY_ISSUER', 'id.example', 'must be a URL such as https://id.example'],
    ['LATCHKEY_ISSUER', 'https://id.example/', 'write https://id.example'],
    ['LATCHKEY_ISSUER', 'https://id.example/sso', 'write https://id.example'],
    ['LATCHKEY_HOST', '0.0.0.0', 'development listens on loopback only; write 127.0.0.1'],
    ['LATCHKEY_HOST', 'a b', 'must be an IP address or a host name'],
    ['LATCHKEY_PORT', '70000', 'must be a port from 1 to 65535'],
    ['LATCHKEY_PORT', '3000.5', 'must be a port from 1 to 65535'],
    ['LATCHKEY_DEMO_PORT', 'no', 'must be a port from 1 to 65535, or off'],
    ['LATCHKEY_DEMO_PORT', '3000', 'must not be the port of Latchkey itself, 3000'],
    ['LATCHKEY_AUDIENCE', 'api', 'must be an absolute URI'],
    ['LATCHKEY_AUDIENCE', 'urn:latchkey:admin', 'must not be the issuer or urn:latchkey:admin'],
    ['LATCHKEY_STORAGE_URL', 'mysql://host', 'must be sqlite: and the path of a file'],
    ['LATCHKEY_STORAGE_URL', 'sqlite://data.db', 'must be sqlite: and the path of a file'],
    ['LATCHKEY_STORAGE_URL', 'mongodb://host/db', 'MongoDB is not supported yet'],
    ['LATCHKEY_MASTER_KEYS', 'abc', 'key 1 of 1 must be 32 bytes as base64url'],
    ['LATCHKEY_MASTER_KEYS', `${KEY},${'A'.repeat(43)}`, 'key 2 of 2 is not random'],
    ['LATCHKEY_MASTER_KEYS', `${KEY},${KEY}`, 'has the same key twice'],
    ['LATCHKEY_TRUSTED_PROXIES', '0', 'must be a number of proxies from 1 to 16, or networks'],
    ['LATCHKEY_TRUSTED_PROXIES', '10.0.0.1', 'or networks such as 10.0.0.0/8'],
    ['LATCHKEY_TRUSTED_PROXIES', '0.0.0.0/0', 'must not be everybody'],
    ['LATCHKEY_SMS_PROVIDERS', 'resend', '"resend" is not known; write twilio, outbox'],
    ['LATCHKEY_EMAIL_PROVIDERS', 'pigeon', '"pigeon" is not known; write resend, smtp, outbox'],
    ['LATCHKEY_TWILIO_ACCOUNT_SID', 'SK0', 'must be AC and 32 hex digits'],
    ['LATCHKEY_TWILIO_FROM', '12 34 5678901234', 'must be a number such as'],
    ['LATCHKEY_TWILIO_MESSAGING_SERVICE_SID', 'AC0', 'must be MG and 32 hex digits'],
    ['LATCHKEY_TWILIO_API_URL', 'https://me:secret@proxy.example', 'must be a URL without user'],
    ['LATCHKEY_RESEND_WEBHOOK_SECRET', 'secret', 'must be whsec_ and base64'],
    ['LATCHKEY_EMAIL_FROM', 'Latchkey', 'must be an address'],
    ['LATCHKEY_SMTP_URL', 'https://mail.example', 'must be such as smtps://'],
    ['LATCHKEY_SMTP_URL', 'smtps://me:100%@mail.example', 'in a password write % as %25'],
    ['LATCHKEY_METRICS_PORT', '3000', 'must be a port of its own'],
    ['LATCHKEY_REGISTER_URL', 'hr.example', 'must be a URL without user, query or fragment'],
    ['LATCHKEY_REGISTER_URL', 'https://me:secret@hr.example/', 'must be a URL without user'],
    ['LATCHKEY_REGISTER_URL', 'https://hr.example/?id=', 'must be a URL without user, query'],
    ['LATCHKEY_REGISTER_URL', 'ftp://hr.example', 'must be a URL'],
    ['LATCHKEY_REGISTER_TOKEN', 'two words', 'must be a bearer token'],
    ['LATCHKEY_REGISTER_MAX_AGE_SECONDS', '0', 'must be seconds from 1 to 86400'],
    ['LATCHKEY_REGISTER_MAX_AGE_SECONDS', '90000', 'must be seconds from 1 to 86400'],
    ['LATCHKEY_REGISTER_MAX_AGE_SECONDS', '15m', 'must be seconds from 1 to 86400'],
    ['LATCHKEY_PRODUCT_NAME', 'a\nb', 'must be 1 to 60 characters on one line'],
    ['LATCHKEY_LOGO', 'logo.gif', 'must be the path of an .svg or .png file'],
    ['LATCHKEY_LOGO', '/nowhere/logo.svg', 'cannot read /nowhere/logo.svg: there is no such file'],
    ['LATCHKEY_BRAND', 'teal', 'must be a colour such as #0a5c69'],
    ['LATCHKEY_HELP_URL', 'javascript:alert(1)', 'must be a web address'],
    ['LATCHKEY_LANGUAGE', 'e', 'must be a language such as en'],
    ['LATCHKEY_TIME_ZONE', 'Mars/Olympus', 'must be a time zone such as Asia/Kolkata'],
    ['LATCHKEY_PHONE_REGION', 'India', 'must be a country of two capital letters'],
    ['LATCHKEY_PHONE_REGION', 'XQ', 'must be a country of two capital letters'],
    ['LATCHKEY_LOG_LEVEL', 'loud', 'must be trace, debug, info, warn, error, fatal or silent, is "loud"'],
    ['LATCHKEY_LOG_FORMAT', 'xml', 'must be pretty or json, is "xml"'],
    ['LATCHKEY_CONFIG_DIR', '/nowhere', ''],
  ])('%s=%s stops the start and says what to write', (name, value, what) => {
    const lines = problems({ [name]: value })
    if (name === 'LATCHKEY_CONFIG_DIR') expect(lines).toHaveLength(4)
    else expect(lines).toEqual([expect.stringMatching(new RegExp(`^${name}: `))])
    expect(lines[0]).toContain(what)
  })

  it('is told together with all others, a line for each', () => {
    const lines = problems({
      LATCHKEY_PORT: 'x',
      LATCHKEY_BRAND: 'x',
      LATCHKEY_LOG_LEVEL: 'x',
      LATCHKEY_ISUER: 'x',
    })
    expect(lines.map((line) => line.split(':')[0])).toEqual([
      'LATCHKEY_PORT',
      'LATCHKEY_BRAND',
      'LATCHKEY_LOG_LEVEL',
      'LATCHKEY_ISUER',
    ])
  })

  it('that may hold a password is never repeated', () => {
    const lines = problems({ LATCHKEY_STORAGE_URL: 'mysql://me:hunter2@db', LATCHKEY_MASTER_KEYS: 'hunter2' })
    expect(lines).toHaveLength(2)
    expect(lines.join()).not.toContain('hunter2')
  })
})

describe('a register of the organisation', () => {
  const url = { LATCHKEY_REGISTER_URL: 'https://hr.example/employees/' }

  it('has an address without a slash at the end, a token, and an age', () => {
    const { register } = read(
      { ...url, LATCHKEY_REGISTER_TOKEN_FILE: '/run/token', LATCHKEY_REGISTER_MAX_AGE_SECONDS: '60' },
      { '/run/token': 'abc.def\n' },
    )
    expect(register).toMatchObject({ kind: 'http', url: 'https://hr.example/employees', maxAgeSeconds: 60 })
    expect(register.kind === 'http' && register.token.reveal()).toBe('abc.def')
    expect(read({ ...url, LATCHKEY_REGISTER_TOKEN: 'x' }).register).toMatchObject({ maxAgeSeconds: 900 })
  })

  it('needs both address and token, or neither', () => {
    expect(problems(url)).toEqual(['LATCHKEY_REGISTER_TOKEN: is missing; write what the register takes'])
    expect(problems({ LATCHKEY_REGISTER_TOKEN: 'hunter2' })).toEqual([
      'LATCHKEY_REGISTER_URL: is missing, and LATCHKEY_REGISTER_TOKEN is set; set both or none',
    ])
    expect(problems({ ...url, LATCHKEY_REGISTER_TOKEN_FILE: '/run/token' })).toEqual([
      'LATCHKEY_REGISTER_TOKEN_FILE: cannot read /run/token: there is no such file',
    ])
  })
})

describe('a name that is not ours', () => {
  it('is refused with the one that was meant', () => {
    expect(problems({ LATCHKEY_ISUER: 'https://id.example' })).toEqual([
      'LATCHKEY_ISUER: is not known; did you mean LATCHKEY_ISSUER?',
    ])
    expect(problems({ LATCHKEY_FLUX_CAPACITOR: '1' })).toEqual([
      'LATCHKEY_FLUX_CAPACITOR: is not known; remove it',
    ])
  })

  it('is ignored where it belongs to the tests, or to somebody else', () => {
    expect(problems({ LATCHKEY_TEST_CHROMIUM: '/bin/chromium', HOME: '/root', LATCH: '1' })).toEqual([])
  })

  it('is recognised where Kubernetes made it, and the cure is named', () => {
    const lines = problems({
      LATCHKEY_PORT: 'tcp://10.96.0.12:3000',
      LATCHKEY_PORT_3000_TCP: 'tcp://10.96.0.12:3000',
      LATCHKEY_PORT_3000_TCP_ADDR: '10.96.0.12',
      LATCHKEY_SERVICE_HOST: '10.96.0.12',
      LATCHKEY_SERVICE_PORT_HTTP: '3000',
      LATCHKEY_DEMO_PORT: 'tcp://10.96.0.13:3001',
    })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^LATCHKEY_DEMO_PORT, LATCHKEY_PORT, .*LATCHKEY_SERVICE_PORT_HTTP: /)
    expect(lines[0]).toContain('enableServiceLinks: false')
  })
})

describe('a secret', () => {
  it('may come from the file that …_FILE names, without its last line break', () => {
    const { masterKeys } = read(
      { LATCHKEY_MASTER_KEYS_FILE: '/run/keys' },
      { '/run/keys': `${KEY},${OTHER_KEY}\n` },
    )
    const keys = masterKeys.from === 'environment' ? masterKeys.keys.map((key) => key.reveal()) : []
    expect(keys).toEqual([KEY, OTHER_KEY])
  })

  it('may not come from both, nor from a file that is missing or empty', () => {
    const file = { LATCHKEY_MASTER_KEYS_FILE: '/run/keys' }
    expect(problems({ ...file, LATCHKEY_MASTER_KEYS: KEY }, { '/run/keys': KEY })).toEqual([
      'LATCHKEY_MASTER_KEYS: is set, and LATCHKEY_MASTER_KEYS_FILE too; set one of them',
    ])
    expect(problems(file)).toEqual([
      'LATCHKEY_MASTER_KEYS_FILE: cannot read /run/keys: there is no such file',
    ])
    expect(problems(file, { '/run/keys': '\n' })).toEqual([
      'LATCHKEY_MASTER_KEYS_FILE: /run/keys is empty; write the secret into it',
    ])
  })

  it('that cannot be read is one problem, not also one that is not set', () => {
    const values = { LATCHKEY_MODE: 'production', LATCHKEY_MASTER_KEYS_FILE: '/run/keys' }
    const lines = problems(values).filter((line) => line.includes('MASTER_KEYS'))
    expect(lines).toEqual([expect.stringMatching(/^LATCHKEY_MASTER_KEYS_FILE: cannot read/)])
  })

  it('is only read from a file where it is one', () => {
    expect(problems({ LATCHKEY_ISSUER_FILE: '/run/issuer' })).toHaveLength(1)
  })
})

describe('production', () => {
  const config = (clients: unknown[]) => ({
    [systemIo.absolute('config/clients.json')]: JSON.stringify({ clients }),
  })
  const sound = {
    LATCHKEY_MODE: 'production',
    LATCHKEY_ISSUER: 'https://id.example',
    LATCHKEY_HOST: '0.0.0.0',
    LATCHKEY_MASTER_KEYS: KEY,
  }
  const names = (lines: string[]) => lines.map((line) => line.slice(0, line.indexOf(': ')))
  const senders = ['LATCHKEY_SMS_PROVIDERS', 'LATCHKEY_EMAIL_PROVIDERS']

  it('refuses every development value, each with a line of its own', () => {
    expect(names(problems({ LATCHKEY_MODE: 'production', LATCHKEY_DEMO_PORT: '3001' }))).toEqual([
      'LATCHKEY_ISSUER',
      'LATCHKEY_DEMO_PORT',
      'LATCHKEY_MASTER_KEYS',
      ...senders,
      'clients.json, demo.client_secret',
      'clients.json, demo.redirect_uris',
      'clients.json, demo.post_logout_redirect_uris',
      'clients.json, demo-machine.client_secret',
    ])
  })

  const TWILIO = {
    LATCHKEY_SMS_PROVIDERS: 'twilio',
    LATCHKEY_TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    LATCHKEY_TWILIO_AUTH_TOKEN: 'token',
    LATCHKEY_TWILIO_FROM: '+15005550006',
  }
  const MAIL = {
    LATCHKEY_EMAIL_PROVIDERS: 'resend,smtp',
    LATCHKEY_RESEND_API_KEY: 're_key',
    LATCHKEY_EMAIL_FROM: 'Example <codes@example.org>',
    LATCHKEY_SMTP_URL: 'smtps://user:password@mail.example',
  }

  it('needs real senders, and says which there are', () => {
    const lines = problems(sound, config([]))
    expect(names(lines)).toEqual(senders)
    expect(lines.join()).toContain('production needs a real sender: write resend or smtp')
    const none = names(problems({ ...sound, ...TWILIO }, config([])))
    expect(none).toEqual(['LATCHKEY_EMAIL_PROVIDERS'])
  })

  it('starts with senders of every kind, and shows no secret of theirs', () => {
    expect(problems({ ...sound, ...TWILIO, ...MAIL }, config([]))).toEqual([])
    const { delivery } = read({ ...TWILIO, ...MAIL })
    expect(delivery.twilio?.from).toEqual({ number: '+15005550006' })
    expect(delivery.smtp?.url.reveal()).toContain('password')
    expect(JSON.stringify(delivery)).not.toMatch(/token|re_key|password/)
  })

  it('names what a sender lacks, and a way that others could read', () => {
    const bare = { LATCHKEY_SMS_PROVIDERS: 'twilio', LATCHKEY_EMAIL_PROVIDERS: 'smtp' }
    expect(names(problems(bare))).toEqual([
      'LATCHKEY_TWILIO_ACCOUNT_SID',
      'LATCHKEY_TWILIO_AUTH_TOKEN',
      'LATCHKEY_TWILIO_FROM',
      'LATCHKEY_SMTP_URL',
      'LATCHKEY_EMAIL_FROM',
    ])
    const service = { LATCHKEY_TWILIO_MESSAGING_SERVICE_SID: `MG${'0'.repeat(32)}` }
    expect(names(problems({ ...TWILIO, ...service }))).toEqual(['LATCHKEY_TWILIO_FROM'])
    const clear = { LATCHKEY_TWILIO_API_URL: 'http://proxy.example' }
    expect(names(problems({ ...sound, ...TWILIO, ...MAIL, ...clear }, config([])))).toEqual([
      'LATCHKEY_TWILIO_API_URL',
    ])
  })

  it('has the demo application off, and listens where it is told', () => {
    expect(names(problems({ ...sound, LATCHKEY_DEMO_PORT: 'off' }, config([])))).toEqual(senders)
  })

  it('refuses a short secret, and clear text to anything but an application on the same machine', () => {
    const base = { token_endpoint_auth_method: 'none', application_type: 'native' }
    const clients = [
      { client_id: 'short', client_secret: { env: 'SHORT' }, redirect_uris: ['https://a.example/cb'] },
      { ...base, client_id: 'native', redirect_uris: ['http://127.0.0.1/cb'] },
      {
        ...base,
        client_id: 'keys',
        redirect_uris: ['https://a.example/cb'],
        jwks_uri: 'http://a.example/jwks',
      },
      {
        ...base,
        client_id: 'told',
        redirect_uris: ['http://127.0.0.1/cb'],
        backchannel_logout_uri: 'http://127.0.0.1/logout',
      },
    ]
    expect(names(problems({ ...sound, SHORT: 'tooshort' }, config(clients)))).toEqual([
      ...senders,
      'clients.json, short.client_secret',
      'clients.json, keys.jwks_uri',
      'clients.json, told.backchannel_logout_uri',
    ])
  })

  it('asks a register in clear text on the same machine alone', () => {
    const withRegister = (url: string) => ({
      ...sound,
      LATCHKEY_REGISTER_URL: url,
      LATCHKEY_REGISTER_TOKEN: 'abc',
    })
    expect(names(problems(withRegister('http://hr.example'), config([])))).toEqual([
      ...senders,
      'LATCHKEY_REGISTER_URL',
    ])
    for (const url of [
      'https://hr.example',
      'http://127.0.0.1:4000/e',
      'http://[::1]/e',
      'http://localhost',
    ]) {
      expect(names(problems(withRegister(url), config([])))).toEqual(senders)
    }
  })

  it('refuses master keys that lie with the data they protect', () => {
    const file = '/srv/lk/master.key'
    const { LATCHKEY_MASTER_KEYS: _, ...rest } = sound
    const values = { ...rest, LATCHKEY_DATA_DIR: '/srv/lk', LATCHKEY_MASTER_KEYS_FILE: file }
    const files = { ...config([]), [file]: KEY }
    expect(names(problems(values, files))).toEqual(['LATCHKEY_MASTER_KEYS_FILE', ...senders])
    expect(names(problems({ ...values, LATCHKEY_DATA_DIR: '/srv/data' }, files))).toEqual(senders)
  })
})
