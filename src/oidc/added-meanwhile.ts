import { isDeepStrictEqual } from 'node:util'
import type { AdapterPayload } from 'oidc-provider'
import type { ArtifactModel } from './artifact-store.ts'

/** What several requests of one browser read, add to and save as a whole, at the same time. */
export type SharedModel = Extract<ArtifactModel, 'Session' | 'Grant'>

export function isShared(model: ArtifactModel): model is SharedModel {
  return model === 'Session' || model === 'Grant'
}

/**
 * What to save so that nothing is lost of what other requests saved since this one read: an application that the
 * session forgot would not be told of its end, and a token would lack scopes that were given.
 *
 * @param read as this request read it; null where it made it
 * @param stored as it is now
 * @param next as this request would have it
 */
export function withAddedMeanwhile(
  model: SharedModel,
  read: AdapterPayload | null,
  stored: AdapterPayload,
  next: AdapterPayload,
): AdapterPayload {
  return model === 'Session' ? mergeSession(read, stored, next) : mergeGrant(stored, next)
}

/** What this request left as it was stays as others left it. */
function mergeSession(
  read: AdapterPayload | null,
  stored: AdapterPayload,
  next: AdapterPayload,
): AdapterPayload {
  return {
    ...next,
    authorizations: mergeAuthorizations(read?.authorizations, stored.authorizations, next.authorizations),
    state: isDeepStrictEqual(read?.state, next.state) ? stored.state : next.state,
  }
}

type Authorizations = AdapterPayload['authorizations']

function mergeAuthorizations(
  read: Authorizations,
  stored: Authorizations,
  next: Authorizations,
): Authorizations {
  if (!stored) return next
  const others = Object.entries(stored).filter(([id]) => isDeepStrictEqual(read?.[id], next?.[id]))
  return { ...stored, ...next, ...Object.fromEntries(others) }
}

/** A grant only grows: what is taken back ends it. */
function mergeGrant(stored: AdapterPayload, next: AdapterPayload): AdapterPayload {
  return {
    ...next,
    openid: mergeOpenid(stored['openid'] as OpenidPart, next['openid'] as OpenidPart),
    resources: mergeResources(stored['resources'] as ScopeByResource, next['resources'] as ScopeByResource),
  }
}

type OpenidPart = { scope?: string; claims?: string[]; userinfo?: string[] } | undefined
type ScopeByResource = Record<string, string> | undefined

function mergeOpenid(stored: OpenidPart, next: OpenidPart): OpenidPart {
  if (!stored || !next) return next ?? stored
  return {
    scope: mergeScopes(stored.scope, next.scope),
    claims: union(stored.claims, next.claims),
    userinfo: union(stored.userinfo, next.userinfo),
  }
}

function mergeResources(stored: ScopeByResource, next: ScopeByResource): ScopeByResource {
  if (!stored || !next) return next ?? stored
  const names = union(Object.keys(stored), Object.keys(next))
  return Object.fromEntries(names.map((name) => [name, mergeScopes(stored[name], next[name])]))
}

function mergeScopes(stored = '', next = ''): string {
  return union(stored.split(' '), next.split(' ')).filter(Boolean).join(' ')
}

function union(stored: readonly string[] = [], next: readonly string[] = []): string[] {
  return [...new Set([...stored, ...next])]
}
