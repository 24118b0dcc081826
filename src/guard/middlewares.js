import { readCredentials } from './credentials.js'
import { describeRefusal } from './refusals.js'
import { readRequirements } from './requirements.js'

/**
 * @import { AccessTokenClaims, ExpressRequest, Guard, IncomingRequest, Requirements } from './api.d.ts'
 * @import { Settings } from './options.js'
 */

/**
 * @param {Guard['verify']} verify
 * @param {Settings} settings
 * @returns {Pick<Guard, 'koa' | 'express'>}
 */
export function createMiddlewares(verify, { audience, publicOrigin }) {
  /**
   * @param {IncomingRequest} request
   * @param {{ method: string | undefined, origin: string, target: string }} called
   * @param {Requirements} required
   * @returns {Promise<{ ok: true, claims: AccessTokenClaims } | { ok: false, answer: ReturnType<typeof describeRefusal> }>}
   */
  async function authorize(request, { method, origin, target }, required) {
    const credentials = readCredentials(request.headers)
    const { scheme } = credentials
    const result = credentials.ok
      ? await verify({
          token: credentials.token,
          dpop: credentials.dpop,
          method,
          url: (publicOrigin ?? origin) + target,
          ...required,
        })
      : credentials
    if (result.ok) return result
    return { ok: false, answer: describeRefusal(result.reason, scheme, audience, required) }
  }

  return {
    koa(required = {}) {
      const checked = readRequirements(required)
      return async (ctx, next) => {
        // Koa's own `origin` is the header of that name, which the caller chooses.
        const origin = `${ctx.protocol}://${ctx.host}`
        const called = { method: ctx.method, origin, target: ctx.originalUrl }
        const result = await authorize(ctx.req, called, checked)
        if (result.ok) {
          ctx.state['auth'] = result.claims
          await next()
          return
        }
        const { status, headers, type, body } = result.answer
        ctx.status = status
        for (const [name, value] of Object.entries(headers)) ctx.set(name, value)
        ctx.type = type
        ctx.body = body
      }
    },

    express(required = {}) {
      const checked = readRequirements(required)
      return async (req, res, next) => {
        const called = {
          method: req.method,
          origin: originOf(req),
          target: req.originalUrl ?? req.url ?? '/',
        }
        const result = await authorize(req, called, checked)
        if (result.ok) {
          req.auth = result.claims
          next()
          return
        }
        const { status, headers, type, body } = result.answer
        res.statusCode = status
        for (const [name, value] of Object.entries({ ...headers, 'Content-Type': type }))
          res.setHeader(name, value)
        res.end(body)
      }
    },
  }
}

/**
 * Express says what it trusts of a proxy; plain Node knows its own socket.
 *
 * @param {ExpressRequest} req
 */
function originOf({ protocol, socket, headers }) {
  const scheme = protocol ?? (socket !== undefined && 'encrypted' in socket ? 'https' : 'http')
  return `${scheme}://${headers['host'] ?? ''}`
}
