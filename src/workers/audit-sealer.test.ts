import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it } from '@jest/globals'
import { movingClock } from '../../tests/support/moving-clock.ts'
import { anAuditEntry } from '../../tests/support/records.ts'
import { temporaryStorage } from '../../tests/support/temporary-storage.ts'
import { type AuditKeys, type AuditStore, formatHead, verifyRecords } from '../domain/audit/index.ts'
import { type AuditSealer, startAuditSealer } from './audit-sealer.ts'

const clock = movingClock(new Date('2026-08-09T10:40:12.480Z'))
const keys: AuditKeys = [{ key: Buffer.alloc(32, 7) }]
let sealers: AuditSealer[] = []
let told: object[] = []
let errors: object[] = []

// Registered before the store is, so it runs before the store is closed.
afterEach(async () => {
  await Promise.all(sealers.map((sealer) => sealer.stop()))
  sealers = []
  told = []
  errors = []
})
const { storage } = temporaryStorage(clock)

function start(holder = 'a', store: AuditStore = storage().audit): AuditSealer {
  const log = {
    info: (fields: object | string) => void told.push(Object(fields)),
    error: (fields: object | string) => void errors.push(Object(fields)),
  }
  const sealer = startAuditSealer({ store, keys, leases: storage().leases, holder, clock, log })
  sealers.push(sealer)
  return sealer
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1000 && !(await isSo()); tries += 1) await wait(5)
  expect(await isSo()).toBe(true)
}

async function record(count: number): Promise<void> {
  await storage().audit.append(Array.from({ length: count }, () => anAuditEntry()))
}

const allSealed = async () => (await storage().audit.countUnsealed()) === 0

describe('the audit sealer', () => {
  it('seals what waits, also more than one batch, and what comes later', async () => {
    await record(1100)
    const sealer = start()
    await until(allSealed)
    await record(1)
    await until(allSealed)
    expect(sealer.head()?.sequence).toBe(1101)
    expect(await verifyRecords({ store: storage().audit, keys, kept: null })).toMatchObject({
      ok: true,
      records: 1101,
    })
  })

  it('tells the log the head, once a minute when it moves, and at its end', async () => {
    await record(1)
    const sealer = start()
    await until(() => told.length === 1)
    await record(1)
    await until(() => sealer.head()?.sequence === 2)
    expect(told).toHaveLength(1)
    clock.advance(61)
    await until(() => told.length === 2)
    await record(1)
    await until(() => sealer.head()?.sequence === 3)
    await sealer.stop()
    const head = sealer.head()
    expect(told.map((fields) => 'head' in fields && String(fields.head).split(':')[0])).toEqual([
      '1',
      '2',
      '3',
    ])
    expect(told.at(-1)).toEqual({ head: head && formatHead(head), sealedAt: head?.sealedAt })
  })

  it('leaves one chain when two processes run it', async () => {
    await record(300)
    start('a')
    start('b')
    await until(allSealed)
    expect(await verifyRecords({ store: storage().audit, keys, kept: null })).toMatchObject({
      ok: true,
      records: 300,
    })
  })

  it('says so and seals nothing more when the head was forged', async () => {
    await record(1)
    const sealer = start()
    await until(() => sealer.head() !== null)
    await sealer.stop()
    const head = sealer.head()
    if (!head) throw new Error('there is no head')
    await record(1)
    start('b', { ...storage().audit, head: async () => ({ ...head, sequence: 0 }) })
    await until(() => errors.length > 0)
    expect(errors[0]).toMatchObject({ worker: 'audit-sealer', err: { code: 'audit_chain_broken' } })
    expect(await storage().audit.countUnsealed()).toBe(1)
  })
})
