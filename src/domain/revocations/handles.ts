import { hmac } from '../../lib/hash.ts'

/** What a handle is of: each kind that can be killed, and the issuer. */
export type HandleOf = 'token' | 'grant' | 'session' | 'account' | 'client' | 'user-type' | 'issuer'

/** The opaque names under which tokens carry, and the feed lists, what kills them; different for each audience. */
export interface Handles {
  /** `generation` is empty for what has none. */
  of(audience: string, what: HandleOf, id: string, generation: string): string
  /** The one that every token for this audience carries while the data lives on undisturbed. */
  ofIssuer(audience: string): string
}

export interface HandlesParts {
  /** Data key for handles. */
  readonly key: Uint8Array
  readonly issuerGeneration: string
}

/** 96 bits in base64url: too many to guess, short enough to travel in every token. */
const HANDLE_BYTES = 12

export function createHandles({ key, issuerGeneration }: HandlesParts): Handles {
  function of(audience: string, what: HandleOf, id: string, generation: string): string {
    return hmac(key, audience, what, id, generation).subarray(0, HANDLE_BYTES).toString('base64url')
  }
  return { of, ofIssuer: (audience) => of(audience, 'issuer', '', issuerGeneration) }
}
