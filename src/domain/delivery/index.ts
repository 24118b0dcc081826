export type * from './message-store.ts'
