/**
 * How often may this be tried. Owns counters, budgets and growing pauses, and the numbers of `config/limits.json`.
 * Knows nothing of what is tried. Nothing is ever switched off for good by a stranger: pauses end by themselves.
 * Called by steps; stores take from budgets in the same write as what they pay for.
 */
export type * from './limit-store.ts'
export {
  type Claimed,
  type Confirmation,
  type CountedConfirmation,
  createLimits,
  type Limits,
  type Try,
} from './limits.ts'
export { type LimitsSettings, limitsFileSchema } from './limits-settings.ts'
export { createSieve, type Sieve } from './sieve.ts'
