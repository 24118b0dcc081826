/**
 * What administrators do, once for the management API, its console and the commands: each operation with its rules,
 * its record and what it kills. Owns no record and no page; who may do what is asked before by whoever calls.
 */
export { type ChangeUserType, type ChangeUserTypeResult, createChangeUserType } from './change-user-type.ts'
