import type { Context } from 'koa'

/** The cookie by which a browser is known again to the accounts that signed in in it. */
export interface DeviceCookie {
  /** Its secret, or null. */
  find(ctx: Context): string | null
  /** Gives the browser `secret`, or prolongs the one it has; answers which one it has now. */
  keep(ctx: Context, secret: () => string): string
}

export interface DeviceCookieParts {
  readonly secureCookies: boolean
  readonly lifetimeSeconds: number
}

export function createDeviceCookie({ secureCookies, lifetimeSeconds }: DeviceCookieParts): DeviceCookie {
  const name = secureCookies ? '__Host-latchkey_device' : 'latchkey_device'
  const find = (ctx: Context) => ctx.cookies.get(name, { signed: true }) ?? null
  return {
    find,
    keep(ctx, secret) {
      const kept = find(ctx) ?? secret()
      const lasting = { maxAge: lifetimeSeconds * 1000, path: '/' }
      const guarded = { signed: true, httpOnly: true, sameSite: 'lax', secure: secureCookies } as const
      ctx.cookies.set(name, kept, { ...lasting, ...guarded })
      return kept
    },
  }
}
