/**
 * What is dead: generations of accounts, clients, user types and the issuer; ended tokens, grants and sessions.
 * Owns the handles that tokens carry. Knows nothing of JWTs, of HTTP, of why something ends. Called by oidc.
 */
export { createDeadFeed, type DeadFeed, type DeadSince, LONGEST_TOKEN_SECONDS } from './dead-feed.ts'
export { createHandles, type Handles } from './handles.ts'
export type * from './revocation-store.ts'
export {
  createRevocations,
  newIssuerGeneration,
  openIssuerGeneration,
  type Revocations,
  type TokenRoots,
} from './revocations.ts'
