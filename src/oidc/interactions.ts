import type { Context } from 'koa'
import { errors, type InteractionResults, type Provider } from 'oidc-provider'
import { toEpochSeconds } from '../lib/clock.ts'
import { CookiesRefused, UnknownInteraction } from '../lib/errors.ts'
import { requestedAcr } from './acr.ts'
import { type ClaimsParts, findActive } from './claims.ts'
import { isFirstParty } from './clients.ts'
import { type AskedConsent, askedConsent, grantAddedTo } from './consent.ts'
import { consentOf } from './grants.ts'
import type { Resources } from './resources.ts'
import { localesOf, preferLocales } from './ui-locales.ts'

/** One authorization request that waits for a person, as a journey sees it. */
export interface Interaction {
  readonly uid: string
  /** Why the person is asked: login, create, consent. */
  readonly prompt: string
  readonly clientId: string
  readonly clientName: string
  /** Where the person's data goes: the host of the redirect URI, or its private-use scheme. */
  readonly clientHost: string
  readonly firstParty: boolean
  /** The account that this browser is signed in with already, if any. */
  readonly accountId: string | null
  readonly loginHint: string | null
  /** The acr that the client asks for, essential or not; empty where it does not care. */
  readonly acrValues: readonly string[]
  /** Nothing but one of them will do. */
  readonly acrIsEssential: boolean
  /** How many seconds ago the person may have signed in; null: any time. */
  readonly maxAge: number | null
  /** Languages that the client would show its page in, best first (BCP 47). */
  readonly uiLocales: readonly string[]
  readonly expiresAt: Date
  /** What `form-action` must allow beside 'self': Chromium follows every redirect after a POST. */
  readonly formAction: string
}

/** A sign-in whose every step was really completed. */
export interface CompletedSignIn {
  readonly accountId: string
  /** The account's sign-in generation when its password or code was accepted. */
  readonly generation: number
  readonly acr: string
  readonly amr: readonly string[]
  readonly at: Date
}

/**
 * Each throws UnknownInteraction unless the interaction is alive and belongs to this browser. Those that hand
 * something to the library answer where the browser goes on.
 */
export interface Interactions {
  /** Pages of this request are then in the language that the client asked for, if we have it. */
  find(ctx: Context, uid: string): Promise<Interaction>
  finish(ctx: Context, uid: string, signIn: CompletedSignIn): Promise<string>
  /** What the person is asked to agree to; null where something else is waited for. */
  findAskedConsent(ctx: Context, uid: string): Promise<AskedConsent | null>
  /** The person agreed to all that is asked. */
  agree(ctx: Context, uid: string): Promise<string>
  /** The person did not agree: the client is told `access_denied`. */
  refuse(ctx: Context, uid: string): Promise<string>
}

export interface InteractionsParts
  extends Pick<ClaimsParts, 'accounts' | 'accountFields' | 'userTypes' | 'roles'> {
  /** The one in use now: it is made anew when a user type changes. */
  readonly provider: () => Provider
  readonly resources: () => Resources
}

export function createInteractions(parts: InteractionsParts): Interactions {
  const { provider, resources, accountFields, userTypes } = parts

  /** The router refuses when the uid in the address is not the one in the cookie (security.md rule 9). */
  async function load(ctx: Context, uid: string) {
    if (ctx.get('cookie') === '') throw new CookiesRefused()
    const details = await provider()
      .interactionDetails(ctx.req, ctx.res)
      .catch((cause: unknown) => {
        if (cause instanceof errors.SessionNotFound) throw new UnknownInteraction()
        throw cause
      })
    if (details.uid !== uid) throw new UnknownInteraction()
    const client = await provider().Client.find(String(details.params['client_id']))
    if (!client) throw new UnknownInteraction()
    preferLocales(ctx, details.params['ui_locales'])
    return { details, client }
  }

  async function loadConsent(ctx: Context, uid: string) {
    const loaded = await load(ctx, uid)
    const accountId = loaded.details.session?.accountId
    return loaded.details.prompt.name === 'consent' && accountId !== undefined
      ? { ...loaded, accountId }
      : null
  }

  function handOn(ctx: Context, result: InteractionResults, mergeWithLastSubmission: boolean) {
    return provider().interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission })
  }

  return {
    async find(ctx, uid) {
      const { details, client } = await load(ctx, uid)
      const { params } = details
      const redirectUri = String(params['redirect_uri'])
      const asked = requestedAcr(params)
      return {
        uid,
        prompt: details.prompt.name,
        clientId: client.clientId,
        clientName: client.clientName ?? client.clientId,
        clientHost: hostOf(redirectUri),
        firstParty: isFirstParty(client),
        accountId: details.session?.accountId ?? null,
        loginHint: typeof params['login_hint'] === 'string' ? params['login_hint'] : null,
        acrValues: asked.values,
        acrIsEssential: asked.essential,
        maxAge: params['max_age'] === undefined ? null : Number(params['max_age']),
        uiLocales: localesOf(params['ui_locales']),
        expiresAt: new Date(Number(details.exp) * 1000),
        formAction: formActionOf(redirectUri),
      }
    },

    async finish(ctx, uid, { accountId, generation, acr, amr, at }) {
      const { details } = await load(ctx, uid)
      const login = { accountId, generation, acr, amr: [...amr], ts: toEpochSeconds(at), remember: true }
      // Nothing else of an earlier page is kept: what somebody agreed to there was not this person's word.
      const wasCreate = details.prompt.name === 'create' || details.lastSubmission?.['create'] !== undefined
      return handOn(ctx, { login, ...(wasCreate && { create: {} }) }, false)
    },

    async findAskedConsent(ctx, uid) {
      const loaded = await loadConsent(ctx, uid)
      if (!loaded) return null
      const person = await findActive(parts, loaded.accountId)
      if (!person) throw new UnknownInteraction()
      const { details, client } = loaded
      const types = await userTypes.list()
      const roles = await parts.roles.rolesOf(person.account, person.userType)
      const asked = { resources: resources(), accountFields, types }
      return askedConsent(details, client, { ...person, roles }, asked)
    },

    async agree(ctx, uid) {
      const loaded = await loadConsent(ctx, uid)
      if (!loaded) throw new UnknownInteraction()
      return handOn(ctx, { consent: consentOf(loaded.accountId, grantAddedTo(loaded.details)) }, true)
    },

    async refuse(ctx, uid) {
      if (!(await loadConsent(ctx, uid))) throw new UnknownInteraction()
      const description = 'the End-User did not allow the request'
      return handOn(ctx, { error: 'access_denied', error_description: description }, false)
    },
  }
}

/** The origin of a validated redirect URI, or its scheme where it is a private-use one (RFC 8252 §7.1). */
export function formActionOf(redirectUri: string): string {
  const { protocol, origin } = new URL(redirectUri)
  return isWeb(protocol) ? origin : protocol
}

function hostOf(redirectUri: string): string {
  const { protocol, host } = new URL(redirectUri)
  return isWeb(protocol) ? host : protocol.slice(0, -1)
}

function isWeb(protocol: string): boolean {
  return protocol === 'https:' || protocol === 'http:'
}
