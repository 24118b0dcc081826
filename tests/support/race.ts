import { fork } from 'node:child_process'
import { once } from 'node:events'
import { afterAll } from '@jest/globals'
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
  const racers = lists.map(() => rested.pop() ?? startRacer())
  try {
    await Promise.all(racers.map((racer) => racer.ask({ settings })))
    const outcomes = await Promise.all(racers.map((racer, index) => racer.ask({ calls: lists[index] })))
    rested.push(...racers)
    return outcomes.flat()
  } catch (error) {
    for (const racer of racers) racer.kill()
    throw error
  }
}

interface Racer {
  ask(message: object): Promise<Outcome[]>
  kill(): void
}

/** Those who wait for the next race of the file: to start one takes longer than most races. */
const rested: Racer[] = []
afterAll(() => {
  for (const racer of rested.splice(0)) racer.kill()
})

function startRacer(): Racer {
  const child = fork(new URL('./racer.ts', import.meta.url), { serialization: 'advanced', execArgv: [] })
  const ended = once(child, 'exit').then(() => {
    throw new Error('A racing process ended before it answered.')
  })
  // That it ends when nobody has asked is no failure.
  ended.catch(() => null)
  return {
    async ask(message) {
      const answer = once(child, 'message')
      child.send(message)
      const [outcomes] = await Promise.race([answer, ended])
      return outcomes
    },
    kill: () => child.kill(),
  }
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
