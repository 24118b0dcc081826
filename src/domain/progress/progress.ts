import type { Clock } from '../../lib/clock.ts'
import { DuplicateKey } from '../../lib/errors.ts'
import { hmac } from '../../lib/hash.ts'
import type { Random } from '../../lib/ids.ts'
import { open, seal } from '../../lib/seal.ts'
import type { ProgressStore } from './progress-store.ts'

/** A journey's state as it was read; its version says which answer to a page comes first. */
export interface Read<State> {
  readonly state: State
  readonly version: number
  readonly expiresAt: Date
}

/** The place where one journey keeps how far a browser has come. `key` names the browser's attempt. */
export interface Progress<State> {
  find(key: string): Promise<Read<State> | null>
  /** Begins, unless another answer was faster: then null. */
  begin(key: string, state: State, expiresAt: Date): Promise<Read<State> | null>
  /** The next step, unless another answer was faster: then null. */
  advance(key: string, from: Read<State>, state: State): Promise<Read<State> | null>
  end(key: string): Promise<void>
}

export interface ProgressParts {
  readonly store: ProgressStore
  readonly sealingKey: Uint8Array
  readonly clock: Clock
  readonly random: Random
}

/**
 * State holds JSON values only. `journey` keeps two journeys under one key (an interaction) apart.
 */
export function createProgress<State>(journey: string, parts: ProgressParts): Progress<State> {
  const { store, sealingKey, clock, random } = parts
  const idOf = (key: string) => hmac(sealingKey, 'progress', journey, key)
  const sealed = (state: State) => seal(sealingKey, JSON.stringify(state), `progress/${journey}`, random)
  const opened = (bytes: Uint8Array) =>
    JSON.parse(open(sealingKey, bytes, `progress/${journey}`).toString('utf8')) as State

  return {
    async find(key) {
      const stored = await store.find(idOf(key), clock.now())
      if (!stored) return null
      return { state: opened(stored.state), version: stored.version, expiresAt: stored.expiresAt }
    },
    async begin(key, state, expiresAt) {
      try {
        await store.insert({ idHash: idOf(key), state: sealed(state), version: 1, expiresAt })
        return { state, version: 1, expiresAt }
      } catch (error) {
        if (error instanceof DuplicateKey) return null
        throw error
      }
    },
    async advance(key, from, state) {
      const won = await store.advance(idOf(key), from.version, sealed(state), from.expiresAt, clock.now())
      return won ? { state, version: from.version + 1, expiresAt: from.expiresAt } : null
    },
    end: (key) => store.remove(idOf(key)),
  }
}
