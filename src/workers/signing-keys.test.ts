import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it } from '@jest/globals'
import { movingClock } from '../../tests/support/moving-clock.ts'
import { temporaryStorage } from '../../tests/support/temporary-storage.ts'
import { createAudit, systemOrigin } from '../domain/audit/index.ts'
import { KEY_SCHEDULE, openKeys } from '../domain/keys/index.ts'
import { systemRandom as random } from '../lib/ids.ts'
import type { Storage } from '../storage/index.ts'
import type { Worker } from './run-every.ts'
import { rewrapRecord, startSigningKeys } from './signing-keys.ts'

const clock = movingClock(new Date('2026-08-09T10:40:12.480Z'))
let workers: Worker[] = []
let errors: object[] = []

// Registered before the store is, so it runs before the store is closed.
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  workers = []
  errors = []
})
const { storage, openAgain } = temporaryStorage(clock)

const [OLD, NEW] = [{ key: Buffer.alloc(32, 1) }, { key: Buffer.alloc(32, 2) }] as const

async function start(holder: string, on: Storage = storage()) {
  const keys = await openKeys({ store: on.keys, masterKeys: [OLD], clock, random })
  const audit = createAudit({ store: on.audit, keys: keys.dataKeys('audit'), clock, random })
  const log = { info: () => {}, error: (fields: object | string) => void errors.push(Object(fields)) }
  const worker = startSigningKeys({
    keys,
    audit,
    leases: on.leases,
    holder,
    clock,
    random,
    log,
    followEveryMilliseconds: 10,
  })
  workers.push(worker)
  return { keys, audit, worker, shown: () => keys.signingKeys(clock.now()).length }
}

async function until(isSo: () => boolean): Promise<void> {
  for (let look = 0; look < 300 && !isSo(); look++) await wait(10)
  expect(isSo()).toBe(true)
}

describe('signing keys', () => {
  it('are made anew when it is time, once among all processes, with one record, and all take them', async () => {
    const first = await start('a')
    await until(() => first.shown() === 3)
    clock.advance(KEY_SCHEDULE.everySeconds - KEY_SCHEDULE.aheadSeconds)
    await first.worker.stop()
    const nodes = [await start('b'), await start('c', await openAgain())]
    await until(() => nodes.every(({ shown }) => shown() === 6))
    const records = await storage().audit.listUnsealed(10)
    expect(records.map(({ body }) => JSON.parse(body))).toMatchObject([
      { event: 'key.rotated', api: 'keys', details: { slots: ['ES256/2', 'RS256/2', 'EdDSA/2'] } },
    ])
    expect(errors).toEqual([])
  })

  it('that a process cannot open are told in its log, and the process goes on with those it has', async () => {
    const node = await start('a')
    const other = await openKeys({ store: storage().keys, masterKeys: [NEW, OLD], clock, random })
    await other.rewrap(rewrapRecord(node.audit, systemOrigin('start', null, random)))
    await other.rotate('overlap', async () =>
      node.audit.entry({
        ...systemOrigin('cli', 'test', random),
        event: 'key.rotated',
        outcome: 'success',
      }),
    )
    await until(() => errors.length > 0)
    expect(errors[0]).toMatchObject({ worker: 'signing-keys-follow' })
    expect(node.shown()).toBe(3)
  })
})
