import { importJWK, SignJWT } from 'jose'
import { keyThatSigns, type SigningAlgorithm, type SigningKey } from '../domain/keys/index.ts'
import { addSeconds, type Clock, toEpochSeconds } from '../lib/clock.ts'
import { newSecret, type Random } from '../lib/ids.ts'

/** To whom it is said, of whom, of which of their sessions. */
export interface LogoutTokenClaims {
  readonly clientId: string
  readonly algorithm: SigningAlgorithm
  readonly accountId: string
  readonly sid: string
}

export interface LogoutTokensParts {
  readonly issuer: string
  readonly signingKeys: () => readonly SigningKey[]
  readonly clock: Clock
  readonly random: Random
}

/** OpenID Connect Back-Channel Logout 1.0 §2.4: at most two minutes. */
const LIFETIME_SECONDS = 120
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** A fresh token for each try: a client that has seen a `jti` may refuse it. Never with a `nonce` (§2.4). */
export function createLogoutTokens({ issuer, signingKeys, clock, random }: LogoutTokensParts) {
  return async ({ clientId, algorithm, accountId, sid }: LogoutTokenClaims): Promise<string> => {
    const now = clock.now()
    const key = keyThatSigns(signingKeys(), algorithm, now)
    if (!key) throw new Error(`there is no key that signs ${algorithm}`)
    return new SignJWT({ sid, events: { [EVENT]: {} } })
      .setProtectedHeader({ alg: algorithm, kid: key.kid, typ: 'logout+jwt' })
      .setIssuer(issuer)
      .setSubject(accountId)
      .setAudience(clientId)
      .setIssuedAt(toEpochSeconds(now))
      .setExpirationTime(toEpochSeconds(addSeconds(now, LIFETIME_SECONDS)))
      .setJti(newSecret(random))
      .sign(await importJWK(key.privateJwk, algorithm))
  }
}
