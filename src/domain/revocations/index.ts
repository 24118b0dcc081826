export type * from './revocation-store.ts'
