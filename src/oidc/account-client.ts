import { createHash } from 'node:crypto'
import { newSecret, type Random } from '../lib/ids.ts'
import type { ClientRegistration } from './clients.ts'
import { ROUTES } from './routes.ts'

/** Latchkey's own client: who opens the account pages signs in through it like through any other. */
export const ACCOUNT_CLIENT_ID = 'latchkey-account'

const SIGNED_IN_PATH = '/account/signed-in'

export function accountClient(issuer: string, clientName: string): ClientRegistration {
  return {
    client_id: ACCOUNT_CLIENT_ID,
    client_name: clientName,
    application_type: 'web',
    token_endpoint_auth_method: 'none',
    redirect_uris: [issuer + SIGNED_IN_PATH],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    latchkey_first_party: true,
    latchkey_require_pkce: true,
  }
}

/** How a sign-in for the account pages must be. */
export interface AccountSignIn {
  /** Path below /account to go on to. */
  readonly returnTo: string
  /** A sign-in of so many seconds ago will do; null: any that lives. */
  readonly maxAgeSeconds: number | null
}

/**
 * The authorization request that leads to the account pages. What counts afterwards is the session: the code is of
 * use to nobody, since its PKCE verifier is forgotten here.
 */
export function accountSignInUrl(issuer: string, random: Random, signIn: AccountSignIn): string {
  const url = new URL(ROUTES.authorization, issuer)
  url.search = new URLSearchParams({
    client_id: ACCOUNT_CLIENT_ID,
    response_type: 'code',
    scope: 'openid',
    redirect_uri: issuer + SIGNED_IN_PATH,
    code_challenge: createHash('sha256').update(newSecret(random)).digest('base64url'),
    code_challenge_method: 'S256',
    state: signIn.returnTo,
    ...(signIn.maxAgeSeconds === null ? {} : { max_age: String(signIn.maxAgeSeconds) }),
  }).toString()
  return url.pathname + url.search
}
