import type { Context } from 'koa'
import { errors, type Provider } from 'oidc-provider'
import { toEpochSeconds } from '../lib/clock.ts'
import { CookiesRefused, UnknownInteraction } from '../lib/errors.ts'
import { isFirstParty } from './clients.ts'

/** One authorization request that waits for a person, as a journey sees it. */
export interface Interaction {
  readonly uid: string
  /** Why the person is asked: login, create, consent. */
  readonly prompt: string
  readonly clientId: string
  readonly clientName: string
  readonly firstParty: boolean
  /** The account that this browser is signed in with already, if any. */
  readonly accountId: string | null
  readonly loginHint: string | null
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

export interface Interactions {
  /** Throws UnknownInteraction unless it is alive and belongs to this browser. */
  find(ctx: Context, uid: string): Promise<Interaction>
  /** Hands a completed sign-in to the library; answers where the browser goes on. */
  finish(ctx: Context, uid: string, signIn: CompletedSignIn): Promise<string>
}

export function createInteractions(provider: Provider): Interactions {
  /** The router refuses when the uid in the address is not the one in the cookie (security.md rule 9). */
  async function load(ctx: Context, uid: string) {
    if (ctx.get('cookie') === '') throw new CookiesRefused()
    const details = await provider.interactionDetails(ctx.req, ctx.res).catch((cause: unknown) => {
      if (cause instanceof errors.SessionNotFound) throw new UnknownInteraction()
      throw cause
    })
    if (details.uid !== uid) throw new UnknownInteraction()
    return details
  }

  return {
    async find(ctx, uid) {
      const details = await load(ctx, uid)
      const client = await provider.Client.find(String(details.params['client_id']))
      if (!client) throw new UnknownInteraction()
      return {
        uid,
        prompt: details.prompt.name,
        clientId: client.clientId,
        clientName: client.clientName ?? client.clientId,
        firstParty: isFirstParty(client),
        accountId: details.session?.accountId ?? null,
        loginHint: typeof details.params['login_hint'] === 'string' ? details.params['login_hint'] : null,
        expiresAt: new Date(Number(details.exp) * 1000),
        formAction: formActionOf(String(details.params['redirect_uri'])),
      }
    },

    async finish(ctx, uid, { accountId, generation, acr, amr, at }) {
      const details = await load(ctx, uid)
      const login = { accountId, generation, acr, amr: [...amr], ts: toEpochSeconds(at), remember: true }
      const created = details.prompt.name === 'create' ? { create: {} } : {}
      return provider.interactionResult(
        ctx.req,
        ctx.res,
        { login, ...created },
        { mergeWithLastSubmission: true },
      )
    },
  }
}

/** The origin of a validated redirect URI, or its scheme where it is a private-use one (RFC 8252 §7.1). */
export function formActionOf(redirectUri: string): string {
  const { protocol, origin } = new URL(redirectUri)
  return protocol === 'https:' || protocol === 'http:' ? origin : protocol
}
