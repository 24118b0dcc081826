import { timingSafeEqual } from 'node:crypto'
import Router, { type RouterContext } from '@koa/router'
import type { Next } from 'koa'
import { koaBody } from 'koa-body'
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  calculatePKCECodeChallenge,
  fetchUserInfo,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  refreshTokenGrant,
  type TokenEndpointResponse,
} from 'openid-client'
import { callOrders } from './orders.ts'
import { renderSignedIn, renderSignedOut } from './pages.ts'
import { DemoError, describeProblem, type Problem } from './problems.ts'
import type { GetConfiguration } from './provider.ts'
import type { Attempt, Session, Sessions, Tokens } from './sessions.ts'

const SCOPE = 'openid profile email phone roles'
/** So many tabs of one browser may be on their way to the provider. */
const ATTEMPTS_PER_SESSION = 5
const COOKIE = 'latchkey-demo'

interface State {
  session: Session
}
type Context = RouterContext<State>

export interface RoutesOptions {
  readonly baseUrl: URL
  readonly sessions: Sessions
  readonly getConfiguration: GetConfiguration
}

/** What a person can do here, in the order in which they do it. */
export function createRoutes({ baseUrl, sessions, getConfiguration }: RoutesOptions): Router<State> {
  const redirectUri = new URL('/callback', baseUrl).href
  const ordersUrl = new URL('/orders', baseUrl)
  const afterSignOut = new URL('/', baseUrl).href

  return new Router<State>()
    .use(findSession)
    .get('/', showPage)
    .post('/sign-in', readForm, beginSignIn)
    .get('/callback', finishSignIn)
    .post('/userinfo', readForm, callUserinfo)
    .post('/refresh', readForm, refresh)
    .post('/call-orders', readForm, askForOrders)
    .post('/sign-out', readForm, signOut)

  async function findSession(ctx: Context, next: Next): Promise<void> {
    const id = ctx.cookies.get(COOKIE, { signed: true })
    ctx.state.session = (id === undefined ? null : sessions.find(id)) ?? beginSession(ctx)
    await next()
  }

  function beginSession(ctx: Context): Session {
    const session = sessions.begin()
    ctx.cookies.set(COOKIE, session.id, { signed: true, httpOnly: true, sameSite: 'lax', overwrite: true })
    return session
  }

  /** Another id whenever the person changes, so that nobody who planted or saw the old one comes along. */
  function replaceSession(ctx: Context): Session {
    sessions.end(ctx.state.session)
    return beginSession(ctx)
  }

  async function showPage(ctx: Context): Promise<void> {
    const { session } = ctx.state
    ctx.body = await (session.tokens === null
      ? renderSignedOut(session)
      : renderSignedIn(session, session.tokens))
  }

  async function beginSignIn(ctx: Context): Promise<void> {
    const { session } = ctx.state
    const configuration = await getConfiguration()
    const attempt: Attempt = {
      state: randomState(),
      nonce: randomNonce(),
      codeVerifier: randomPKCECodeVerifier(),
    }
    session.attempts = [...session.attempts, attempt].slice(-ATTEMPTS_PER_SESSION)
    const url = buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: SCOPE,
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await calculatePKCECodeChallenge(attempt.codeVerifier),
      code_challenge_method: 'S256',
      ...(formValue(ctx, 'prompt') === 'create' ? { prompt: 'create' } : {}),
    })
    seeOther(ctx, url.href)
  }

  async function finishSignIn(ctx: Context): Promise<void> {
    const { session } = ctx.state
    const attempt = session.attempts.find(({ state }) => state === ctx.query['state'])
    if (attempt === undefined)
      throw new DemoError(
        400,
        'This sign-in is not known here',
        'It was begun in another browser, or it is finished already. Begin again.',
      )
    session.attempts = session.attempts.filter((one) => one !== attempt)
    const url = new URL(redirectUri)
    url.search = ctx.search
    const response = await authorizationCodeGrant(await getConfiguration(), url, {
      expectedState: attempt.state,
      expectedNonce: attempt.nonce,
      pkceCodeVerifier: attempt.codeVerifier,
    })
    const { id_token: idToken = '' } = response
    const subject = response.claims()?.sub ?? ''
    replaceSession(ctx).tokens = takeTokens(response, { idToken, refreshToken: null, subject })
    seeOther(ctx, '/')
  }

  async function callUserinfo(ctx: Context): Promise<void> {
    const { session } = ctx.state
    if (session.tokens !== null) {
      const { accessToken, subject } = session.tokens
      try {
        const claims = await fetchUserInfo(await getConfiguration(), accessToken, subject)
        session.outcome = { kind: 'userinfo', claims }
      } catch (error) {
        session.outcome = { kind: 'userinfo-refused', problem: expected(error) }
      }
    }
    seeOther(ctx, '/#userinfo')
  }

  async function refresh(ctx: Context): Promise<void> {
    const { session } = ctx.state
    const { tokens } = session
    if (tokens !== null && tokens.refreshToken !== null) {
      try {
        const response = await refreshTokenGrant(await getConfiguration(), tokens.refreshToken)
        session.tokens = takeTokens(response, tokens)
        session.outcome = { kind: 'refreshed' }
      } catch (error) {
        session.outcome = { kind: 'refresh-refused', problem: expected(error) }
      }
    }
    seeOther(ctx, '/#access-token')
  }

  async function askForOrders(ctx: Context): Promise<void> {
    const { session } = ctx.state
    const accessToken = session.tokens?.accessToken ?? session.formerAccessToken
    if (accessToken !== null)
      session.outcome = { kind: 'orders', answer: await callOrders(ordersUrl, accessToken) }
    seeOther(ctx, '/#orders')
  }

  async function signOut(ctx: Context): Promise<void> {
    const { tokens } = ctx.state.session
    const session = replaceSession(ctx)
    session.outcome = { kind: 'signed-out' }
    session.formerAccessToken = tokens?.accessToken ?? null
    if (tokens === null) return seeOther(ctx, afterSignOut)
    // Signed out here already, whatever the provider says: with its own session left, the next sign-in would
    // ask for nothing.
    const url = buildEndSessionUrl(await getConfiguration(), {
      id_token_hint: tokens.idToken,
      post_logout_redirect_uri: afterSignOut,
    })
    seeOther(ctx, url.href)
  }
}

