import { type Adapter, type AdapterPayload, errors, type KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { Origin } from '../domain/audit/index.ts'
import { addSeconds, type Clock, toEpochSeconds } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import { createInTurn } from '../lib/in-turn.ts'
import { open, seal } from '../lib/seal.ts'
import type { AccessTokens } from './access-token.ts'
import { isShared, type SharedModel, withAddedMeanwhile } from './added-meanwhile.ts'
import type { Artifact, ArtifactModel, ArtifactStore } from './artifact-store.ts'
import type { Clients } from './clients.ts'
import type { Endings } from './endings.ts'
import type { Stamps } from './generations.ts'
import { seenNow } from './seen-session.ts'
import type { StoredIds } from './stored-ids.ts'
import type { TokenReferences } from './token-references.ts'

export interface AdapterParts {
  readonly store: ArtifactStore
  readonly ids: StoredIds
  readonly sealingKey: Uint8Array
  readonly stamps: Stamps
  readonly endings: Endings
  readonly clients: Clients
  readonly accessTokens: AccessTokens
  readonly references: TokenReferences
  readonly originOf: (ctx: KoaContextWithOIDC | undefined) => Origin
  readonly clock: Clock
  readonly random: Random
}

/** Within this time a rotated refresh token answers with its successor again (security.md rule 1). */
const GRACE_SECONDS = 10

/**
 * The library takes a proof of a key (RFC 9449) that is dated up to 300 s back or ahead, the last second included, and
 * would have it remembered for 300 s from its use: one that is dated ahead would be fresh again afterwards.
 */
const REPLAY_MARGIN_SECONDS = 301

/** As the library says it where it finds the request used or expired. */
const REQUEST_URI_DEAD = 'request_uri is invalid, expired, or was already used'

/** oidc-provider's own storage interface over our port. */
export function createAdapter(parts: AdapterParts): (model: string) => Adapter {
  return (model) => {
    if (model === 'Client') return readOnly((id) => parts.clients.find(id))
    if (model === 'AccessToken' || model === 'ClientCredentials') return accessTokenAdapter(model, parts)
    if (!isStored(model)) return readOnly(async () => undefined)
    return artifactAdapter(model, parts)
  }
}

/**
 * A JWT is never stored: we answer from the token itself. At userinfo the library asks for it by its value, at the
 * revocation and introspection endpoints by a name that stands for it.
 */
function accessTokenAdapter(
  model: 'AccessToken' | 'ClientCredentials',
  { accessTokens, references, endings, originOf }: AdapterParts,
): Adapter {
  return {
    ...readOnly(async (value) => {
      const found = references.find(Provider.ctx?.req, value, accessTokens.inFull)
      if (found === null) return model === 'AccessToken' ? accessTokens.forUserinfo(value) : undefined
      const payload = await found
      return payload?.kind === model ? payload : undefined
    }),
    async destroy(jti) {
      // A person's token dies with its grant, which the library ends next.
      const machine = Provider.ctx?.oidc.entities.ClientCredentials
      if (machine?.jti !== jti || machine.exp === undefined) return
      await endings.endToken({
        id: jti,
        clientId: machine.clientId ?? null,
        until: new Date(machine.exp * 1000),
        reason: 'token_revoked',
        origin: originOf(Provider.ctx),
      })
    },
  }
}

function artifactAdapter(model: ArtifactModel, parts: AdapterParts): Adapter {
  const { store, ids, sealingKey, stamps, endings, originOf, clock, random } = parts
  const context = (id: string) => `artifact/${model}/${id}`
  /** As each request first read it: the library changes the object that it is given. */
  const reads = new WeakMap<object, Artifact>()
  /** What each request removed last. */
  const removals = new WeakMap<object, Artifact>()
  const inTurn = createInTurn()

  async function toArtifact(value: string, payload: AdapterPayload, expiresIn: number): Promise<Artifact> {
    const id = ids.of(model, value)
    const now = clock.now()
    const links = linksOf(model, payload, ids, Provider.ctx)
    const stamp = await stamps.stampFor(Provider.ctx, links)
    const login = payload['result'] as { login?: { generation?: number } } | undefined
    const content = model === 'Session' ? { ...payload, seen: seenNow(originOf(Provider.ctx), now) } : payload
    return {
      model,
      id,
      payload: seal(sealingKey, JSON.stringify(content), context(id), random),
      ...links,
      ...stamp,
      accountGeneration: login?.login?.generation ?? stamp.accountGeneration,
      expiresAt: addSeconds(now, expiresIn),
      consumedAt: null,
    }
  }

  function openPayload({ id, payload }: Artifact): AdapterPayload {
    return JSON.parse(open(sealingKey, payload, context(id)).toString('utf8'))
  }

  async function toPayload(artifact: Artifact): Promise<AdapterPayload> {
    stamps.remember(Provider.ctx, artifact, artifact)
    if (isShared(model) && Provider.ctx && !reads.has(Provider.ctx)) reads.set(Provider.ctx, artifact)
    const payload = openPayload(artifact)
    if (artifact.consumedAt && !(await isInGrace(artifact, payload))) {
      payload['consumed'] = toEpochSeconds(artifact.consumedAt)
    }
    return payload
  }

  /** Rotated a moment ago, and the successor not used yet: the client may not have got our answer. */
  async function isInGrace(artifact: Artifact, payload: AdapterPayload): Promise<boolean> {
    if (model !== 'RefreshToken' || !artifact.consumedAt || payload.jti === undefined) return false
    if (addSeconds(artifact.consumedAt, GRACE_SECONDS) <= clock.now()) return false
    const successor = await store.find(model, ids.of(model, ids.successorOf(payload.jti)), clock.now())
    return successor?.consumedAt === null || successor === null
  }

  /** RFC 6749 §4.1.2, RFC 9700 §4.14.2: a thing used twice ends everything that came of it. */
  async function refuseReuse(artifact: Artifact): Promise<never> {
    const reason = model === 'RefreshToken' ? 'refresh_token_reused' : 'authorization_code_reused'
    if (artifact.grantId) await endGrant(artifact.grantId, reason, artifact.accountId)
    throw new errors.InvalidGrant('it was used before')
  }

  async function endGrant(id: string, reason: string, accountId: string | null): Promise<void> {
    const account = accountId ?? accountOf(Provider.ctx)
    await endings.endGrant({ id, accountId: account, reason, origin: originOf(Provider.ctx) })
  }

  /** As others left it. A session wears another id after each sign-in, and its uid throughout. */
  async function findShared(id: string, uid: string | undefined): Promise<Artifact | null> {
    const found = await store.find(model, id, clock.now())
    if (found || uid === undefined) return found
    const former = Provider.ctx && removals.get(Provider.ctx)
    return former ?? store.findByUid(model, ids.ofSession(uid), clock.now())
  }

  /**
   * Of many at once each adds to what the others saved. In this process they wait for each other: if all tried anew
   * whenever one had saved, a thousand requests would make half a million tries. Another process makes them look again.
   */
  async function saveShared(shared: SharedModel, value: string, payload: AdapterPayload, expiresIn: number) {
    const first = Provider.ctx && reads.get(Provider.ctx)
    const read = first ? openPayload(first) : null
    for (;;) {
      const found = await findShared(ids.of(model, value), payload.uid)
      // What one account was given is nothing to add to what is another's.
      const stored = found?.accountId === (payload.accountId ?? null) ? found : null
      const next = stored ? withAddedMeanwhile(shared, read, openPayload(stored), payload) : payload
      const artifact = await toArtifact(value, next, expiresIn)
      if (stored?.id !== artifact.id) return store.save(artifact)
      if (await store.prolong(stored, artifact.payload, artifact.expiresAt, clock.now())) return
    }
  }

  return {
    async upsert(value, payload, expiresIn) {
      if (isShared(model)) return inTurn(value, () => saveShared(model, value, payload, expiresIn ?? 0))
      const margin = model === 'ReplayDetection' ? REPLAY_MARGIN_SECONDS : 0
      const artifact = await toArtifact(value, payload, (expiresIn ?? 0) + margin)
      if (model === 'RefreshToken' || model === 'ReplayDetection') {
        const inserted = await store.insert(artifact, clock.now())
        if (!inserted && model === 'ReplayDetection') throw new errors.InvalidRequest('it was used before')
        return
      }
      await store.save(artifact)
    },

    async find(value) {
      const artifact = await store.find(model, ids.of(model, value), clock.now())
      return artifact ? toPayload(artifact) : undefined
    },

    async findByUid(uid) {
      const artifact = await store.findByUid(model, ids.ofSession(uid), clock.now())
      return artifact ? toPayload(artifact) : undefined
    },

    async findByUserCode() {
      return undefined
    },

    async consume(value) {
      const id = ids.of(model, value)
      const outcome = await store.consume(model, id, clock.now())
      if (outcome === 'won') return
      // RFC 9126 §4: a pushed request is used once. Its loser asked for no token, so no grant is to blame.
      if (model === 'PushedAuthorizationRequest') throw new errors.InvalidRequestUri(REQUEST_URI_DEAD)
      const artifact = await store.find(model, id, clock.now())
      if (!artifact) throw new errors.InvalidGrant('it is no longer valid')
      if (artifact.consumedAt && (await isInGrace(artifact, { jti: value }))) {
        Provider.ctx?.oidc.entity('RepeatedRotation', true)
        return
      }
      await refuseReuse(artifact)
    },

    async destroy(value) {
      const id = ids.of(model, value)
      const found = model === 'Session' ? await store.find(model, id, clock.now()) : null
      if (Provider.ctx && found) removals.set(Provider.ctx, found)
      await store.remove(model, id)
    },

    async revokeByGrantId(grantValue) {
      // A code or refresh token that came too late, or what its owner brought to the revocation endpoint.
      const reason = Provider.ctx?.oidc.route === 'revocation' ? 'token_revoked' : 'grant_revoked'
      await endGrant(ids.of('Grant', grantValue), reason, accountOf(Provider.ctx))
    },
  }
}

/** Whose grant it is that the request is about. */
function accountOf(ctx: KoaContextWithOIDC | undefined): string | null {
  const { account, entities } = ctx?.oidc ?? {}
  return account?.accountId ?? entities?.AccessToken?.accountId ?? entities?.RefreshToken?.accountId ?? null
}

/** What is extracted from a payload, so that it can be found and ended without opening it. */
function linksOf(
  model: ArtifactModel,
  payload: AdapterPayload,
  ids: StoredIds,
  ctx: KoaContextWithOIDC | undefined,
) {
  const result = payload['result'] as { login?: { accountId?: string } } | undefined
  const accountId = payload.accountId ?? result?.login?.accountId ?? null
  const sessionUid = payload.sessionUid ?? (model === 'Grant' ? ctx?.oidc?.session?.uid : undefined)
  return {
    // The account named in an interaction's payload is the one signed in *before* it.
    accountId: model === 'Interaction' ? (result?.login?.accountId ?? null) : accountId,
    clientId: payload.clientId ?? null,
    grantId: payload.grantId && model !== 'Interaction' ? ids.of('Grant', payload.grantId) : null,
    uid: payload.uid && model === 'Session' ? ids.ofSession(payload.uid) : null,
    sessionUid: sessionUid ? ids.ofSession(sessionUid) : null,
  }
}

const STORED: readonly string[] = [
  'Session',
  'Interaction',
  'Grant',
  'AuthorizationCode',
  'RefreshToken',
  'PushedAuthorizationRequest',
  'ReplayDetection',
] satisfies ArtifactModel[]

function isStored(model: string): model is ArtifactModel {
  return STORED.includes(model)
}

function readOnly(find: Adapter['find']): Adapter {
  const none = async () => undefined
  return {
    find,
    upsert: none,
    findByUserCode: none,
    findByUid: none,
    consume: none,
    destroy: none,
    revokeByGrantId: none,
  }
}
