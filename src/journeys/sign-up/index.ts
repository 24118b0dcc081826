/**
 * Sign up: choose a type → form → code to the contact → account. Owns the order of these steps and its pages, alone
 * at /sign-up or inside the authorization request of an application. Mounted by app.
 */
export { type SignUpParts, signUpRoutes } from './routes.ts'
export type { SignUpState } from './state.ts'