const parseForm = koaBody({ json: false, text: false, formLimit: '8kb' })

/** Reads a form and refuses one that this browser was not given. */
async function readForm(ctx: Context, next: Next): Promise<void> {
  await parseForm(ctx, async () => {})
  const given = Buffer.from(formValue(ctx, 'csrf') ?? '')
  const right = Buffer.from(ctx.state.session.csrf)
  if (given.length !== right.length || !timingSafeEqual(given, right))
    throw new DemoError(403, 'This form is too old', 'Go back to the start and press the button again.')
  await next()
}

function formValue(ctx: Context, name: string): string | null {
  const body: unknown = ctx.request.body
  const value: unknown = body instanceof Object ? Reflect.get(body, name) : null
  return typeof value === 'string' ? value : null
}

/** The newest of each token: a refresh answers with those that changed. */
function takeTokens(response: TokenEndpointResponse, before: Omit<Tokens, 'accessToken'>): Tokens {
  return {
    accessToken: response.access_token,
    idToken: response.id_token ?? before.idToken,
    refreshToken: response.refresh_token ?? before.refreshToken,
    subject: before.subject,
  }
}

function expected(error: unknown): Problem {
  const problem = describeProblem(error)
  if (problem === null) throw error
  return problem
}

/** RFC 9700 §4.12: 303, so that no browser sends the form on to where it is led. */
function seeOther(ctx: Context, url: string): void {
  ctx.redirect(url)
  ctx.status = 303
}
