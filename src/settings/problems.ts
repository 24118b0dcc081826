import { StartRefused } from '../lib/errors.ts'

/** What is wrong with the settings, gathered so that one start tells all of it. */
export interface Problems {
  /**
   * `key` names a variable, or a file and the place in it; `what` says what is wrong and what to write, never the
   * value of a secret.
   */
  add(key: string, what: string): void
  has(key: string): boolean
  /** All of them so far. */
  lines(): string[]
  /** The same as `add`, unless the key has a problem already: what follows from a wrong value would only confuse. */
  addIfSound(key: string, what: string): void
  /** Throws StartRefused with one line for each problem, if there is one. */
  refuseIfAny(): void
}

export function createProblems(): Problems {
  const found: { readonly key: string; readonly what: string }[] = []
  const add = (key: string, what: string) => void found.push({ key, what })
  const has = (key: string) => found.some((problem) => problem.key === key)
  const lines = () => found.map(({ key, what }) => `${key}: ${what}`)
  return {
    add,
    has,
    lines,
    addIfSound: (key, what) => {
      if (!has(key)) add(key, what)
    },
    refuseIfAny: () => {
      if (found.length === 0) return
      const head = found.length === 1 ? 'one setting is wrong' : `${found.length} settings are wrong`
      throw new StartRefused([`Latchkey cannot start: ${head}.`, ...lines()].join('\n'))
    },
  }
}
