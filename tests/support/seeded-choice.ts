/** Choices that look random and are the same in every run: a failure can be looked at again. */
export interface SeededChoice {
  /** From 0 up to, not including, `limit`. */
  below(limit: number): number
  of<T>(choices: readonly T[]): T
}

/** Mulberry32: 32 bits of state are plenty for a test. */
export function seededChoice(seed: number): SeededChoice {
  let state = seed
  function next(): number {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    of(choices) {
      const chosen = choices[below(choices.length)]
      if (chosen === undefined) throw new Error('There is nothing to choose from.')
      return chosen
    },
  }
}
