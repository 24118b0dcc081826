export type * from './limit-store.ts'
