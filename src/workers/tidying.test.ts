import { setTimeout as wait } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from '@jest/globals'
import { movingClock } from '../../tests/support/moving-clock.ts'
import { aChallenge, aMessage, anEmployee } from '../../tests/support/records.ts'
import { temporaryStorage } from '../../tests/support/temporary-storage.ts'
import { addSeconds } from '../lib/clock.ts'
import { startTidying, type TidyStores } from './tidying.ts'

const DAY_SECONDS = 86_400
const clock = movingClock(new Date('2026-08-09T10:40:12.480Z'))
let errors: object[] = []
let rounds = 0

const { storage } = temporaryStorage(clock)

beforeEach(() => {
  errors = []
})

/** Runs one round over these stores and waits for its end. */
async function tidyOnce(stores: TidyStores = storage()): Promise<void> {
  const revocations: TidyStores['revocations'] = {
    async tidy(now, limit) {
      const rows = await stores.revocations.tidy(now, limit)
      rounds += 1
      return rows
    },
    tidyDead: (before, limit) => stores.revocations.tidyDead(before, limit),
  }
  const log = { debug: () => {}, error: (fields: object | string) => void errors.push(Object(fields)) }
  rounds = 0
  const worker = startTidying({
    stores: { ...stores, revocations },
    leases: storage().leases,
    holder: 'a',
    clock,
    log,
  })
  while (rounds === 0) await wait(5)
  await worker.stop()
}

describe('tidying', () => {
  it('empties the MAC of a code at its end and keeps the row for thirty days', async () => {
    const challenge = aChallenge({ createdAt: clock.now(), expiresAt: addSeconds(clock.now(), 300) })
    await storage().challenges.insert(challenge, { audit: [], messages: [] })
    clock.advance(299)
    await tidyOnce()
    expect((await storage().challenges.find(challenge.id))?.codeMac).not.toHaveLength(0)
    clock.advance(2)
    await tidyOnce()
    expect((await storage().challenges.find(challenge.id))?.codeMac).toHaveLength(0)
    clock.advance(31 * DAY_SECONDS)
    await tidyOnce()
    expect(await storage().challenges.find(challenge.id)).toBeNull()
  })

  it('deletes messages a day after they ended, in as many batches as it takes', async () => {
    const queuedAt = clock.now()
    const messages = Array.from({ length: 450 }, () =>
      aMessage({ queuedAt, expiresAt: addSeconds(queuedAt, 300) }),
    )
    await storage().messages.insert(messages)
    clock.advance(DAY_SECONDS)
    await tidyOnce()
    expect(await storage().messages.tidy(clock.now(), 1)).toBe(1)
    clock.advance(301)
    await tidyOnce()
    expect(await storage().messages.tidy(clock.now(), 1)).toBe(0)
  })

  it('deletes the rows of an import that nobody published', async () => {
    const { employees } = storage()
    await employees.stage('imp_1', [{ row: 2, record: anEmployee() }], addSeconds(clock.now(), 60))
    clock.advance(59)
    await tidyOnce()
    expect((await employees.plan('imp_1')).summary).toMatchObject({ added: 1 })
    clock.advance(1)
    await tidyOnce()
    expect((await employees.plan('imp_1')).summary).toMatchObject({ added: 0 })
  })

  it('goes on with the other stores when one fails', async () => {
    const stores = { ...storage(), limits: { tidy: () => Promise.reject(new Error('full')) } }
    await tidyOnce(stores)
    expect(rounds).toBe(1)
    expect(errors[0]).toMatchObject({ worker: 'tidying', err: { errors: [new Error('full')] } })
  })

  it('ends its round when there is always more to do', async () => {
    let batches = 0
    const endless = {
      async tidy(_now: Date, limit: number) {
        batches += 1
        return limit
      },
    }
    await tidyOnce({ ...storage(), limits: endless })
    expect(batches).toBe(50)
  })

  it('keeps the log of what has died for a day', async () => {
    const { revocations } = storage()
    await revocations.raise([{ owner: { kind: 'account', id: 'acc_1' }, signIn: true }], clock.now(), [])
    clock.advance(DAY_SECONDS - 1)
    await tidyOnce()
    expect(await revocations.listDead(0, 10)).toHaveLength(1)
    clock.advance(1)
    await tidyOnce()
    expect(await revocations.listDead(0, 10)).toEqual([])
  })
})
