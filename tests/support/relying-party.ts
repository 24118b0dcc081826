import { createHash, randomBytes } from 'node:crypto'

/** What a test needs of a client: its authorization requests, its calls to the token endpoint. */
export interface RelyingParty {
  authorize(parameters?: Readonly<Record<string, string>>): { url: string; verifier: string; state: string }
  /** A call to the token endpoint, authenticated by client_secret_basic. */
  token(
    body: Readonly<Record<string, string>>,
  ): Promise<{ status: number; body: TokenAnswer; headers: Headers }>
}

export interface TokenAnswer {
  readonly access_token?: string
  readonly refresh_token?: string
  readonly id_token?: string
  readonly expires_in?: number
  readonly scope?: string
  readonly token_type?: string
  readonly error?: string
  readonly error_description?: string
}

export const DEMO = {
  id: 'demo',
  secret: 'demo-secret-for-development-only',
  redirectUri: 'http://localhost:3001/callback',
} as const

export function createRelyingParty(
  issuer: string,
  client: { id: string; secret: string; redirectUri: string } = DEMO,
) {
  const rp: RelyingParty = {
    authorize(parameters = {}) {
      const verifier = randomBytes(32).toString('base64url')
      const state = randomBytes(8).toString('base64url')
      const query = new URLSearchParams({
        client_id: client.id,
        response_type: 'code',
        scope: 'openid profile email',
        redirect_uri: client.redirectUri,
        state,
        nonce: randomBytes(8).toString('base64url'),
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
        ...parameters,
      })
      return { url: `${issuer}/auth?${query}`, verifier, state }
    },
    async token(body) {
      const credentials = Buffer.from(`${client.id}:${client.secret}`).toString('base64')
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${credentials}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams({ ...body }),
      })
      return {
        status: response.status,
        body: (await response.json()) as TokenAnswer,
        headers: response.headers,
      }
    },
  }
  return rp
}

/** The claims of a JWT, unverified. */
export function claimsOf(jwt: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'))
}
