/**
 * Forgotten password: identifier → code → new password. Owns the order of these steps and its pages, alone at
 * /forgot-password or inside the authorization request of an application, and the page of an owner's one-time link.
 * Mounted by app.
 */
export { ownerLinkRoutes } from './owner-link.ts'
export { type RecoveryParts, recoveryRoutes } from './routes.ts'
export type { RecoveryState } from './state.ts'
