/**
 * The only room that knows oidc-provider: clients, tokens, sessions, grants, what is stored of them and when it is
 * absent. Pages are handed in. Journeys ask it for the interaction at hand and hand it completed sign-ins and
 * answers to what a client asks for.
 */

export type { KoaContextWithOIDC as OidcContext } from 'oidc-provider'
export { ACCOUNT_CLIENT_ID, type AccountSignIn, accountClient } from './account-client.ts'
export { isGoodEnough, reachableAcrs } from './acr.ts'
export type * from './artifact-store.ts'
export type * from './client-state-store.ts'
export type { ClientRegistration } from './clients.ts'
export type { AskedConsent, PersonShown, Topic } from './consent.ts'
export { createEndings, type Endings } from './endings.ts'
export { type CompletedSignIn, formActionOf, type Interaction, type Interactions } from './interactions.ts'
export type * from './logout-notice-store.ts'
export {
  createLogoutNotices,
  type LogoutNotices,
  type LogoutNoticesParts,
  type LogoutPost,
} from './logout-notices.ts'
export { createOidc, type Oidc, type OidcParts, useConfiguredOrigin } from './oidc.ts'
export type { OidcPages } from './provider.ts'
export { ROUTES } from './routes.ts'
export type { SeenSession } from './seen-session.ts'
export type { Sessions, ShownApplication, ShownSession, SignedIn } from './sessions.ts'
export type { PendingSignOut, SignOut } from './sign-out.ts'
