import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Storage, StorageSettings } from '../../src/storage/index.ts'

type Port = { [P in keyof Storage]: Storage[P] extends () => unknown ? never : P }[keyof Storage]
type Arguments<F> = F extends (...args: infer A) => unknown ? A : never

/** One call of a port, as it travels to another process. */
export interface Call {
  readonly port: string
  readonly method: string
  readonly args: readonly unknown[]
}

export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: string }

export function call<P extends Port, M extends keyof Storage[P] & string>(
  port: P,
  method: M,
  ...args: Arguments<Storage[P][M]>
): Call {
  return { port, method, args }
}

/** `count` equal calls. */
export function times(count: number, one: Call): Call[] {
  return Array.from({ length: count }, () => one)
}

/**
 * Makes the calls of each list in a process of its own, all at once, both processes starting together on the
 * same data. Answers the outcomes of all.
 */
export async function race(settings: StorageSettings, ...lists: readonly Call[][]): Promise<Outcome[]> {
  const racers = lists.map(() =>
    fork(new URL('./racer.ts', import.meta.url), { serialization: 'advanced', execArgv: [] }),
  )
  try {
    await Promise.all(racers.map((racer) => ask(racer, { settings })))
    const outcomes = await Promise.all(racers.map((racer, index) => ask(racer, { calls: lists[index] })))
    return outcomes.flat()
  } finally {
    for (const racer of racers) racer.kill()
  }
}

async function ask(racer: ChildProcess, message: object): Promise<Outcome[]> {
  const answer = once(racer, 'message')
  const end = once(racer, 'exit').then(() => {
    throw new Error('A racing process ended before it answered.')
  })
  racer.send(message)
  const [outcomes] = await Promise.race([answer, end])
  return outcomes
}

/** The values of calls that were expected to succeed; fails on the first that did not. */
export function values(outcomes: readonly Outcome[]): unknown[] {
  return outcomes.map((outcome) => {
    if (!outcome.ok) throw new Error(`A call failed: ${outcome.code}`)
    return outcome.value
  })
}

/** How many outcomes have this value. */
export function countOf(value: unknown, outcomes: readonly Outcome[]): number {
  return values(outcomes).filter((one) => one === value).length
}
