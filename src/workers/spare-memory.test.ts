import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it } from '@jest/globals'
import { eventually } from '../../tests/support/eventually.ts'
import { type SpareMemory, type SpareMemoryParts, startSpareMemory } from './spare-memory.ts'

const MEGABYTE = 1024 * 1024
const LOOK_EVERY_MS = 5

let spareMemory: SpareMemory
afterEach(() => spareMemory.stop())

/** A process that holds 40 MB, 25 of which it could give back. */
function open(more: Partial<SpareMemoryParts> = {}) {
  const process = { requests: 0, held: 40 * MEGABYTE, timesGivenBack: 0 }
  spareMemory = startSpareMemory({
    requests: () => process.requests,
    held: () => process.held,
    giveBack: async () => {
      process.timesGivenBack += 1
      process.held = 15 * MEGABYTE
    },
    log: { error: () => {} },
    lookEveryMs: LOOK_EVERY_MS,
    ...more,
  })
  return process
}

describe('memory that is not used', () => {
  it('is given back when for a while nobody has asked for anything, once', async () => {
    const process = open()
    await eventually('memory is given back', () => process.timesGivenBack > 0)
    await wait(30 * LOOK_EVERY_MS)
    expect(process.timesGivenBack).toBe(1)
  })

  it('is kept while there is work, and given back after it', async () => {
    const process = open()
    // Now and then is work too.
    const work = setInterval(() => {
      process.requests += 10
    }, 3 * LOOK_EVERY_MS)
    await wait(30 * LOOK_EVERY_MS)
    expect(process.timesGivenBack).toBe(0)
    clearInterval(work)
    await eventually('memory is given back', () => process.timesGivenBack === 1)
  })

  it('is given back again when enough has come together, not for a little', async () => {
    const process = open()
    await eventually('memory is given back', () => process.timesGivenBack === 1)
    process.held += 15 * MEGABYTE
    await wait(30 * LOOK_EVERY_MS)
    expect(process.timesGivenBack).toBe(1)
    process.held += MEGABYTE
    await eventually('memory is given back again', () => process.timesGivenBack === 2)
  })

  it('that cannot be given back is told of once', async () => {
    const told: unknown[] = []
    open({
      giveBack: () => Promise.reject(new Error('no inspector')),
      log: { error: (fields: object | string) => void told.push(fields) },
    })
    await wait(30 * LOOK_EVERY_MS)
    expect(told).toEqual([{ err: expect.objectContaining({ message: 'no inspector' }) }])
  })

  it('is really collected', async () => {
    const collected = Promise.withResolvers<void>()
    const registry = new FinalizationRegistry(() => collected.resolve())
    registry.register(new Array(1_000_000).fill(0), 'a list that nobody has')
    spareMemory = startSpareMemory({
      requests: () => 0,
      log: { error: () => {} },
      lookEveryMs: LOOK_EVERY_MS,
    })
    await collected.promise
  })
})
