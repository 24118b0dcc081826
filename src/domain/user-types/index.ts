export type * from './user-type.ts'
export { userTypesFileSchema } from './user-type.ts'
export type * from './user-type-store.ts'
