import type { AdapterPayload, Client } from 'oidc-provider'
import type { AdminRole } from '../domain/accounts/index.ts'
import type { ClientStateStore } from './client-state-store.ts'

/** A registered application: OIDC registration metadata and ours (interface.md, Configuration files). */
export interface ClientRegistration {
  readonly client_id: string
  readonly latchkey_first_party?: boolean
  readonly latchkey_require_pkce?: boolean
  readonly latchkey_admin_role?: AdminRole
  readonly latchkey_allowed_origins?: readonly string[]
  readonly latchkey_roles?: readonly string[]
  readonly [metadata: string]: unknown
}

/** Names that the library must keep although it does not know them. */
export const OUR_CLIENT_METADATA = [
  'latchkey_first_party',
  'latchkey_require_pkce',
  'latchkey_admin_role',
  'latchkey_allowed_origins',
  'latchkey_roles',
] as const

export interface Clients {
  /** Undefined for one that is disabled, too: whatever it asks for, from any process, nobody knows it. */
  find(id: string): Promise<AdapterPayload | undefined>
}

/**
 * `livingScopes` are all that anybody can ask for now. The library has no use for a client whose registration names
 * another, and fields, with their scopes, come and go while clients stay.
 */
export function createClients(
  registrations: readonly ClientRegistration[],
  livingScopes: ReadonlySet<string>,
  states: Pick<ClientStateStore, 'isDisabled'>,
): Clients {
  const byId = new Map(
    registrations.map((one) => {
      const payload: unknown = withLivingScopes(one, livingScopes)
      return [one.client_id, payload as AdapterPayload]
    }),
  )
  return {
    async find(id) {
      const client = byId.get(id)
      return client && !(await states.isDisabled(id)) ? client : undefined
    },
  }
}

/** An empty list would allow everything, so `openid` stays. */
function withLivingScopes(client: ClientRegistration, living: ReadonlySet<string>): ClientRegistration {
  const { scope } = client
  if (typeof scope !== 'string') return client
  const left = scope.split(' ').filter((one) => living.has(one))
  return { ...client, scope: left.length === 0 ? 'openid' : left.join(' ') }
}

/** First-party: run by the same organisation, so its people see no consent page. */
export function isFirstParty(client: Client): boolean {
  return client['latchkey_first_party'] === true
}

export function requiresPkce(client: Client): boolean {
  return client['latchkey_require_pkce'] !== false
}

/** A machine signs in as itself: it has client credentials and nobody to redirect. */
export function isMachine(client: Client): boolean {
  return client.grantTypeAllowed('client_credentials') && !client.grantTypeAllowed('authorization_code')
}

export function rolesOfMachine(client: Client): string[] {
  const roles = client['latchkey_roles']
  return Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : []
}

export function allowsOrigin(client: Client, origin: string): boolean {
  const origins = client['latchkey_allowed_origins']
  return Array.isArray(origins) && origins.includes(origin)
}
