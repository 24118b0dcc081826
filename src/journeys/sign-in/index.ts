/**
 * Sign in: identifier and password → code → application. Owns the order of these steps and its pages; each step
 * is done by steps and the rooms below. Mounted by app at /interaction/:uid.
 */
export { type SignInParts, signInRoutes } from './routes.ts'
export type { SignInState } from './state.ts'
