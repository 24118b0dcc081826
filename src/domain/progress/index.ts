export type * from './progress-store.ts'
