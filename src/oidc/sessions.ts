import type { Context } from 'koa'
import type { Provider } from 'oidc-provider'
import type { Account } from '../domain/accounts/index.ts'
import type { Origin } from '../domain/audit/index.ts'
import type { UserType } from '../domain/user-types/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import { open } from '../lib/seal.ts'
import { ACCOUNT_CLIENT_ID } from './account-client.ts'
import type { Artifact, ArtifactStore } from './artifact-store.ts'
import { type ClaimsParts, findActive } from './claims.ts'
import { isFirstParty } from './clients.ts'
import type { Endings } from './endings.ts'
import { createProlongSession } from './prolong-session.ts'
import type { SeenSession } from './seen-session.ts'
import type { StoredIds } from './stored-ids.ts'

/** Who is signed in in this browser, and since when. */
export interface SignedIn {
  readonly account: Account
  readonly userType: UserType
  /** `ses_…`, as everywhere outside the library. */
  readonly sessionId: string
  readonly signedInAt: Date
  /** The account's sign-in generation that the session is of: what is begun in it is void under a higher one. */
  readonly generation: number
}

/** A session as its owner sees it. */
export interface ShownSession extends SeenSession {
  readonly id: string
  readonly signedInAt: Date
}

/** What one application was given, in one or several sessions. */
export interface ShownApplication {
  /** Of the newest grant; ending it ends all of this application's. */
  readonly id: string
  readonly clientId: string
  readonly name: string
  /** Run by the organisation. */
  readonly firstParty: boolean
  readonly scopes: readonly string[]
  readonly since: Date
}

export interface Sessions {
  /** Null where nobody is signed in, or somebody who may not be any more. Asking is a use: its idle time begins anew. */
  current(ctx: Context): Promise<SignedIn | null>
  list(accountId: string): Promise<ShownSession[]>
  listApplications(accountId: string): Promise<ShownApplication[]>
  /** False when the account has no such session. */
  end(accountId: string, sessionId: string, reason: string, origin: Origin): Promise<boolean>
  /** Ends every grant of the application that holds this one; false when the account has no such grant. */
  disconnect(accountId: string, grantId: string, reason: string, origin: Origin): Promise<boolean>
}

export interface SessionsParts extends Pick<ClaimsParts, 'accounts' | 'userTypes'> {
  /** The one in use now: it is made anew when a user type changes. */
  readonly provider: () => Provider
  readonly store: ArtifactStore
  readonly ids: StoredIds
  readonly sealingKey: Uint8Array
  readonly endings: Endings
  readonly clock: Clock
  readonly random: Random
  readonly secureCookies: boolean
}

/** More than anybody has; what is older is still ended by everything that ends all. */
const MOST_LISTED = 200

interface StoredPayload {
  readonly loginTs?: number
  readonly iat?: number
  readonly clientId?: string
  readonly openid?: { readonly scope?: string }
  readonly resources?: Readonly<Record<string, string>>
  readonly seen?: {
    readonly at: string
    readonly device: SeenSession['device']
    readonly network: string | null
  }
}

export function createSessions(parts: SessionsParts): Sessions {
  const { provider, store, ids, sealingKey, endings, clock } = parts
  const prolong = createProlongSession(parts)

  function payloadOf({ model, id, payload }: Artifact): StoredPayload {
    return JSON.parse(open(sealingKey, payload, `artifact/${model}/${id}`).toString('utf8'))
  }

  async function listGrants(accountId: string) {
    const grants = await store.listByAccount('Grant', accountId, clock.now(), MOST_LISTED)
    return grants.filter(({ clientId }) => clientId !== null && clientId !== ACCOUNT_CLIENT_ID)
  }

  async function toApplication(clientId: string, grants: readonly Artifact[]): Promise<ShownApplication[]> {
    const client = await provider().Client.find(clientId)
    const payloads = grants.map((grant) => ({ id: grant.id, payload: payloadOf(grant) }))
    payloads.sort((a, b) => (b.payload.iat ?? 0) - (a.payload.iat ?? 0))
    const [newest] = payloads
    const oldest = payloads.at(-1)
    if (!newest || !oldest) return []
    const scopes = payloads.flatMap(({ payload }) =>
      [payload.openid?.scope ?? '', ...Object.values(payload.resources ?? {})].flatMap((one) =>
        one.split(' '),
      ),
    )
    return [
      {
        id: newest.id,
        clientId,
        name: client?.clientName ?? clientId,
        firstParty: client !== undefined && isFirstParty(client),
        scopes: [...new Set(scopes.filter((scope) => scope !== ''))].sort(),
        since: fromEpochSeconds(oldest.payload.iat),
      },
    ]
  }

  return {
    async current(ctx) {
      const session = await provider().Session.get(ctx as never)
      const { accountId, loginTs } = session
      if (accountId === undefined || loginTs === undefined) return null
      const sessionId = ids.ofSession(session.uid)
      const [found, stored] = await Promise.all([
        findActive(parts, accountId),
        store.findByUid('Session', sessionId, clock.now()),
      ])
      if (!found || stored?.accountId !== accountId) return null
      await prolong(ctx, stored, found.userType, {
        name: provider().cookieName('session'),
        value: session.jti,
      })
      return {
        ...found,
        sessionId,
        signedInAt: fromEpochSeconds(loginTs),
        generation: stored.accountGeneration ?? 0,
      }
    },

    async list(accountId) {
      const sessions = await store.listByAccount('Session', accountId, clock.now(), MOST_LISTED)
      // A session that changed its cookie at sign-in has two rows for a while: the newer one counts.
      const byUid = new Map(sessions.flatMap((one) => (one.uid === null ? [] : [[one.uid, one] as const])))
      const shown = [...byUid].map(([id, artifact]) => {
        const { loginTs, seen } = payloadOf(artifact)
        return {
          id,
          signedInAt: fromEpochSeconds(loginTs),
          lastSeenAt: seen ? new Date(seen.at) : fromEpochSeconds(loginTs),
          device: seen?.device ?? null,
          network: seen?.network ?? null,
        }
      })
      return shown.sort((a, b) => b.lastSeenAt.getTime() - a.lastSeenAt.getTime())
    },

    async listApplications(accountId) {
      const byClient = Map.groupBy(await listGrants(accountId), ({ clientId }) => String(clientId))
      const shown = await Promise.all(
        [...byClient].map(([clientId, grants]) => toApplication(clientId, grants)),
      )
      return shown.flat().sort((a, b) => (a.name < b.name ? -1 : 1))
    },

    async end(accountId, sessionId, reason, origin) {
      const sessions = await store.listByAccount('Session', accountId, clock.now(), MOST_LISTED)
      if (!sessions.some(({ uid }) => uid === sessionId)) return false
      return endings.endSession({ id: sessionId, accountId, reason, origin })
    },

    async disconnect(accountId, grantId, reason, origin) {
      const grants = await listGrants(accountId)
      const clientId = grants.find(({ id }) => id === grantId)?.clientId
      if (clientId === undefined) return false
      const ended = await Promise.all(
        grants
          .filter((grant) => grant.clientId === clientId)
          .map(({ id }) => endings.endGrant({ id, accountId, reason, origin })),
      )
      return ended.includes(true)
    },
  }
}

function fromEpochSeconds(seconds = 0): Date {
  return new Date(seconds * 1000)
}
