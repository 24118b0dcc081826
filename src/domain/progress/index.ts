/**
 * How far one browser has come in one journey: which steps it has really completed, what waits for a code. Owns
 * the record, sealed at rest, and the rule that of two answers to one page one wins. Knows no journey's steps;
 * each journey brings its own state. Called by journeys.
 */
export { createProgress, type Progress, type ProgressParts, type Read } from './progress.ts'
export type * from './progress-store.ts'
