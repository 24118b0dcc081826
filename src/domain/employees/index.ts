/**
 * The register of employees: who holds which office, and which account has claimed it. Owns records, claims and
 * what follows when a record changes; knows no form, no code, no token. Called by steps, roles and the commands.
 */
export { createBuiltInRegister } from './built-in-register.ts'
export { type Consequence, consequenceOf } from './consequences.ts'
export type * from './employee.ts'
export type * from './employee-store.ts'
export {
  type Applicant,
  type ApplicantAnswer,
  type ApplicantRefusal,
  createEmployees,
  type Employees,
  type EmployeesParts,
} from './employees.ts'
export { createHttpRegister, type HttpRegisterParts } from './http-register.ts'
export {
  EMPLOYEE_STATUSES,
  type ReadRecordResult,
  type RecordProblem,
  type RecordTexts,
  readRecord,
} from './read-record.ts'
export type * from './register.ts'
export type { Standing, StandingOf } from './standing.ts'
