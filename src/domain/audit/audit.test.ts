import { describe, expect, it } from '@jest/globals'
import { movingClock } from '../../../tests/support/moving-clock.ts'
import { temporaryStorage } from '../../../tests/support/temporary-storage.ts'
import { systemRandom as random } from '../../lib/ids.ts'
import type { AuditEvent } from './audit-event.ts'
import { AUDIT_EVENTS, type AuditKeys, createAudit } from './index.ts'

const clock = movingClock(new Date('2026-08-09T10:40:12.480Z'))
const keys: AuditKeys = [{ key: Buffer.alloc(32, 7) }]
const { storage, openAgain } = temporaryStorage(clock)

const wrongPassword: AuditEvent = {
  api: 'sign-in',
  step: 'check-password',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  actor: { kind: 'stranger', id: null },
  clientId: 'demo',
  ip: '203.0.113.24',
  userAgent: 'Firefox',
  event: 'sign-in.password-refused',
  outcome: 'failure',
  reason: 'wrong-password',
  subject: { kind: 'account', id: 'acc_1' },
  factor: 'password',
  details: { inARow: 3 },
  identifier: 'asha@police.example',
}

function open(auditKeys = keys) {
  return createAudit({ store: storage().audit, keys: auditKeys, clock, random })
}

async function recorded(event: AuditEvent) {
  await open().record(event)
  const entry = (await storage().audit.listUnsealed(100)).at(-1)
  if (!entry) throw new Error('nothing was recorded')
  return entry
}

describe('a record', () => {
  it('reads as it was reported', async () => {
    const entry = await recorded(wrongPassword)
    expect(await open().read(entry)).toEqual({
      id: entry.id,
      at: clock.now().toISOString(),
      event: 'sign-in.password-refused',
      api: 'sign-in',
      step: 'check-password',
      outcome: 'failure',
      reason: 'wrong-password',
      message: AUDIT_EVENTS['sign-in.password-refused'],
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      actor: { kind: 'stranger', id: null },
      subject: { kind: 'account', id: 'acc_1' },
      clientId: 'demo',
      ip: '203.0.113.24',
      factor: 'password',
      details: { inARow: 3, identifier: 'asha@police.example', userAgent: 'Firefox' },
    })
  })

  it('holds nothing personal in the clear', async () => {
    const entry = await recorded(wrongPassword)
    const stored = `${JSON.stringify(entry)}${Buffer.from(entry.personal ?? []).toString('latin1')}`
    for (const personal of ['asha', '203.0.113.24', 'Firefox']) expect(stored).not.toContain(personal)
  })

  it('has one text, whatever the order in which it was put together', async () => {
    const { details: _details, ...rest } = wrongPassword
    const one = await open().entry({ ...rest, details: { b: 1, a: { d: [2, null], c: 'x' } } })
    const other = await open().entry({ details: { a: { c: 'x', d: [2, null] }, b: 1 }, ...rest })
    expect(one.body.replace(one.id, '')).toBe(other.body.replace(other.id, ''))
  })

  it('needs no key when there is nothing personal in it', async () => {
    const entry = await recorded({
      api: 'start',
      step: null,
      traceId: wrongPassword.traceId,
      actor: { kind: 'system', id: null },
      clientId: null,
      ip: null,
      userAgent: null,
      event: 'user-type.loaded',
      outcome: 'success',
    })
    expect(entry).toMatchObject({ personal: null, personKeyId: null, subjectId: null })
    expect(await open().read(entry)).toMatchObject({ ip: null, subject: null, details: {} })
  })
})

