import type { ClientEntry } from './clients-file.ts'
import type { Environment } from './environment.ts'
import type { Problems } from './problems.ts'
import { type Secret, secretOf } from './secret.ts'
import type { DemoSettings } from './serving.ts'

/** One registered application. */
export interface ClientSettings {
  readonly id: string
  /** OIDC registration metadata and `latchkey_…`, with everything but the secret. */
  readonly metadata: Omit<ClientEntry, 'client_secret'>
  /** Null for a client that has a key, or nothing, to prove itself with. */
  readonly secret: Secret | null
  /** A secret that stands in the file itself is for development. */
  readonly secretFrom: 'file' | 'environment' | null
}

export type Registration = ClientSettings['metadata'] & { readonly client_secret?: string }

/** The registration as the OIDC library takes it, the secret in clear. */
export function registrationOf({ metadata, secret }: ClientSettings): Registration {
  return secret === null ? metadata : { ...metadata, client_secret: secret.reveal() }
}

/** The client of the demo application, and where config/clients.json says that it runs. */
const DEMO_CLIENT_ID = 'demo'
const DEMO_ORIGIN = 'http://localhost:3001'

export function readClients(
  entries: readonly ClientEntry[],
  demo: DemoSettings,
  environment: Environment,
  problems: Problems,
): ClientSettings[] {
  return entries.map(({ client_secret: secret, ...metadata }) => {
    const id = metadata.client_id
    const client = { id, metadata: withResponseTypes(followDemo(metadata, demo)) }
    if (secret === undefined) return { ...client, secret: null, secretFrom: null }
    if (typeof secret === 'string') return { ...client, secret: secretOf(secret), secretFrom: 'file' }
    const value = readSecret(secret.env, `clients.json, ${id}.client_secret`, environment, problems)
    return { ...client, secret: value, secretFrom: 'environment' }
  })
}

function readSecret(
  name: string,
  place: string,
  environment: Environment,
  problems: Problems,
): Secret | null {
  const secret = environment.readSecret(name)
  if (secret === null && !problems.has(`${name}_FILE`)) {
    problems.add(place, `the variable ${name} is not set; set it`)
  }
  // RFC 6749 Appendix A.2, without the space that is lost when it is pasted.
  if (secret !== null && !/^[\x21-\x7e]+$/.test(secret.reveal())) {
    problems.addIfSound(name, 'must be printable characters without a space, it is the secret of a client')
  }
  return secret
}

/** Left out, it would mean `code`, also for a machine that is led nowhere. */
function withResponseTypes(metadata: ClientSettings['metadata']): ClientSettings['metadata'] {
  return { ...metadata, response_types: metadata.grant_types.includes('authorization_code') ? ['code'] : [] }
}

/** LATCHKEY_DEMO_PORT moves the demo application; the addresses of its client move with it. */
function followDemo(metadata: ClientSettings['metadata'], demo: DemoSettings): ClientSettings['metadata'] {
  if (metadata.client_id !== DEMO_CLIENT_ID || !demo.enabled) return metadata
  const moved = (uri: string) =>
    uri.startsWith(`${DEMO_ORIGIN}/`) ? `${demo.url}${uri.slice(DEMO_ORIGIN.length)}` : uri
  const { backchannel_logout_uri: logoutUri } = metadata
  return {
    ...metadata,
    ...(logoutUri !== undefined && { backchannel_logout_uri: moved(logoutUri) }),
    redirect_uris: metadata.redirect_uris.map(moved),
    post_logout_redirect_uris: metadata.post_logout_redirect_uris.map(moved),
  }
}
