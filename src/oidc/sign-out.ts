import type { Context } from 'koa'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { Origin } from '../domain/audit/index.ts'
import { equalText } from '../lib/hash.ts'
import type { Endings } from './endings.ts'
import { ROUTES } from './routes.ts'
import type { StoredIds } from './stored-ids.ts'

/** A sign-out that a client asked for and this browser's person has not decided yet. */
export interface PendingSignOut {
  /** The library's own token for the form. */
  readonly secret: string
  readonly clientId: string | null
  readonly clientName: string | null
  readonly accountId: string | null
  /** Validated; where the person goes afterwards, the client's `state` in it. */
  readonly returnTo: string | null
}

export interface SignOut {
  find(ctx: Context): Promise<PendingSignOut | null>
  /** Was the form made for this browser's pending sign-out? */
  isSecretOf(pending: PendingSignOut, posted: string): boolean
  /** Ends the session, what was given in it, and its cookie. */
  end(ctx: Context, origin: Origin): Promise<void>
  /**
   * Where the ID token of the request proves who asks for it (RP-Initiated Logout §2), ends the session and answers
   * with the way back; false where a person must decide.
   */
  endProven(ctx: KoaContextWithOIDC, origin: Origin): Promise<boolean>
  /** Takes the cookie away from a browser whose session ended by other means. */
  forget(ctx: Context): Promise<void>
}

export interface SignOutParts {
  /** The one in use now: it is made anew when a user type changes. */
  readonly provider: () => Provider
  readonly endings: Endings
  readonly ids: StoredIds
  readonly secureCookies: boolean
}

interface LogoutState {
  readonly secret?: string
  readonly clientId?: string
  readonly state?: string
  readonly postLogoutRedirectUri?: string
}

export function createSignOut({ provider, endings, ids, secureCookies }: SignOutParts): SignOut {
  const sessionOf = (ctx: Context) => provider().Session.get(ctx as never)

  function clearCookie({ req, res }: Pick<Context, 'req' | 'res'>): void {
    provider()
      .createContext(req, res)
      .cookies.set(provider().cookieName('session'), null, { signed: true, path: '/', secure: secureCookies })
  }

  return {
    async find(ctx) {
      const session = await sessionOf(ctx)
      const state = session.state as LogoutState | undefined
      if (state?.secret === undefined) return null
      const client = state.clientId === undefined ? undefined : await provider().Client.find(state.clientId)
      return {
        secret: state.secret,
        clientId: client?.clientId ?? null,
        clientName: client ? (client.clientName ?? client.clientId) : null,
        accountId: session.accountId ?? null,
        returnTo: returnAddress(state),
      }
    },

    isSecretOf: (pending, posted) => equalText(pending.secret, posted),

    async end(ctx, origin) {
      const session = await sessionOf(ctx)
      const accountId = session.accountId ?? null
      await endings.endSession({ id: ids.ofSession(session.uid), accountId, reason: 'signed_out', origin })
      clearCookie(ctx)
    },
    forget: async (ctx) => clearCookie(ctx),

    async endProven(ctx, origin) {
      const { session } = ctx.oidc
      if (!session || !isProven(ctx)) return false
      const accountId = session.accountId ?? null
      await endings.endSession({ id: ids.ofSession(session.uid), accountId, reason: 'signed_out', origin })
      // The library's own object: what it holds it would save after us. What is stored stays, absent to everybody,
      // until its clients are told.
      Object.assign(session, { destroyed: true })
      clearCookie(ctx)
      ctx.redirect(returnAddress(session.state as LogoutState) ?? SIGNED_OUT)
      ctx.status = 303
      return true
    },
  }
}

const SIGNED_OUT = `${ROUTES.end_session}/success`

/** The hint was verified; it must be of this person and of this very session, or an old token would sign them out. */
function isProven({ oidc }: KoaContextWithOIDC): boolean {
  const { session, client, entities } = oidc
  const payload: Readonly<Record<string, unknown>> | undefined = entities.IdTokenHint?.payload
  if (!session?.accountId || !client || !payload) return false
  return payload['sub'] === session.accountId && payload['sid'] === session.sidFor(client.clientId)
}

/** OpenID Connect RP-Initiated Logout 1.0 §3: `state` goes back with the person. */
function returnAddress({ postLogoutRedirectUri, state }: LogoutState): string | null {
  if (postLogoutRedirectUri === undefined) return null
  const url = new URL(postLogoutRedirectUri)
  if (state !== undefined) url.searchParams.set('state', state)
  return url.href
}
