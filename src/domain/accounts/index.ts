/**
 * Who exists, by which contact and identifier, and may they sign in. Owns the account record and its rules.
 * Knows nothing of passwords' making, of codes, of HTTP. Called by steps and by oidc.
 */
export type * from './account.ts'
export { type AccountFields, createAccountFields } from './account-fields.ts'
export type * from './account-store.ts'
export {
  type Accounts,
  createAccounts,
  type Found,
  identifiersOf,
  type NewAccount,
  type RecoveryRefusal,
  reachableBy,
  type SignInRefusal,
  whyNotRecover,
  whyNotSignIn,
} from './accounts.ts'
export { createInvitationLinks, type InvitationLinks, type Invited } from './invitation-links.ts'
export { createOwnerLinks, type OwnerLinks } from './owner-links.ts'
export { createSetupLinks, linkHash, type SetupLinks } from './setup-links.ts'
