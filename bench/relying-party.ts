import { createHash, randomBytes } from 'node:crypto'
import type { HttpClient } from './http-client.ts'

/** The registrations of config/clients.json; the bare library gets the same ones. */
export const APPLICATION = {
  id: 'demo',
  secret: 'demo-secret-for-development-only',
  redirectUri: 'http://localhost:3001/callback',
} as const
export const MACHINE = { id: 'demo-machine', secret: 'demo-machine-secret-for-development-only' } as const

/** The bare library's tokens for it are opaque; ours are JWTs for every API. */
export const OPAQUE_API = '/opaque'

interface Credentials {
  readonly id: string
  readonly secret: string
}

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

export async function askForMachineToken(http: HttpClient): Promise<string> {
  return (await askForTokens(http, MACHINE, { grant_type: 'client_credentials' })).access_token
}

/** Of the bare library: what it can look up at all, since it stores it. */
export async function askForOpaqueToken(http: HttpClient, resource: string): Promise<string> {
  const form = { grant_type: 'client_credentials', resource }
  const { status, body } = await post(http, '/token', MACHINE, form)
  if (status !== 200) throw new Error(`No token: ${status} ${body}`)
  const { access_token: token } = JSON.parse(body) as Tokens
  if (token.includes('.')) throw new Error('The access token is not opaque.')
  return token
}

/** RFC 7009. What it resolves to is the issuer's word that the token is dead. */
export async function revokeMachineToken(http: HttpClient, token: string): Promise<void> {
  const { status, body } = await post(http, '/revocation', MACHINE, { token })
  if (status !== 200) throw new Error(`Not revoked: ${status} ${body}`)
}

/** RFC 7662, of a token that is known to be active. */
export async function introspect(http: HttpClient, client: Credentials, token: string): Promise<void> {
  const { status, body } = await post(http, '/introspection', client, { token })
  if (status !== 200 || JSON.parse(body).active !== true) throw new Error(`Not active: ${status} ${body}`)
}

async function askForTokens(
  http: HttpClient,
  client: Credentials,
  form: Readonly<Record<string, string>>,
): Promise<Tokens> {
  const { status, body } = await post(http, '/token', client, form)
  if (status !== 200) throw new Error(`No token: ${status} ${body}`)
  const tokens = JSON.parse(body) as Tokens
  // A JWT on both sides: an opaque token would cost no signature.
  if (tokens.access_token.split('.').length !== 3) throw new Error('The access token is not a JWT.')
  return tokens
}

function post(http: HttpClient, path: string, client: Credentials, form: Readonly<Record<string, string>>) {
  const credentials = Buffer.from(`${client.id}:${client.secret}`).toString('base64')
  return http.send(path, { method: 'POST', headers: { authorization: `Basic ${credentials}` }, form })
}
