export type * from './challenge-store.ts'
