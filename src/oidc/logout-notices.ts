import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../domain/keys/index.ts'
import { addSeconds } from '../lib/clock.ts'
import { hmac } from '../lib/hash.ts'
import type { Log } from '../lib/log.ts'
import { open } from '../lib/seal.ts'
import type { Artifact, ArtifactStore, DeadRoot } from './artifact-store.ts'
import type { ClientRegistration } from './clients.ts'
import type { LogoutNotice, LogoutNoticeStore } from './logout-notice-store.ts'
import { createLogoutTokens, type LogoutTokensParts } from './logout-token.ts'

/** What is posted to a client (OpenID Connect Back-Channel Logout 1.0 §2.5). */
export interface LogoutPost {
  readonly url: string
  readonly form: { readonly logout_token: string }
}

export interface LogoutNotices {
  /**
   * Queues what clients are to be told of sessions that died with this root at `diedAt`, then deletes what died; a part
   * of it at a time. True while something may be left. It may be done again: nobody is told twice.
   */
  followUp(root: DeadRoot, diedAt: Date): Promise<boolean>
  /** Signed now; null for a client that is no longer to be told. */
  compose(notice: Pick<LogoutNotice, 'clientId' | 'accountId' | 'sid'>): Promise<LogoutPost | null>
}

export interface LogoutNoticesParts extends LogoutTokensParts {
  readonly artifacts: Pick<ArtifactStore, 'listDead' | 'findStoredSession' | 'removeDead'>
  readonly notices: Pick<LogoutNoticeStore, 'queue'>
  readonly artifactKey: Uint8Array
  readonly clients: readonly ClientRegistration[]
  readonly log: Pick<Log, 'error'>
}

/** A client that was down so long asks again by itself: its refresh tokens are dead. */
const TOLD_WITHIN_SECONDS = 86_400
const BATCH = 100

interface Told {
  readonly url: string
  readonly algorithm: SigningAlgorithm
}

interface SessionPayload {
  readonly accountId?: string
  readonly authorizations?: Readonly<Record<string, { readonly sid?: string }>>
}

/** Who is told what of sessions that have ended; what of them is stored knows their clients. */
export function createLogoutNotices(parts: LogoutNoticesParts): LogoutNotices {
  const { artifacts, notices, artifactKey, clock, log } = parts
  const sign = createLogoutTokens(parts)
  const told = new Map(parts.clients.flatMap(toldClient))

  /** One for each client of the session, or for one of them alone. */
  function noticesOf(session: Artifact, onlyClient: string | null): LogoutNotice[] {
    const sessionId = session.uid
    if (sessionId === null) return []
    const { accountId, authorizations = {} } = payloadOf(session) ?? {}
    if (accountId === undefined) return []
    const queuedAt = clock.now()
    return Object.entries(authorizations).flatMap(([clientId, { sid }]) => {
      const isMeant = onlyClient === null || onlyClient === clientId
      if (!isMeant || sid === undefined || !told.has(clientId)) return []
      const id = `lgt_${hmac(artifactKey, 'logout-notice', sessionId, clientId).toString('base64url')}`
      const expiresAt = addSeconds(queuedAt, TOLD_WITHIN_SECONDS)
      return [{ id, clientId, accountId, sessionId, sid, queuedAt, expiresAt }]
    })
  }

  /** One that cannot be read holds up no other. */
  function payloadOf({ model, id, payload, uid }: Artifact): SessionPayload | null {
    try {
      return JSON.parse(open(artifactKey, payload, `artifact/${model}/${id}`).toString('utf8'))
    } catch (err) {
      log.error({ err, sessionId: uid }, 'an ended session cannot be read; its clients are not told')
      return null
    }
  }

  async function sessionsOf(root: DeadRoot, dead: readonly Artifact[]): Promise<Artifact[]> {
    if (root.kind !== 'client') return dead.filter(({ model }) => model === 'Session')
    // The session lives on; this client's part of it has died.
    const uids = new Set(dead.flatMap(({ sessionUid }) => (sessionUid === null ? [] : [sessionUid])))
    const found = await Promise.all([...uids].map((uid) => artifacts.findStoredSession(uid)))
    return found.filter((session) => session !== null)
  }

  async function listUnder(root: DeadRoot, dead: readonly Artifact[]): Promise<Artifact[]> {
    if (root.kind !== 'client') return []
    const lists = dead.map(({ id }) => artifacts.listDead({ kind: 'grant', id }, BATCH))
    return (await Promise.all(lists)).flat()
  }

  return {
    async followUp(root, diedAt) {
      const dead = await artifacts.listDead(root, BATCH)
      if (dead.length === 0) return false
      const sessions = await sessionsOf(root, dead)
      // One that had run out before was over already, and nobody ended it.
      const ended = sessions.filter(({ expiresAt }) => expiresAt > diedAt)
      await notices.queue(ended.flatMap((one) => noticesOf(one, root.kind === 'client' ? root.id : null)))
      await artifacts.removeDead([...(await listUnder(root, dead)), ...dead])
      return dead.length === BATCH
    },

    async compose({ clientId, accountId, sid }) {
      const client = told.get(clientId)
      if (!client) return null
      const { url, algorithm } = client
      return { url, form: { logout_token: await sign({ clientId, algorithm, accountId, sid }) } }
    },
  }
}

function toldClient(client: ClientRegistration): [string, Told][] {
  const { client_id: id, backchannel_logout_uri: url, id_token_signed_response_alg: asked } = client
  if (typeof url !== 'string') return []
  return [[id, { url, algorithm: SIGNING_ALGORITHMS.find((one) => one === asked) ?? 'RS256' }]]
}
