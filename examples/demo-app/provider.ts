import { setTimeout as pause } from 'node:timers/promises'
import {
  allowInsecureRequests,
  ClientSecretBasic,
  type Configuration,
  type DiscoveryRequestOptions,
  discovery,
  enableNonRepudiationChecks,
} from 'openid-client'

export interface ProviderOptions {
  readonly issuer: URL
  readonly clientId: string
  readonly clientSecret: string
  /** Pauses before the second, third … try of one discovery. */
  readonly retryAfterMs: readonly number[]
}

/** The provider as this application knows it. Throws what the last try threw when discovery fails. */
export type GetConfiguration = () => Promise<Configuration>

/**
 * Discovers the provider when it is first needed, not at the start: the two may start in any order. Success is
 * kept, failure is not, and requests that come meanwhile share one discovery.
 */
export function createProvider(options: ProviderOptions): GetConfiguration {
  let pending: Promise<Configuration> | null = null
  return () => {
    pending ??= discoverWithRetry(options).catch((error: unknown) => {
      pending = null
      throw error
    })
    return pending
  }
}

async function discoverWithRetry(options: ProviderOptions): Promise<Configuration> {
  for (const ms of options.retryAfterMs) {
    try {
      return await discover(options)
    } catch {
      await pause(ms)
    }
  }
  return discover(options)
}

function discover({ issuer, clientId, clientSecret }: ProviderOptions): Promise<Configuration> {
  const isPlainHttp = issuer.protocol === 'http:'
  const request: DiscoveryRequestOptions = {
    timeout: 5,
    // The ID token's signature is checked too, though it comes straight from the token endpoint: over plain
    // HTTP on a developer's machine nothing else vouches for it.
    execute: isPlainHttp ? [enableNonRepudiationChecks, allowInsecureRequests] : [enableNonRepudiationChecks],
  }
  // client_secret_basic is what a client is registered with unless it says otherwise (OIDC Registration §2).
  return discovery(issuer, clientId, {}, ClientSecretBasic(clientSecret), request)
}
