import type { Comparison } from './compare.ts'

/** One claim: what was measured, and whether the goal is met. Unrounded. */
export interface Figure {
  readonly name: string
  readonly ours: string
  readonly baseline: string
  /** What the goal is about, with its range over the rounds. */
  readonly result: string
  readonly goal: string
  readonly met: boolean
}

export interface RatioGoal {
  readonly name: string
  /** Such as `requests/s`. */
  readonly unit: string
  /** What stands on the other side. */
  readonly against: string
  readonly goal: { readonly atLeast: number } | { readonly atMost: number }
}

export function ratioFigure({ name, unit, against, goal }: RatioGoal, comparison: Comparison): Figure {
  const { ours, baseline, ratio, ratios } = comparison
  const more = 'atLeast' in goal
  // Rounded to the side that does not flatter.
  const round = (value: number) => ((more ? Math.floor : Math.ceil)(value * 100) / 100).toFixed(2)
  return {
    name,
    ours: `${shown(ours)} ${unit}`,
    baseline: `${shown(baseline)} ${unit}, ${against}`,
    result: `${round(ratio)} (${round(Math.min(...ratios))}–${round(Math.max(...ratios))})`,
    goal: more ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`,
    met: more ? ratio >= goal.atLeast : ratio <= goal.atMost,
  }
}

export interface Ceiling {
  readonly name: string
  readonly unit: 'ms' | 's' | 'kB' | 'MB' | 'tokens'
  readonly atMost: number
}

/** A measure with no other side: the median of some, or just one. */
export function ceilingFigure({ name, unit, atMost }: Ceiling, value: number, all = [value]): Figure {
  const up = (number: number) => String(Math.ceil(number))
  const range = all.length > 1 ? ` (${up(Math.min(...all))}–${up(Math.max(...all))})` : ''
  return {
    name,
    ours: `${up(value)} ${unit}${range}`,
    baseline: '–',
    result: '–',
    goal: `≤ ${atMost} ${unit}`,
    met: value <= atMost,
  }
}

/** One line for a terminal. */
export function lineOf({ name, ours, baseline, result, goal, met }: Figure): string {
  return `${name}: ${ours} | ${baseline} | ${result} | goal ${goal} | ${verdict(met)}`
}

/** The table as README has it. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, ours, baseline, result, goal, met }) => [
    name,
    ours,
    baseline,
    result,
    goal,
    verdict(met),
  ])
  const head = ['what', 'Latchkey', 'against', 'ratio (rounds)', 'goal', '']
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function verdict(met: boolean): string {
  return met ? 'met' : 'falls short'
}

/** Three digits are enough, and more than the machine's noise allows. */
function shown(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(3)
}
