/**
 * The first owner, made once from a one-time link: contact and password → code → owner. Mounted by app at /setup.
 */
export { type SetupParts, setupRoutes } from './routes.ts'
export type { SetupState } from './state.ts'
