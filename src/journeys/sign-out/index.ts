/**
 * Sign out: the OIDC library checks the request, a person decides, the session and what was given in it ends.
 * Mounted by app below /session/end.
 */
export { type SignOutParts, showSignOut, signOutRoutes } from './routes.ts'
