import { median } from './statistics.ts'

/** One round of each side. */
export interface Sides<T> {
  readonly ours: () => Promise<T>
  readonly baseline: () => Promise<T>
}

/** What each round gave, the same index for rounds that stood beside each other. */
export interface Rounds<T> {
  readonly ours: readonly T[]
  readonly baseline: readonly T[]
}

/** The middle of the rounds, and how much the machine lets them vary. */
export interface Comparison {
  readonly ours: number
  readonly baseline: number
  /** Ours by baseline, of the medians. */
  readonly ratio: number
  /** The same of each round. */
  readonly ratios: readonly number[]
}

/**
 * Rounds in turn, the side that begins changing each time: what else the machine does meanwhile meets both. A
 * round of each before is not counted; there the code is still being compiled.
 */
export async function inTurn<T>({ ours, baseline }: Sides<T>, rounds: number): Promise<Rounds<T>> {
  await ours()
  await baseline()
  const results: { ours: T; baseline: T }[] = []
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) results.push({ ours: await ours(), baseline: await baseline() })
    else results.push({ baseline: await baseline(), ours: await ours() })
  }
  return { ours: results.map((one) => one.ours), baseline: results.map((one) => one.baseline) }
}

export function compare({ ours, baseline }: Rounds<number>): Comparison {
  return {
    ours: median(ours),
    baseline: median(baseline),
    ratio: median(ours) / median(baseline),
    ratios: ours.map((value, round) => value / (baseline[round] ?? Number.NaN)),
  }
}
