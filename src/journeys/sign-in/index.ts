/**
 * Sign in: identifier and password, or identifier alone → code → what the type requires by now → application. Owns
 * the order of these steps and its pages; each step is done by steps and the rooms below. Mounted by app at
 * /interaction/:uid.
 */
export type { SignInParts } from './parts.ts'
export { signInRoutes } from './routes.ts'
export type { SignInState } from './state.ts'
