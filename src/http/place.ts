import type { Context } from 'koa'
import { addSeconds, type Clock } from '../lib/clock.ts'
import { newSecret, type Random } from '../lib/ids.ts'

/**
 * Where a journey happens that may stand alone, at an address of its own, or inside the authorization request of an
 * application. `SignIn` is what a person is handed on with.
 */
export interface Place<SignIn = never> {
  readonly path: string
  /** Under which its progress is kept; null before there is any. */
  readonly key: string | null
  readonly clientId: string | null
  readonly clientName: string | null
  readonly formAction: string | undefined
  readonly signInUrl: string | null
  /** Is somebody signed in here, alone, who may have no need of this journey? */
  isSignedIn(ctx: Context): Promise<boolean>
  /** Begins to keep progress; answers the key and until when. */
  begin(ctx: Context): { key: string; expiresAt: Date }
  /** Goes on to the application with a person signed in; null where there is none. */
  readonly goOn: ((ctx: Context, signIn: SignIn) => Promise<string>) | null
}

export type PlaceOf<SignIn = never> = (ctx: Context) => Promise<Place<SignIn>>

/** The authorization requests that wait for a person, as far as a place needs them. */
export interface WaitingRequests<SignIn> {
  /** Throws unless the request is alive and belongs to this browser. */
  find(
    ctx: Context,
    uid: string,
  ): Promise<{
    readonly clientId: string
    readonly clientName: string
    readonly formAction: string
    readonly expiresAt: Date
  }>
  finish(ctx: Context, uid: string, signIn: SignIn): Promise<string>
}

/** Below `/interaction/:uid`; `segment` is the journey's part of the path. */
export function insideInteraction<SignIn>(
  requests: WaitingRequests<SignIn>,
  segment: string,
): PlaceOf<SignIn> {
  return async (ctx) => {
    const uid = String(ctx['params'].uid)
    const request = await requests.find(ctx, uid)
    return {
      path: `/interaction/${uid}/${segment}`,
      key: uid,
      clientId: request.clientId,
      clientName: request.clientName,
      formAction: request.formAction,
      signInUrl: `/interaction/${uid}?sign-in`,
      // What the application asked for may be about another person.
      isSignedIn: async () => false,
      begin: () => ({ key: uid, expiresAt: request.expiresAt }),
      goOn: (goingOn, signIn) => requests.finish(goingOn, uid, signIn),
    }
  }
}

export interface AloneParts {
  readonly path: string
  /** The cookie that names this browser's attempt; sent to the journey's own pages only. */
  readonly cookie: string
  readonly sessions: { current(ctx: Context): Promise<object | null> }
  readonly clock: Clock
  readonly random: Random
  readonly secureCookies: boolean
}

/** What a journey alone may take: as long as an interaction. */
const ALONE_SECONDS = 1800

export function alone(parts: AloneParts): PlaceOf<unknown> {
  const { path, cookie, sessions, clock, random, secureCookies } = parts
  const name = secureCookies ? `__Secure-${cookie}` : cookie
  return async (ctx) => ({
    path,
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
        path,
        expires: expiresAt,
      })
      return { key, expiresAt }
    },
    goOn: null,
  })
}
