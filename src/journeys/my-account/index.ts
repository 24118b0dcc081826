/**
 * My account: what a person sees and changes of their own: profile, contacts, password, sessions, applications,
 * devices, data; and how they leave. Owns its pages and who may open them; signs people in through the OIDC room like
 * any application. Mounted by app at /account.
 */
export { type MyAccountParts, myAccountRoutes } from './routes.ts'
export type { ContactChangeState } from './state.ts'
