import { createReadStream, existsSync } from 'node:fs'
import { extname, join } from 'node:path'
import Koa, { type Context, type Next } from 'koa'
import { renderProblem } from './pages.ts'
import { DemoError, describeProblem, type Problem } from './problems.ts'
import { createProvider } from './provider.ts'
import { createRoutes } from './routes.ts'
import { createSessions } from './sessions.ts'
import type { DemoSettings } from './settings.ts'

const SESSIONS = 1000
const SESSION_SECONDS = 8 * 3600
const RETRY_AFTER_SECONDS = 5

const sharedAssets = join(import.meta.dirname, '../../views/assets')
const assets: Readonly<Record<string, string>> = {
  '/assets/latchkey.css': join(sharedAssets, 'latchkey.css'),
  '/assets/console.css': join(sharedAssets, 'console.css'),
  '/assets/mark.svg': join(sharedAssets, 'mark.svg'),
  '/assets/brand.css': join(import.meta.dirname, 'assets/brand-example.css'),
}

export interface DemoOptions {
  readonly settings: DemoSettings
  readonly now: () => Date
  /** 256 random bits as text. */
  readonly newSecret: () => string
  /** Pauses between the tries of one discovery. */
  readonly retryAfterMs: readonly number[]
}

/**
 * A relying party to look at: it signs a person in at Latchkey, shows the tokens it was given, calls userinfo,
 * refreshes and signs out. It knows the provider by its issuer alone and shares no code with it.
 */
export function createDemoApp({ settings, now, newSecret, retryAfterMs }: DemoOptions): Koa {
  const app = new Koa()
  app.keys = [newSecret()]
  const routes = createRoutes({
    baseUrl: settings.baseUrl,
    sessions: createSessions({ limit: SESSIONS, lifetimeSeconds: SESSION_SECONDS, now, newSecret }),
    getConfiguration: createProvider({ ...settings, retryAfterMs }),
  })
  app.use(protectPages(settings.issuer))
  app.use(showProblems)
  app.use(serveAssets)
  app.use(routes.routes())
  return app
}

function protectPages(issuer: URL) {
  const policy = [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    // Chromium holds the redirects after a POST against form-action: sign-in and sign-out lead to the issuer.
    `form-action 'self' ${issuer.origin}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
  return async (ctx: Context, next: Next) => {
    ctx.set({
      'Content-Security-Policy': policy,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
    })
    await next()
  }
}

async function showProblems(ctx: Context, next: Next): Promise<void> {
  try {
    await next()
    if (ctx.status === 404) throw new DemoError(404, 'There is no such page', 'Go back to the start.')
  } catch (error) {
    const problem = describeProblem(error) ?? describeUnexpected(ctx, error)
    ctx.status = problem.status
    if (problem.status === 503) ctx.set('Retry-After', String(RETRY_AFTER_SECONDS))
    ctx.body = await renderProblem(problem)
  }
}

/** A request that Koa or its body parser refused, or a fault of the demo, which goes to standard error. */
function describeUnexpected(ctx: Context, error: unknown): Problem {
  const status = error instanceof Error && 'status' in error ? error.status : 500
  const isRequest = typeof status === 'number' && status >= 400 && status < 500
  if (!isRequest) ctx.app.emit('error', error, ctx)
  return {
    status: isRequest ? status : 500,
    heading: isRequest ? 'This request was not understood' : 'Something went wrong',
    sentence: isRequest ? 'Go back to the start.' : 'This is the fault of the demo application, not yours.',
    error: null,
    description: null,
  }
}

async function serveAssets(ctx: Context, next: Next): Promise<void> {
  const file = ctx.method === 'GET' ? assets[ctx.path] : undefined
  if (file === undefined || !existsSync(file)) return next()
  ctx.set('Cache-Control', 'no-cache')
  ctx.type = extname(file)
  ctx.body = createReadStream(file)
}
