import type { Context } from 'koa'
import { CookiesRefused, ForeignForm } from '../lib/errors.ts'
import { equalText, hmac } from '../lib/hash.ts'
import { newSecret, type Random } from '../lib/ids.ts'

/** Proves that a form was made by us for this browser: a MAC of a secret that only its cookie holds. */
export interface Csrf {
  /** The value of the hidden input; gives the browser its cookie when it has none. */
  tokenFor(ctx: Context): string
  /** Throws ForeignForm unless the posted token belongs to this browser's cookie. */
  check(ctx: Context, posted: string | undefined): void
}

export interface CsrfParts {
  readonly key: Uint8Array
  readonly secureCookies: boolean
  readonly random: Random
}

export function createCsrf({ key, secureCookies, random }: CsrfParts): Csrf {
  const name = secureCookies ? '__Host-latchkey_form' : 'latchkey_form'
  const tokenOf = (secret: string) => hmac(key, 'csrf', secret).toString('base64url')

  return {
    tokenFor(ctx) {
      const known = ctx.cookies.get(name, { signed: true })
      if (known) return tokenOf(known)
      const secret = newSecret(random)
      ctx.cookies.set(name, secret, {
        signed: true,
        httpOnly: true,
        sameSite: 'lax',
        path: '/',
        secure: secureCookies,
      })
      return tokenOf(secret)
    },
    check(ctx, posted) {
      if (ctx.get('cookie') === '') throw new CookiesRefused(403)
      const secret = ctx.cookies.get(name, { signed: true })
      if (!secret || !posted || !equalText(posted, tokenOf(secret))) throw new ForeignForm()
    },
  }
}