describe('a secret', () => {
  it.each(['password', 'code', 'access_token', 'clientSecret'])(
    'is refused by its name: %s',
    async (name) => {
      await expect(open().entry({ ...wrongPassword, details: { [name]: 'x' } })).rejects.toThrow(`"${name}"`)
      await expect(open().entry({ ...wrongPassword, details: { a: [{ [name]: 'x' }] } })).rejects.toThrow()
    },
  )

  it('is taken out of texts by its shape', async () => {
    const token = `eyJ${'hbGciOiJFUzI1NiJ9'}.eyJzdWIiOiIxIn0.c2ln`
    const event = { ...wrongPassword, message: `got ${token}`, details: { text: token }, identifier: token }
    const entry = await recorded(event)
    expect(JSON.stringify(await open().read(entry))).not.toContain('eyJ')
  })
})

/** The account was made and has its key. */
const madeOf = (id: string) =>
  recorded({ ...wrongPassword, outcome: 'success', subject: { kind: 'account', id } })

describe('erasure', () => {
  it('empties what is personal of one person, and of nobody else', async () => {
    for (const id of ['acc_1', 'acc_2']) await madeOf(id)
    const erased = await recorded(wrongPassword)
    const other = await recorded({ ...wrongPassword, subject: { kind: 'account', id: 'acc_2' } })
    await storage().audit.destroyPersonKey('acc_1')
    expect(await open().read(erased)).toMatchObject({
      reason: 'wrong-password',
      ip: null,
      details: { inARow: 3, identifier: null, userAgent: null },
    })
    expect(await open().read(other)).toMatchObject({ ip: '203.0.113.24' })
  })

  it('stays, also when the person is recorded again', async () => {
    await madeOf('acc_1')
    const before = await recorded(wrongPassword)
    await storage().audit.destroyPersonKey('acc_1')
    const after = await recorded(wrongPassword)
    expect(await open().read(before)).toMatchObject({ ip: null })
    expect(await open().read(after)).toMatchObject({ ip: '203.0.113.24' })
  })

  it('holds for a node that still remembers the key', async () => {
    const audit = open()
    await audit.record({ ...wrongPassword, outcome: 'success' })
    await storage().audit.destroyPersonKey('acc_1')
    await audit.record(wrongPassword)
    for (const entry of await storage().audit.listUnsealed(100)) {
      expect(await audit.read(entry)).toMatchObject({ ip: null })
    }
  })
})

describe('the key of a person', () => {
  it('is of whoever acted, else of the person it was done to, else of the strangers of the day', async () => {
    const byAdmin = { ...wrongPassword, actor: { kind: 'account', id: 'acc_9' } } as const
    const byNobody = { ...wrongPassword, subject: null }
    expect((await open().entry(byAdmin)).personKeyId).toBe('acc_9')
    expect((await open().entry(wrongPassword)).personKeyId).toBe('strangers/2026-08-09')
    const claim = { ...wrongPassword, event: 'code.sent', outcome: 'success', isClaim: true } as const
    expect((await open().entry(claim)).personKeyId).toBe('strangers/2026-08-09')
    await madeOf('acc_1')
    expect((await open().entry(wrongPassword)).personKeyId).toBe('acc_1')
    expect((await open().entry(claim)).personKeyId).toBe('acc_1')
    expect((await open().entry(byNobody)).personKeyId).toBe('strangers/2026-08-09')
  })

  it('is one key, when two nodes make it at once', async () => {
    const second = createAudit({ store: (await openAgain()).audit, keys, clock, random })
    const audits = [open(), second, open(), second]
    const entries = await Promise.all(audits.map((audit) => audit.entry(wrongPassword)))
    for (const entry of entries) expect(await open().read(entry)).toMatchObject({ ip: '203.0.113.24' })
  })

  it('opens after the audit key was rotated, and only with an audit key', async () => {
    const entry = await recorded(wrongPassword)
    const rotated: AuditKeys = [{ key: Buffer.alloc(32, 8) }, ...keys]
    expect(await open(rotated).read(entry)).toMatchObject({ ip: '203.0.113.24' })
    await expect(open([{ key: Buffer.alloc(32, 9) }]).read(entry)).rejects.toThrow('does not open')
  })
})
