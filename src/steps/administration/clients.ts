import type { Audit, Origin } from '../../domain/audit/index.ts'
import type { Clock } from '../../lib/clock.ts'
import type { ClientStateStore } from '../../oidc/index.ts'

export type ClientOutcome = 'changed' | 'unchanged' | 'unknown'

/** What administrators do to clients. */
export interface ClientOperations {
  /**
   * Nobody knows the client any more, at any endpoint of any process; its grants, refresh tokens and access tokens are
   * dead in the same write. Sessions of people live on.
   */
  disable(clientId: string, origin: Origin): Promise<ClientOutcome>
  /** It is served again; nothing of before comes back. */
  enable(clientId: string, origin: Origin): Promise<ClientOutcome>
}

export interface ClientOperationsParts {
  /** Of the registered ones. */
  readonly clientIds: readonly string[]
  readonly clientStates: ClientStateStore
  readonly audit: Pick<Audit, 'entry'>
  readonly clock: Clock
}

export function createClientOperations(parts: ClientOperationsParts): ClientOperations {
  const { clientStates, audit, clock } = parts
  const known = new Set(parts.clientIds)

  function set(disabled: boolean) {
    return async (clientId: string, origin: Origin): Promise<ClientOutcome> => {
      if (!known.has(clientId)) return 'unknown'
      const owner = { kind: 'client', id: clientId } as const
      const entry = await audit.entry({
        ...origin,
        event: disabled ? 'client.disabled' : 'client.enabled',
        outcome: 'success',
        subject: owner,
      })
      const raises = disabled ? [{ owner, signIn: true }] : []
      const write = { raises, audit: [entry], at: clock.now() }
      return (await clientStates.setDisabled(clientId, disabled, write)) ? 'changed' : 'unchanged'
    }
  }

  return { disable: set(true), enable: set(false) }
}
