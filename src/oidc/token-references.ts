import type { IncomingMessage } from 'node:http'
import { decodeProtectedHeader } from 'jose'
import type { Middleware } from 'koa'
import { AppError } from '../lib/errors.ts'
import { newSecret, type Random } from '../lib/ids.ts'
import type { ReadForm } from './posted-requests.ts'
import { ROUTES } from './routes.ts'

/**
 * The library refuses JWTs at its revocation and introspection endpoints (RFC 7009, RFC 7662), where it knows what it
 * has stored alone. So a JWT goes through it under a name, made for this one request, that nobody outside ever sees;
 * the adapter answers to that name with what the token says.
 */
export interface TokenReferences {
  readonly middleware: Middleware
  /**
   * What `describe` says of the JWT that stands behind a name in this request, asked once however often the library
   * looks for it; null for any other value.
   */
  find<T>(
    request: IncomingMessage | undefined,
    value: string,
    describe: (token: string) => Promise<T>,
  ): Promise<T> | null
}

interface Kept {
  readonly name: string
  readonly token: string
  answer?: Promise<unknown>
}

const ENDPOINTS: ReadonlySet<string> = new Set([ROUTES.revocation, ROUTES.introspection])

export function createTokenReferences(readForm: ReadForm, random: Random): TokenReferences {
  const kept = new WeakMap<IncomingMessage, Kept>()

  return {
    async middleware(ctx, next) {
      // Other content types the library refuses by itself.
      if (ctx.method !== 'POST' || !ENDPOINTS.has(ctx.path) || !ctx.is('urlencoded')) return next()
      const form = await readForm(ctx).catch((error: unknown) => {
        if (!(error instanceof AppError) || error.status !== 400) throw error
        return error
      })
      if (form instanceof AppError) {
        // RFC 6749 §5.2: programs look for `error` here.
        ctx.status = 400
        ctx.set('Cache-Control', 'no-store')
        ctx.body = { error: 'invalid_request', error_description: form.message }
        return
      }
      const { token } = form
      const name = newSecret(random)
      const isJwt = token !== undefined && looksLikeJwt(token)
      if (isJwt) kept.set(ctx.req, { name, token })
      // The library takes what was read before it from here, and says so once on the console.
      Object.assign(ctx.req, { body: isJwt ? { ...form, token: name } : { ...form } })
      await next()
    },
    find<T>(request: IncomingMessage | undefined, value: string, describe: (token: string) => Promise<T>) {
      const known = request && kept.get(request)
      if (known?.name !== value) return null
      known.answer ??= describe(known.token)
      return known.answer as Promise<T>
    },
  }
}

/** As the library tells them, so that none gets through to its refusal. */
function looksLikeJwt(value: string): boolean {
  try {
    return Boolean(decodeProtectedHeader(value))
  } catch {
    return false
  }
}
