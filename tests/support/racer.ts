/** The other process of a race (race.ts): opens the store when told so, makes its calls, and closes it. */
import { setImmediate as nextTick } from 'node:timers/promises'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage, type Storage, type StorageSettings } from '../../src/storage/index.ts'
import type { Call, Outcome } from './race.ts'

/** Some calls share a tick, and so perhaps a transaction; the next ones meet what the other process did meanwhile. */
const CALLS_PER_TICK = 4

let storage: Storage | undefined

process.on('message', async (message: { settings?: StorageSettings; calls?: Call[] }) => {
  const { settings, calls = [] } = message
  if (settings !== undefined) storage = await openStorage(settings, { clock: systemClock })
  const outcomes: Promise<Outcome>[] = []
  for (const [index, call] of calls.entries()) {
    if (index % CALLS_PER_TICK === 0) await nextTick()
    outcomes.push(make(call))
  }
  const all = await Promise.all(outcomes)
  if (settings === undefined) await storage?.close()
  process.send?.(all)
})

async function make({ port, method, args }: Call): Promise<Outcome> {
  try {
    const target: unknown = Reflect.get(storage ?? {}, port)
    const made: unknown = Reflect.get(Object(target), method)
    if (typeof made !== 'function') throw new TypeError(`${port} has no ${method}`)
    return { ok: true, value: await made.apply(target, args) }
  } catch (error) {
    return { ok: false, code: codeOf(error) }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
