/**
 * The kinds of account and their fields: one schema for file, API and store, one validator for what people write.
 * Owns the definitions and their versions; knows nobody's account, no form, no token. Called by nearly everything.
 */
export { FIELD_KINDS, type FieldDefinition, type FieldKind } from './field.ts'
export {
  type FieldFault,
  type FieldFaultOf,
  type FieldValue,
  type FieldValues,
  readFields,
  shownValue,
  uniqueForm,
} from './read-fields.ts'
export type * from './user-type.ts'
export { RESERVED_ROLES, roleSchema, userTypeSchema, userTypesFileSchema } from './user-type.ts'
export type * from './user-type-store.ts'
