import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import type Router from '@koa/router'
import Koa, { type Context } from 'koa'
import { createAccounts, createSetupLinks, type SetupLinks } from './domain/accounts/index.ts'
import type { Origin } from './domain/audit/index.ts'
import { createMessages, createOutbox } from './domain/delivery/index.ts'
import { createDevices, DEVICE_SECONDS } from './domain/devices/index.ts'
import { createLimits, createSieve } from './domain/limits/index.ts'
import { createOtp } from './domain/otp/index.ts'
import { createPasswords, type Hasher } from './domain/passwords/index.ts'
import { createProgress } from './domain/progress/index.ts'
import { createRevocations, openIssuerGeneration } from './domain/revocations/index.ts'
import { createAskerOf } from './http/asker.ts'
import { logoName, openAssets } from './http/assets.ts'
import { createClientIp } from './http/client-ip.ts'
import { createCsrf } from './http/csrf.ts'
import { createDeviceCookie } from './http/device-cookie.ts'
import { errorHandler } from './http/error-handler.ts'
import { errorPage } from './http/error-pages.ts'
import { readForm } from './http/form.ts'
import { answerProblem, wantsProblem } from './http/problem.ts'
import { createRender } from './http/render.ts'
import { requestLog } from './http/request-log.ts'
import { SELF_POSTING_POLICY, securityHeaders } from './http/security-headers.ts'
import { serveAssets } from './http/serve-assets.ts'
import { createShow, languageOf } from './http/show.ts'
import { sieve } from './http/sieve.ts'
import { sizeLimit } from './http/size-limit.ts'
import { trace, traceOf } from './http/trace.ts'
import { consentRoutes } from './journeys/consent/index.ts'
import { devRoutes } from './journeys/dev/index.ts'
import { healthRoutes } from './journeys/health/index.ts'
import { type SetupState, setupRoutes } from './journeys/setup/index.ts'
import { type SignInState, signInRoutes } from './journeys/sign-in/index.ts'
import { showSignOut, signOutRoutes } from './journeys/sign-out/index.ts'
import { alone, insideInteraction, type SignUpState, signUpRoutes } from './journeys/sign-up/index.ts'
import type { Clock } from './lib/clock.ts'
import type { AppError } from './lib/errors.ts'
import type { Random } from './lib/ids.ts'
import type { Log } from './lib/log.ts'
import {
  createOidc,
  type Oidc,
  type OidcContext,
  type OidcPages,
  ROUTES,
  useConfiguredOrigin,
} from './oidc/index.ts'
import type { Data } from './open-data.ts'
import { registrationOf, type Settings } from './settings/index.ts'
import {
  createCheckCode,
  createCheckPassword,
  createCodePolicyOf,
  createFinishSignIn,
  createNotices,
  createReadNewAccount,
  createSendCode,
} from './steps/index.ts'
import { createMessageQueue } from './workers/index.ts'

export interface AppParts extends Data {
  readonly settings: Settings
  readonly hasher: Hasher
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Names this process where only one may do a thing. */
  readonly processId: string
}

export interface App {
  readonly listener: RequestListener
  readonly setupLinks: SetupLinks
  stop(): Promise<void>
}

const VIEWS = join(import.meta.dirname, '..', 'views')
const BCRYPT_COST = 12

/** Of a refused request the record keeps so much of the path. */
const LONGEST_PATH = 100

/** What programs call: they have one address with many people behind it, and prove who they are by themselves. */
const PROGRAM_PATHS: ReadonlySet<string> = new Set([
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  ROUTES.jwks,
  ROUTES.token,
  ROUTES.userinfo,
  ROUTES.pushed_authorization_request,
])
const isForPrograms = (path: string) => PROGRAM_PATHS.has(path)
const exempt = (path: string) =>
  isForPrograms(path) || path.startsWith('/health/') || path.startsWith('/assets/')

