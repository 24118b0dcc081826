import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it } from '@jest/globals'
import { movingClock } from '../../tests/support/moving-clock.ts'
import { temporaryStorage } from '../../tests/support/temporary-storage.ts'
import { addSeconds } from '../lib/clock.ts'
import { type RunEveryParts, runEvery, type Worker } from './run-every.ts'

const clock = movingClock(new Date('2026-08-09T10:40:12.480Z'))
let workers: Worker[] = []
let logged: object[] = []

// Registered before the store is, so it runs before the store is closed.
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  workers = []
  logged = []
})
const { storage } = temporaryStorage(clock)

function start(holder: string, task: RunEveryParts['task'], leases = storage().leases): Worker {
  const log = { error: (fields: object | string) => void logged.push(Object(fields)) }
  const worker = runEvery({ name: 'test', everyMilliseconds: 5, task, leases, holder, clock, log })
  workers.push(worker)
  return worker
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo() && tries < 500; tries += 1) await wait(5)
  expect(isSo()).toBe(true)
}

describe('a worker', () => {
  it('does its task again and again', async () => {
    let runs = 0
    start('a', async () => void runs++)
    await until(() => runs > 3)
  })

  it('works in one process at a time, and another goes on when it stops', async () => {
    const runs = { a: 0, b: 0 }
    const first = start('a', async () => void runs.a++)
    await until(() => runs.a > 0)
    start('b', async () => void runs.b++)
    await until(() => runs.a > 5)
    expect(runs.b).toBe(0)
    await first.stop()
    await until(() => runs.b > 0)
  })

  it('takes over from a process that died, once its lease has run out', async () => {
    await storage().leases.acquire('test', 'dead', clock.now(), addSeconds(clock.now(), 30))
    let runs = 0
    start('b', async () => void runs++)
    await wait(50)
    expect(runs).toBe(0)
    clock.advance(31)
    await until(() => runs > 0)
  })

  it('writes to the store only when half of its lease has run', async () => {
    let acquired = 0
    let runs = 0
    const { leases } = storage()
    const counting = {
      ...leases,
      acquire: (...held: Parameters<typeof leases.acquire>) => {
        acquired += 1
        return leases.acquire(...held)
      },
    }
    start('a', async () => void runs++, counting)
    await until(() => runs > 5)
    expect(acquired).toBe(1)
    clock.advance(16)
    await until(() => acquired === 2)
  })

  it('holds its lease by the clock as it is when that was put back, and lets nobody else in', async () => {
    const { leases } = storage()
    const ends: Date[] = []
    const noting = {
      ...leases,
      acquire: (...[name, holder, now, end]: Parameters<typeof leases.acquire>) => {
        ends.push(end)
        return leases.acquire(name, holder, now, end)
      },
    }
    start('a', async () => {}, noting)
    await until(() => ends.length === 1)
    clock.advance(-7200)
    await until(() => ends.length === 2)
    expect(ends[1]).toEqual(addSeconds(clock.now(), 30))
    expect(await leases.acquire('test', 'b', clock.now(), addSeconds(clock.now(), 30))).toBe(false)
  })

  it('logs what fails, lets another process try, and goes on itself', async () => {
    let runs = 0
    start('a', async () => {
      runs += 1
      if (runs < 3) throw new Error('not now')
    })
    await until(() => runs > 3)
    expect(logged).toEqual([
      expect.objectContaining({ worker: 'test', failures: 1, err: new Error('not now') }),
      expect.objectContaining({ worker: 'test', failures: 2 }),
    ])
  })

  it('waits longer after each failure', async () => {
    const times: number[] = []
    start('a', async () => {
      times.push(performance.now())
      throw new Error('never')
    })
    await until(() => times.length === 4)
    const [, , third = 0, fourth = 0] = times
    // Five milliseconds, doubled three times; a timer may be a little early.
    expect(fourth - third).toBeGreaterThan(35)
  })

  it('survives a store that is down', async () => {
    let runs = 0
    let down = true
    const { leases } = storage()
    const shaky = {
      ...leases,
      acquire: async (...held: Parameters<typeof leases.acquire>) => {
        if (down) throw new Error('down')
        return leases.acquire(...held)
      },
    }
    start('a', async () => void runs++, shaky)
    await until(() => logged.length > 0)
    down = false
    await until(() => runs > 0)
  })

  it('stops after what runs now, which hears of it', async () => {
    let ended = false
    let told = false
    const worker = start('a', async (signal) => {
      await wait(40)
      told = signal.aborted
      ended = true
    })
    await wait(10)
    await worker.stop()
    expect({ ended, told }).toEqual({ ended: true, told: true })
    expect(await storage().leases.acquire('test', 'b', clock.now(), clock.now())).toBe(true)
  })
})
