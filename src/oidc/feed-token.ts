import { importJWK, SignJWT } from 'jose'
import { keyThatSigns, type SigningKey } from '../domain/keys/index.ts'
import type { DeadSince } from '../domain/revocations/index.ts'
import { addSeconds, type Clock, toEpochSeconds } from '../lib/clock.ts'

export interface FeedTokensParts {
  readonly issuer: string
  readonly signingKeys: () => readonly SigningKey[]
  readonly clock: Clock
}

/** Nobody need take it for longer: it is signed anew every few seconds. */
const LIFETIME_SECONDS = 60

/** Signs what has died, for the followers of one audience (interface.md, Revocation feed). */
export function createFeedTokens({ issuer, signingKeys, clock }: FeedTokensParts) {
  return async (audience: string, { cursor, since, issuer: alive, dead }: DeadSince): Promise<string> => {
    const now = clock.now()
    const key = keyThatSigns(signingKeys(), 'ES256', now)
    if (!key) throw new Error('there is no key that signs ES256')
    return new SignJWT({
      cursor,
      ...(since !== null && { since }),
      issuer: alive,
      reset: since === null,
      dead: dead.map(({ handle, until }) => ({ h: handle, until: toEpochSeconds(until) })),
    })
      .setProtectedHeader({ alg: 'ES256', kid: key.kid, typ: 'revocation-feed+jwt' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(toEpochSeconds(now))
      .setExpirationTime(toEpochSeconds(addSeconds(now, LIFETIME_SECONDS)))
      .sign(await importJWK(key.privateJwk, 'ES256'))
  }
}