/** The composition root: makes every room once, hands each what it needs, mounts every router. */
export async function createApp(parts: AppParts): Promise<App> {
  const { settings, storage, keys, audit, clock, random, log } = parts
  const secureCookies = settings.issuer.startsWith('https:')
  const cookieKeys = keys.dataKeys('cookies').map(({ key }) => Buffer.from(key).toString('base64url'))

  // Pages.
  const { pages: look } = settings
  const assets = openAssets(join(VIEWS, 'assets'), {
    brandColor: look.brandColor,
    logoFile: look.logo?.file ?? null,
  })
  const render = createRender({
    viewsDir: VIEWS,
    assets,
    brand: {
      productName: look.productName,
      logoUrl: look.logo === null ? null : assets.url(logoName(look.logo.file)),
      helpUrl: look.helpUrl,
      privacyUrl: look.privacyUrl,
    },
    host: new URL(settings.issuer).hostname,
    language: look.language,
    timeZone: look.timeZone,
  })
  const csrf = createCsrf({ key: keys.dataKey('cookies').key, secureCookies, random })
  const show = createShow(render, csrf)
  const clientIp = createClientIp(settings.trustedProxies)
  const askerOf = createAskerOf(clientIp)

  // Rooms.
  const accounts = createAccounts({ store: storage.accounts, clock, random, phoneRegion: look.phoneRegion })
  const setupLinks = createSetupLinks(storage.accounts, clock, random)
  const passwords = createPasswords({
    peppers: keys.dataKeys('pepper'),
    cost: BCRYPT_COST,
    hasher: parts.hasher,
  })
  const limits = createLimits({
    store: storage.limits,
    settings: settings.limits,
    key: keys.dataKey('blind-index').key,
    clock,
  })
  const otp = createOtp({ challenges: storage.challenges, peppers: keys.dataKeys('pepper'), clock, random })
  const revocations = createRevocations({
    store: storage.revocations,
    key: keys.dataKey('revocation-handles').key,
    issuerGeneration: await openIssuerGeneration(storage.revocations, random),
  })
  const messages = createMessages({ keys: keys.dataKeys('messages'), clock, random })
  const outbox = createOutbox(clock)
  const queue = createMessageQueue({
    messages,
    store: storage.messages,
    senders: { sms: [outbox], email: [outbox] },
    render: ({ template, model, language }, channel) => render.message(template, channel, model, language),
    clock,
    log,
    holder: parts.processId,
  })

  const devices = createDevices({
    store: storage.devices,
    key: keys.dataKey('blind-index').key,
    clock,
    random,
  })

  // Steps.
  const notices = createNotices({
    messages,
    messageStore: storage.messages,
    limits,
    language: look.language,
    clock,
    log,
    wake: queue.wake,
  })
  const sendCode = createSendCode({ otp, messages, limits, audit, wake: queue.wake })
  const checkCode = createCheckCode({ otp, limits, audit })
  const checkPassword = createCheckPassword({
    accounts,
    accountStore: storage.accounts,
    userTypes: storage.userTypes,
    revocationStore: storage.revocations,
    passwords,
    limits,
    devices,
    notices,
    audit,
  })
  const finishSignIn = createFinishSignIn({
    accountStore: storage.accounts,
    revocationStore: storage.revocations,
    devices,
    notices,
    audit,
    clock,
  })
  const readNewAccount = createReadNewAccount({
    productName: look.productName,
    phoneRegion: look.phoneRegion,
    countries: settings.limits.send,
  })

  const oidc: Oidc = createOidc({
    issuer: settings.issuer,
    audience: settings.audience,
    apis: settings.apis,
    cookieKeys,
    secureCookies,
    signingKeys: keys.signingKeys(clock.now()),
    accounts: storage.accounts,
    userTypes: storage.userTypes,
    revocations,
    revocationStore: storage.revocations,
    artifacts: storage.artifacts,
    artifactKey: keys.dataKey('artifacts').key,
    clients: settings.clients.map(registrationOf),
    audit,
    log,
    clock,
    random,
    pages: oidcPages(),
    readForm,
    originOf,
  })

  // Journeys.
  const progressParts = { store: storage.progress, sealingKey: keys.dataKey('artifacts').key, clock, random }
  const common = {
    otp,
    audit,
    clock,
    csrf,
    show,
    askerOf,
    accounts,
    languageOf: (ctx: Context) => languageOf(ctx, render),
  }
  const userTypes = storage.userTypes
  const codeSteps = { sendCode, checkCode, codePolicyOf: createCodePolicyOf(settings.limits) }
  const deviceCookie = createDeviceCookie({ secureCookies, lifetimeSeconds: DEVICE_SECONDS })
  const deviceParts = { devices, deviceCookie }
  const signUp = {
    ...common,
    ...codeSteps,
    ...deviceParts,
    limits,
    userTypes,
    passwords,
    readNewAccount,
    finishSignIn,
    progress: createProgress<SignUpState>('sign-up', progressParts),
  }
  const { interactions } = oidc
  const routers: Router[] = [
    healthRoutes([{ name: 'storage', check: () => storage.ready() }]),
    serveAssets(assets),
    consentRoutes({ interactions, audit, csrf, show, askerOf }),
    signUpRoutes('/interaction/:uid/sign-up', { ...signUp, placeOf: insideInteraction(interactions) }),
    signInRoutes({
      ...common,
      ...codeSteps,
      ...deviceParts,
      userTypes,
      checkPassword,
      finishSignIn,
      interactions,
      progress: createProgress<SignInState>('sign-in', progressParts),
    }),
    signUpRoutes('/sign-up', { ...signUp, placeOf: alone({ clock, random, secureCookies }) }),
    setupRoutes({
      ...common,
      ...codeSteps,
      userTypes,
      passwords,
      readNewAccount,
      links: setupLinks,
      progress: createProgress<SetupState>('setup', progressParts),
      random,
      secureCookies,
      nextUrl: settings.demo.enabled ? settings.demo.url : null,
    }),
    signOutRoutes({ signOut: oidc.signOut, csrf, show, askerOf }),
  ]
  if (settings.mode === 'development') routers.push(devRoutes({ outbox, clock, csrf, show }))

  const koa = new Koa()
  koa.keys = cookieKeys
  useConfiguredOrigin(koa.request, settings.issuer)
  koa.on('error', (error) => log.error({ err: error }, 'koa'))
  koa.use(trace(random, (ctx) => clientIp.isThroughProxy(ctx)))
  koa.use(requestLog(log, clock))
  koa.use(securityHeaders(secureCookies))
  koa.use(errorHandler({ show, log, clock, onRefused }))
  koa.use(
    sieve({ pass: createSieve(settings.limits.requests.perIpPerMinute).pass, ipOf: clientIp.of, exempt }),
  )
  koa.use(sizeLimit())
  // What programs call, many times a second, passes no journey's timetable.
  koa.use((ctx, next) => (isForPrograms(ctx.path) ? oidc.middleware(ctx, next) : next()))
  for (const router of routers) koa.use(router.routes())
  koa.use((ctx, next) => {
    ctx.set('Content-Security-Policy', SELF_POSTING_POLICY)
    return oidc.middleware(ctx, next)
  })

  const answer = koa.callback()
  return {
    listener: (request, response) => {
      if (!oidc.answerDocument(request, response)) answer(request, response)
    },
    setupLinks,
    async stop() {
      await queue.stop()
      await audit.flush()
      await passwords.close()
    },
  }

  /** A page that is not there says nothing; everything else that is refused has its reason in a record. */
  async function onRefused(ctx: Context, { code, status }: AppError): Promise<void> {
    if (status === 404) return
    await audit.record({
      ...askerOf(ctx),
      api: 'http',
      step: ctx.path.startsWith('/interaction/') ? '/interaction' : ctx.path.slice(0, LONGEST_PATH),
      clientId: null,
      actor: { kind: 'stranger', id: null },
      event: 'request.refused',
      outcome: 'failure',
      reason: code,
    })
  }

  function originOf(ctx: OidcContext | undefined): Origin {
    const accountId = ctx?.oidc.session?.accountId
    return {
      ...(ctx
        ? askerOf(ctx as unknown as Context)
        : { traceId: random.bytes(16).toString('hex'), ip: null, userAgent: null }),
      api: 'oidc',
      step: ctx?.oidc.route ?? null,
      clientId: ctx?.oidc.client?.clientId ?? null,
      actor: accountId ? { kind: 'account', id: accountId } : { kind: 'stranger', id: null },
    }
  }

  function oidcPages(): OidcPages {
    return {
      async error(ctx, { error, error_description: description }, cause) {
        const koaContext = ctx as unknown as Context
        const { status } = ctx
        const isFault = status >= 500
        if (isFault) log.error({ err: cause }, 'authorization failed')
        if (wantsProblem(koaContext)) {
          const detail = !isFault && description !== undefined ? { detail: description } : {}
          answerProblem(koaContext, {
            status,
            code: error,
            title: 'The request cannot be answered.',
            ...detail,
          })
          return
        }
        const page = errorPage({
          kind: isFault ? 'fault' : 'protocol',
          detail: isFault ? null : { error, description: description ?? null },
          traceId: traceOf(koaContext).traceId,
          at: clock.now(),
          backUrl: null,
          clientName: null,
          startUrl: null,
          retryAt: null,
        })
        show(koaContext, page, { status })
      },
      async signOut(ctx) {
        const koaContext = ctx as unknown as Context
        const { session, client } = ctx.oidc
        const state = session?.state as { secret: string; postLogoutRedirectUri?: string }
        showSignOut(koaContext, show, {
          secret: state.secret,
          clientId: client?.clientId ?? null,
          clientName: client ? (client.clientName ?? client.clientId) : null,
          accountId: session?.accountId ?? null,
          returnTo: state.postLogoutRedirectUri ?? null,
        })
      },
    }
  }
}
