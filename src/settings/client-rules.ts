import { isLoopbackName } from './loopback.ts'

/** What one registration must keep to so that its clients cannot be impersonated, beyond the shape of each value. */
export interface ClientProblem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

interface Registration {
  readonly application_type: 'web' | 'native'
  readonly redirect_uris: readonly string[]
  readonly post_logout_redirect_uris: readonly string[]
  readonly backchannel_logout_uri?: string | undefined
  readonly grant_types: readonly string[]
  readonly response_types?: readonly string[] | undefined
  readonly token_endpoint_auth_method: string
  readonly client_secret?: unknown
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] } | undefined
  readonly jwks_uri?: string | undefined
  readonly latchkey_require_pkce: boolean
  readonly latchkey_allowed_origins: readonly string[]
}

export function clientProblems(client: Registration): ClientProblem[] {
  return [...grantProblems(client), ...authenticationProblems(client), ...addressProblems(client)]
}

function grantProblems(client: Registration): ClientProblem[] {
  const grants = new Set(client.grant_types)
  const redirects = grants.has('authorization_code')
  const problems: ClientProblem[] = []
  const wrong = (path: string, message: string) => problems.push({ path: [path], message })
  if (grants.has('refresh_token') && !redirects) {
    wrong('grant_types', 'has refresh_token, which needs authorization_code')
  }
  if (redirects && client.redirect_uris.length === 0) {
    wrong('redirect_uris', 'must have at least one: authorization_code leads back to it')
  }
  if (!redirects && client.redirect_uris.length > 0) {
    wrong('redirect_uris', 'must be empty: nothing leads back without authorization_code in grant_types')
  }
  if (redirects && client.response_types?.length === 0) {
    wrong('response_types', 'must be ["code"], or left out')
  }
  if (!redirects && client.response_types !== undefined && client.response_types.length > 0) {
    wrong('response_types', 'must be empty without authorization_code in grant_types, or left out')
  }
  return problems
}

function authenticationProblems(client: Registration): ClientProblem[] {
  const method = client.token_endpoint_auth_method
  const hasKeys = client.jwks !== undefined || client.jwks_uri !== undefined
  const hasSecret = client.client_secret !== undefined
  const problems: ClientProblem[] = []
  const wrong = (path: string, message: string) => problems.push({ path: [path], message })
  if (method.startsWith('client_secret_') && !hasSecret) {
    wrong('client_secret', `is missing; ${method} needs one, write {"env": "NAME"}`)
  }
  if (!method.startsWith('client_secret_') && hasSecret) {
    wrong('client_secret', `must be left out: ${method} uses none`)
  }
  if (method === 'private_key_jwt' && !hasKeys)
    wrong('jwks', 'is missing; private_key_jwt needs jwks or jwks_uri')
  // RFC 7518 §6: `d` and `k` are the private parts, and nothing of ours has any use for them.
  if (client.jwks?.keys.some((key) => 'd' in key || 'k' in key)) {
    wrong('jwks', 'must hold public keys only; this private key is known now, make another')
  }
  if (client.jwks !== undefined && client.jwks_uri !== undefined) {
    wrong('jwks_uri', 'must be left out where there is jwks')
  }
  if (method === 'none' && client.grant_types.includes('client_credentials')) {
    wrong('token_endpoint_auth_method', 'must not be none: client_credentials needs something to prove')
  }
  // RFC 9700 §2.1.1: of a client that anybody can claim to be, PKCE is all that protects the code.
  if (method === 'none' && !client.latchkey_require_pkce) {
    wrong('latchkey_require_pkce', 'must be true for a client without a secret or key')
  }
  return problems
}

function addressProblems(client: Registration): ClientProblem[] {
  const problems: ClientProblem[] = []
  for (const list of ['redirect_uris', 'post_logout_redirect_uris'] as const) {
    for (const [at, uri] of client[list].entries()) {
      const message = redirectProblem(uri, client.application_type)
      if (message !== null) problems.push({ path: [list, at], message })
      else if (client[list].indexOf(uri) < at) problems.push({ path: [list, at], message: 'stands twice' })
    }
  }
  if (client.backchannel_logout_uri !== undefined) {
    const message = logoutProblem(client.backchannel_logout_uri, client.grant_types)
    if (message !== null) problems.push({ path: ['backchannel_logout_uri'], message })
  }
  for (const [at, origin] of client.latchkey_allowed_origins.entries()) {
    if (URL.canParse(origin) && /^https?:/.test(origin) && new URL(origin).origin === origin) continue
    const message = 'must be an origin such as https://app.example, without a slash at the end'
    problems.push({ path: ['latchkey_allowed_origins', at], message })
  }
  return problems
}

/** OpenID Connect Back-Channel Logout 1.0 §2.2, for an address that Latchkey itself posts to. */
function logoutProblem(uri: string, grantTypes: readonly string[]): string | null {
  if (!grantTypes.includes('authorization_code')) return 'must be left out: nobody signs in to this client'
  if (uri.includes('#')) return 'must not have a fragment (#)'
  // What is no address at all is told by the shape of the value.
  if (!URL.canParse(uri)) return null
  const { protocol, hostname, username, password } = new URL(uri)
  if (username !== '' || password !== '') return 'must not have a user or password in it'
  return protocol === 'https:' || isLoopbackName(hostname)
    ? null
    : 'must be https, or http on a loopback address'
}

/**
 * Redirect URIs are compared character by character (RFC 9700 §2.1), so what a URL parser would change, or what
 * somebody means as a pattern, is refused here instead of failing at the first sign-in.
 */
function redirectProblem(uri: string, applicationType: 'web' | 'native'): string | null {
  if (uri.includes('*')) return 'must not have a wildcard; write each address whole'
  if (uri.includes('#')) return 'must not have a fragment (#)'
  if (!URL.canParse(uri) || /[\s\\]/.test(uri))
    return 'must be an absolute address such as https://app.example/callback'
  const { protocol, hostname, username, password } = new URL(uri)
  if (username !== '' || password !== '') return 'must not have a user or password in it'
  if (protocol === 'https:') return null
  if (protocol === 'http:') {
    return applicationType === 'web' || isLoopbackName(hostname)
      ? null
      : 'must be https, or http on a loopback address'
  }
  if (applicationType === 'web') return 'must begin with https:// or http://'
  // RFC 8252 §7.1: a scheme under a domain name of one's own; javascript: and the like have no dot.
  return protocol.includes('.')
    ? null
    : 'must have a scheme that is a reversed domain name, such as com.example.app:'
}
