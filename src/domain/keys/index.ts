export type * from './key-store.ts'
