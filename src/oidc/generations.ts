import type { RevocationStore } from '../domain/revocations/index.ts'

/** The generations that an artifact is stamped with. */
export interface Stamp {
  readonly accountGeneration: number | null
  readonly clientGeneration: number | null
  readonly issuerGeneration: string | null
}

export interface StampSource {
  readonly accountId: string | null
  readonly clientId: string | null
}

/**
 * Which generations a new artifact gets. What is made in one request from a found artifact (a code from a
 * session, a refresh token from a code) inherits the lower stamp: a generation raised between reading the one
 * and writing the other must kill both.
 */
export interface Stamps {
  /** Remembers, for the request `scope`, with which generations an artifact was found. */
  remember(scope: object | undefined, source: StampSource, stamp: Omit<Stamp, 'issuerGeneration'>): void
  stampFor(scope: object | undefined, source: StampSource): Promise<Stamp>
}

/**
 * `issuerGeneration` is the one with which this process started: what it makes after another took its place is dead
 * from the first.
 */
export function createStamps(store: RevocationStore, issuerGeneration: string): Stamps {
  const remembered = new WeakMap<object, Map<string, number>>()

  function lower(scope: object, key: string, generation: number): void {
    const known = remembered.get(scope) ?? new Map<string, number>()
    known.set(key, Math.min(generation, known.get(key) ?? generation))
    remembered.set(scope, known)
  }

  async function generationOf(scope: object | undefined, kind: 'account' | 'client', id: string | null) {
    if (id === null) return null
    const inherited = scope ? remembered.get(scope)?.get(`${kind}/${id}`) : undefined
    if (inherited !== undefined) return inherited
    const [current] = await store.findGenerations([{ kind, id }])
    return current?.signIn ?? 0
  }

  return {
    remember(scope, { accountId, clientId }, { accountGeneration, clientGeneration }) {
      if (!scope) return
      if (accountId !== null && accountGeneration !== null)
        lower(scope, `account/${accountId}`, accountGeneration)
      if (clientId !== null && clientGeneration !== null) lower(scope, `client/${clientId}`, clientGeneration)
    },
    async stampFor(scope, { accountId, clientId }) {
      return {
        accountGeneration: await generationOf(scope, 'account', accountId),
        clientGeneration: await generationOf(scope, 'client', clientId),
        issuerGeneration,
      }
    },
  }
}
