import { createHash, randomBytes } from 'node:crypto'
import type { HttpClient } from './http-client.ts'

/** The registrations of config/clients.json; the bare library gets the same ones. */
export const APPLICATION = {
  id: 'demo',
  secret: 'demo-secret-for-development-only',
  redirectUri: 'http://localhost:3001/callback',
} as const
export const MACHINE = { id: 'demo-machine', secret: 'demo-machine-secret-for-development-only' } as const

export interface Tokens {
  readonly access_token: string
  readonly refresh_token?: string
}

/** What one authorization request is made of, and what redeems the code that comes of it. */
export interface AuthorizationRequest {
  readonly path: string
  readonly verifier: string
}

export function newAuthorizationRequest(): AuthorizationRequest {
  const verifier = randomBytes(32).toString('base64url')
  const query = new URLSearchParams({
    client_id: APPLICATION.id,
    response_type: 'code',
    scope: 'openid email',
    redirect_uri: APPLICATION.redirectUri,
    state: randomBytes(8).toString('base64url'),
    nonce: randomBytes(8).toString('base64url'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  return { path: `/auth?${query}`, verifier }
}

export function redeemCode(http: HttpClient, code: string, verifier: string): Promise<Tokens> {
  const grant = { grant_type: 'authorization_code', redirect_uri: APPLICATION.redirectUri }
  return askForTokens(http, APPLICATION, { ...grant, code, code_verifier: verifier })
}

/** Answers the next refresh token of the family. */
export async function refresh(http: HttpClient, refreshToken: string): Promise<string> {
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken }
  const { refresh_token: next } = await askForTokens(http, APPLICATION, form)
  if (next === undefined || next === refreshToken) throw new Error('The refresh token was not rotated.')
  return next
}

export async function askForMachineToken(http: HttpClient): Promise<void> {
  await askForTokens(http, MACHINE, { grant_type: 'client_credentials' })
}

async function askForTokens(
  http: HttpClient,
  client: { readonly id: string; readonly secret: string },
  form: Readonly<Record<string, string>>,
): Promise<Tokens> {
  const credentials = Buffer.from(`${client.id}:${client.secret}`).toString('base64')
  const headers = { authorization: `Basic ${credentials}` }
  const { status, body } = await http.send('/token', { method: 'POST', headers, form })
  if (status !== 200) throw new Error(`No token: ${status} ${body}`)
  const tokens = JSON.parse(body) as Tokens
  // A JWT on both sides: an opaque token would cost no signature.
  if (tokens.access_token.split('.').length !== 3) throw new Error('The access token is not a JWT.')
  return tokens
}
