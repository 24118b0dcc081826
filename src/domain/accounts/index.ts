export type * from './account.ts'
export type * from './account-store.ts'
