import { describe, expect, it } from '@jest/globals'
import { AppError } from './errors.ts'
import { isSecretKey, redactFields, scrub } from './redact.ts'

const JWT = `eyJ${'hbGciOiJFUzI1NiJ9'}.eyJzdWIiOiJhY2NfMSJ9.c2lnbmF0dXJl-_x`

describe('a key', () => {
  it.each([
    'password',
    'newPassword',
    'currentPassword',
    'new_password',
    'passwordHash',
    'code',
    'codeMac',
    'otp',
    'csrf',
    'token',
    'access_token',
    'refreshToken',
    'id-token',
    'secret',
    'client_secret',
    'authorization',
    'Proxy-Authorization',
    'cookie',
    'Set-Cookie',
    'auth_session',
    'master_keys',
  ])('names a secret: %s', (key) => {
    expect(isSecretKey(key)).toBe(true)
  })

  it.each([
    'status',
    'statusCode',
    'reason',
    'challengeId',
    'traceId',
    'tokenGeneration',
    'attemptsLeft',
    'codeDigits',
  ])('names none: %s', (key) => {
    expect(isSecretKey(key)).toBe(false)
  })
})

describe('a text', () => {
  it('loses tokens wherever they stand', () => {
    expect(scrub(`got ${JWT}, then ended`)).toBe('got [redacted], then ended')
    expect(scrub(`%22${JWT}%22`)).not.toContain('c2lnbmF0dXJl')
    expect(scrub('eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.')).toBe('[redacted]')
    expect(scrub('eyJlbmMi.a.b.c.d')).toBe('[redacted]')
  })

  it('loses authorization headers', () => {
    expect(scrub('authorization was Bearer c2VjcmV0LXRva2VuLXZhbHVl!')).toBe(
      'authorization was Bearer [redacted]!',
    )
    expect(scrub('DPoP  c2VjcmV0LXRva2VuLXZhbHVl')).toBe('DPoP [redacted]')
  })

  it('loses secret parameters, and codes in a query', () => {
    expect(scrub('/setup?token=abc&x=1')).toBe('/setup?token=[redacted]&x=1')
    expect(scrub('/verify?c=123456&page=12')).toBe('/verify?c=[redacted]&page=12')
    expect(scrub('body: password=hunter2&identifier=asha')).toBe('body: password=[redacted]&identifier=asha')
  })

  it('keeps what only looks a little like it', () => {
    const plain = 'see docs.example.com/a.b.c, took 123456 ms, basic settings, id acc_123, v1.2.3'
    expect(scrub(plain)).toBe(plain)
  })

  it('is bounded, and so is the time', () => {
    expect(scrub('x'.repeat(100_000))).toHaveLength(8193)
    const start = performance.now()
    for (const piece of ['eyJ', '&a=', 'a.', 'Bearer ', 'a', '%%%', '=']) scrub(piece.repeat(50_000))
    expect(performance.now() - start).toBeLessThan(1000)
  })
})

describe('fields', () => {
  it('lose secrets at any depth', () => {
    const fields = { request: { headers: { cookie: 'a=b', accept: 'text/html' }, body: [{ otp: '123456' }] } }
    expect(redactFields(fields)).toEqual({
      request: { headers: { cookie: '[redacted]', accept: 'text/html' }, body: [{ otp: '[redacted]' }] },
    })
  })

  it('show errors with their stable code, their cause and no secret', () => {
    const cause = Object.assign(new Error(`refused ${JWT}`), { code: 'ECONNREFUSED', token: 'abc' })
    const shown = redactFields({ err: new AppError('unavailable', 503, 'Not available', { cause }) })
    expect(shown).toMatchObject({
      err: {
        name: 'AppError',
        code: 'unavailable',
        status: 503,
        cause: { message: 'refused [redacted]', code: 'ECONNREFUSED', token: '[redacted]' },
      },
    })
    expect(JSON.stringify(shown)).not.toContain('eyJ')
  })

  it('do not take a code for the name of an error', () => {
    expect(redactFields(Object.assign(new Error('x'), { code: '123456' }))['code']).toBe('[redacted]')
  })

  it('hold no bytes, and end where they turn in circles', () => {
    const circle: Record<string, unknown> = { key: Buffer.alloc(32), at: new Date(0) }
    circle['self'] = circle
    const shown = JSON.stringify(redactFields(circle))
    expect(shown).toContain('"key":"[32 bytes]","at":"1970-01-01T00:00:00.000Z"')
    expect(shown).toContain('[deeper]')
  })
})
