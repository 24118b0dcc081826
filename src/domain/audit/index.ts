export type * from './audit-store.ts'
