import { hmac } from '../lib/hash.ts'
import type { ArtifactModel } from './artifact-store.ts'

/**
 * The id under which an artifact is stored: a keyed hash, since the library's ids *are* the secrets (code,
 * refresh token, session cookie). Grants and sessions wear a prefix, because their stored ids are shown to
 * people and programs.
 */
export interface StoredIds {
  of(model: ArtifactModel, value: string): string
  /** A session's id is its uid: its cookie value changes at sign-in, its uid stays. */
  ofSession(uid: string): string
  /** The refresh token that a rotation of `value` makes, for every retry the same. */
  successorOf(value: string): string
  /** The `sid` by which a client knows a session, for every request that asks at the same time the same. */
  sidOf(sessionUid: string, clientId: string): string
}

const PREFIX: Partial<Record<ArtifactModel, string>> = { Grant: 'gra_' }

export function createStoredIds(key: Uint8Array): StoredIds {
  const hash = (kind: string, value: string) => hmac(key, 'artifact-id', kind, value).toString('base64url')
  return {
    of: (model, value) => `${PREFIX[model] ?? ''}${hash(model, value)}`,
    ofSession: (uid) => `ses_${hash('session-uid', uid)}`,
    successorOf: (value) => hmac(key, 'refresh-successor', value).toString('base64url'),
    sidOf: (sessionUid, clientId) => hmac(key, 'sid', sessionUid, clientId).toString('base64url'),
  }
}
