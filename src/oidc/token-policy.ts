import type { Client } from 'oidc-provider'
import { isMachine } from './clients.ts'

/** What the library hands over of a token that somebody asks about or revokes. */
export interface AskedToken {
  readonly kind: string
  readonly clientId?: string | undefined
}

/** RFC 7009 §2.1: a client revokes what was issued to it, and nothing else. */
export function mayRevoke(client: Client, token: AskedToken): boolean {
  return token.clientId === client.clientId
}

/**
 * RFC 7662 §2.1, §4: who cannot prove who they are could try tokens out, so they get no answer. A client may ask about
 * its own tokens; a machine, as an API is one, about any access token: it has been shown the token, and what that says
 * it can read there. A refresh token is between one client and us.
 */
export function mayIntrospect(client: Client, token: AskedToken): boolean {
  if (client.clientAuthMethod === 'none') return false
  if (token.clientId === client.clientId) return true
  return token.kind !== 'RefreshToken' && isMachine(client)
}
