import type { Context } from 'koa'
import { addSeconds, type Clock } from '../../lib/clock.ts'
import { newSecret, type Random } from '../../lib/ids.ts'
import type { CompletedSignIn, Interactions, Sessions } from '../../oidc/index.ts'

/**
 * Where a sign-up happens: on its own at /sign-up, or inside the authorization request of an application, where
 * it ends signed in.
 */
export interface Place {
  readonly path: string
  /** Under which its progress is kept; null before there is any. */
  readonly key: string | null
  readonly clientId: string | null
  readonly clientName: string | null
  readonly formAction: string | undefined
  readonly signInUrl: string | null
  /** Whoever has an account open here has no need of another. */
  isSignedIn(ctx: Context): Promise<boolean>
  /** Begins to keep progress; answers the key and until when. */
  begin(ctx: Context): { key: string; expiresAt: Date }
  /** Goes on to the application with a person signed in; null where there is none. */
  readonly goOn: ((ctx: Context, signIn: CompletedSignIn) => Promise<string>) | null
}

/** What a sign-up alone may take: as long as an interaction. */
const ALONE_SECONDS = 1800
const COOKIE = 'latchkey_sign_up'

export type PlaceOf = (ctx: Context) => Promise<Place>

export function insideInteraction(interactions: Interactions): PlaceOf {
  return async (ctx) => {
    const uid = String(ctx['params'].uid)
    const interaction = await interactions.find(ctx, uid)
    return {
      path: `/interaction/${uid}/sign-up`,
      key: uid,
      clientId: interaction.clientId,
      clientName: interaction.clientName,
      formAction: interaction.formAction,
      signInUrl: `/interaction/${uid}?sign-in`,
      // The application asked for a new account: it may be another person's.
      isSignedIn: async () => false,
      begin: () => ({ key: uid, expiresAt: interaction.expiresAt }),
      goOn: (goingOn, signIn) => interactions.finish(goingOn, uid, signIn),
    }
  }
}

export interface AloneParts {
  readonly sessions: Pick<Sessions, 'current'>
  readonly clock: Clock
  readonly random: Random
  readonly secureCookies: boolean
}

export function alone({ sessions, clock, random, secureCookies }: AloneParts): PlaceOf {
  const name = secureCookies ? `__Secure-${COOKIE}` : COOKIE
  return async (ctx) => ({
    path: '/sign-up',
    key: ctx.cookies.get(name, { signed: true }) ?? null,
    clientId: null,
    clientName: null,
    formAction: undefined,
    signInUrl: null,
    isSignedIn: async (asking) => (await sessions.current(asking)) !== null,
    begin(beginning) {
      const key = newSecret(random)
      const expiresAt = addSeconds(clock.now(), ALONE_SECONDS)
      beginning.cookies.set(name, key, {
        signed: true,
        httpOnly: true,
        sameSite: 'lax',
        secure: secureCookies,
        path: '/sign-up',
        expires: expiresAt,
      })
      return { key, expiresAt }
    },
    goOn: null,
  })
}
