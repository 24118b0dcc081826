/**
 * The register of employees: who holds which office, and which account has claimed it. Owns records, claims and
 * what follows when a record changes; knows no form, no code, no token. Called by steps, roles and the commands.
 */
export type * from './employee.ts'
export type * from './employee-store.ts'
export type * from './employees.ts'
export type * from './register.ts'
