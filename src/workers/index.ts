export type * from './lease-store.ts'
