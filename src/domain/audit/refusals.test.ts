import { describe, expect, it } from '@jest/globals'
import { movingClock } from '../../../tests/support/moving-clock.ts'
import type { AuditEvent } from './audit-event.ts'
import { createRefusals } from './refusals.ts'

const REFUSAL: AuditEvent = {
  event: 'sign-in.password-refused',
  outcome: 'failure',
  reason: 'unknown-identifier',
  api: 'sign-in',
  step: 'password',
  traceId: '0'.repeat(32),
  actor: { kind: 'stranger', id: null },
  clientId: 'demo',
  ip: '192.0.2.1',
  userAgent: null,
  identifier: 'ann@example.org',
}

function open() {
  const clock = movingClock(new Date('2026-03-01T12:00:00Z'))
  const written: AuditEvent[] = []
  const refusals = createRefusals({
    clock,
    write: async (event) => {
      written.push(event)
    },
  })
  return { clock, written, refusals }
}

describe('refusals by strangers', () => {
  it('are written one by one, until one kind comes too often in a minute', async () => {
    const { clock, written, refusals } = open()
    for (let n = 0; n < 500; n++) await refusals.record(REFUSAL)
    expect(written).toHaveLength(20)
    clock.advance(60)
    await refusals.record({ ...REFUSAL, identifier: 'bea@example.org' })
    expect(written).toHaveLength(22)
    expect(written[20]?.details).toMatchObject({ repeated: 480, since: expect.any(String) })
  })

  it('are of one kind from all addresses of one network', async () => {
    const { written, refusals } = open()
    for (let n = 0; n < 100; n++) await refusals.record({ ...REFUSAL, ip: `2001:db8:1:2::${n + 1}` })
    expect(written).toHaveLength(20)
    await refusals.record({ ...REFUSAL, ip: '2001:db8:1:3::1' })
    expect(written).toHaveLength(21)
  })

  it('are of another kind from another address, against another person, for another reason', async () => {
    const { written, refusals } = open()
    for (let n = 0; n < 30; n++) await refusals.record(REFUSAL)
    for (const change of [
      { ip: '192.0.2.2' },
      { identifier: 'cay@example.org' },
      { reason: 'wrong-password' },
    ]) {
      await refusals.record({ ...REFUSAL, ...change })
    }
    expect(written).toHaveLength(23)
  })

  it('for want of a budget that all share are of one kind, from however many addresses', async () => {
    const { written, refusals } = open()
    const spent = { ...REFUSAL, event: 'code.send-refused', reason: 'budget-spent' } as const
    for (let n = 0; n < 500; n++) {
      const details = { budget: 'country-unknown', callingCode: n % 2 === 0 ? '992' : '91' }
      await refusals.record({ ...spent, ip: `192.0.2.${n}`, identifier: `${n}@example.org`, details })
    }
    expect(written).toHaveLength(40)
    await refusals.flush()
    expect(written.slice(40).map(({ details }) => details)).toMatchObject([
      { callingCode: '992', repeated: 230 },
      { callingCode: '91', repeated: 230 },
    ])
  })

  it('lose no count when the process stops', async () => {
    const { written, refusals } = open()
    for (let n = 0; n < 25; n++) await refusals.record(REFUSAL)
    await refusals.flush()
    expect(written.at(-1)?.details).toMatchObject({ repeated: 5 })
    await refusals.flush()
    expect(written).toHaveLength(21)
  })

  it('hold no memory for ever: of too many kinds the oldest is written early', async () => {
    const { written, refusals } = open()
    for (let n = 0; n < 21; n++) await refusals.record(REFUSAL)
    for (let n = 0; n < 5000; n++) await refusals.record({ ...REFUSAL, identifier: `${n}@example.org` })
    expect(written.some(({ details }) => details?.['repeated'] === 1)).toBe(true)
  })

  it('hold of a browser that describes itself at length what a record would, and no more', async () => {
    const { written, refusals } = open()
    const long = { ...REFUSAL, userAgent: `Firefox ${'x'.repeat(16_000)}` }
    for (let n = 0; n < 21; n++) await refusals.record(long)
    await refusals.flush()
    expect(written.at(-1)?.userAgent).toBe(long.userAgent.slice(0, 512))
  })
})

describe('what a known person does', () => {
  it('is always written', async () => {
    const { written, refusals } = open()
    const own = { ...REFUSAL, actor: { kind: 'account', id: 'acc_ann' } } as const
    for (let n = 0; n < 50; n++) await refusals.record(own)
    expect(written).toHaveLength(50)
  })
})
