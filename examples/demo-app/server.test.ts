import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { parse } from 'node-html-parser'
import { type PlainProvider, startPlainProvider } from '../../tests/support/plain-provider.ts'
import { freePort } from '../../tests/support/ports.ts'
import { startNode } from '../../tests/support/processes.ts'
import {
  type Arrival,
  createRoamingVisitor,
  type RoamingVisitor,
} from '../../tests/support/roaming-visitor.ts'
import { createDemoApp } from './app.ts'

const CLIENT = { clientId: 'court-filing', clientSecret: 'not a secret: a test' }
const CLAIMS = {
  sub: 'acc_1',
  name: 'Asha Rao',
  email: 'asha.rao@police.example',
  email_verified: false,
  roles: ['police', 'case-<reader>'],
  user_type: 'police',
}

let home: URL
let providerPort: number
let demo: Server
let visitor: RoamingVisitor
const running: PlainProvider[] = []

beforeEach(async () => {
  providerPort = await freePort()
  const port = await freePort()
  home = new URL(`http://localhost:${port}/`)
  const app = createDemoApp({
    settings: {
      issuer: new URL(`http://localhost:${providerPort}`),
      port,
      baseUrl: home,
      audience: 'https://api.example',
      ...CLIENT,
    },
    now: () => new Date(),
    newSecret: () => randomBytes(32).toString('base64url'),
    retryAfterMs: [10],
  })
  demo = createServer(app.callback()).listen(port, '127.0.0.1')
  visitor = createRoamingVisitor()
})

afterEach(async () => {
  demo.close()
  demo.closeAllConnections()
  for (const provider of running.splice(0)) await provider.close()
})

async function startProvider(accessTokens: 'jwt' | 'opaque'): Promise<PlainProvider> {
  const provider = await startPlainProvider({
    port: providerPort,
    clientUrl: home,
    claims: CLAIMS,
    accessTokens,
    ...CLIENT,
  })
  running.push(provider)
  return provider
}

async function signIn(): Promise<Arrival> {
  return visitor.submit(await visitor.open(home), 'sign-in')
}

/** What a person reads: the text of a page without its tags. */
function read(page: Arrival): string {
  return parse(page.html.replace(/<[^>]*>/g, ' ')).text.replace(/\s+/g, ' ')
}

function rawToken(page: Arrival, kind: 'access' | 'id'): string {
  return page.dom.querySelector(`#raw-${kind}-token`)?.text ?? ''
}

describe('the page of somebody who is not signed in', () => {
  it('offers to sign in and to create an account, without any provider', async () => {
    const page = await visitor.open(home)
    expect(page.status).toBe(200)
    expect(page.html).toContain('<button class="button">Sign in</button>')
    expect(page.html).toMatch(/<button [^>]*name="prompt" value="create">Create an account<\/button>/)
    expect(page.html).not.toContain('Sign out')
  })

  it('is kept in no cache and runs nothing inline', async () => {
    const page = await visitor.open(home)
    expect(page.headers.get('cache-control')).toBe('no-store')
    expect(page.headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; img-src 'self'; " +
        `form-action 'self' http://localhost:${providerPort}; base-uri 'none'; frame-ancestors 'none'`,
    )
    expect(page.html).not.toMatch(/<script|<style|\sstyle=|\son\w+=/)
    expect(page.headers.get('set-cookie')).toMatch(/; httponly/i)
  })

  it('has its stylesheets and icon', async () => {
    const page = await visitor.open(home)
    const links = page.dom.querySelectorAll('link').map((link) => link.getAttribute('href') ?? '')
    expect(links).toHaveLength(4)
    for (const href of links) expect((await visitor.open(new URL(href, home))).status).toBe(200)
  })
})

describe('signing in', () => {
  it('leads through the provider and back, and shows both tokens', async () => {
    await startProvider('jwt')
    const page = await signIn()
    expect(page.url.href).toBe(home.href)
    expect(page.status).toBe(200)
    expect(page.html).toContain('<h1>Hello, Asha Rao</h1>')
    const text = read(page)
    expect(text).toMatch(/Latchkey signed you in at \d\d:\d\d:\d\d UTC/)
    expect(text).toContain('typ at+jwt header: an access token (RFC 9068)')
    expect(text).toContain('aud https://api.example the one API it is for')
    expect(text).toContain('aud court-filing this application')
    expect(text).toContain('email_verified false no code was entered for it yet')
    expect(rawToken(page, 'access').split('.')).toHaveLength(3)
    expect(rawToken(page, 'id').split('.')).toHaveLength(3)
  })

  it('makes roles and user type stand out, as text whatever they contain', async () => {
    await startProvider('jwt')
    const { html } = await signIn()
    expect(html).toContain(
      '["<mark>police</mark>","<mark>case-&lt;reader&gt;</mark>"]'.replaceAll('"', '&#34;'),
    )
    expect(html.match(/<tr role="row" class="lit">/g)).toHaveLength(2)
  })

  it('asks for a code with PKCE, state and nonce, and uses each pair of them once', async () => {
    await startProvider('jwt')
    const page = await signIn()
    const [authorization, callback] = [page.way[1], page.way.find((url) => url.pathname === '/callback')]
    const { code_challenge_method, response_type, scope, state, nonce, prompt } = Object.fromEntries(
      authorization?.searchParams ?? [],
    )
    expect({ code_challenge_method, response_type, scope, prompt }).toEqual({
      code_challenge_method: 'S256',
      response_type: 'code',
      scope: 'openid profile email phone roles',
      prompt: undefined,
    })
    expect(state).toBeTruthy()
    expect(nonce).toBeTruthy()
    const again = await visitor.open(callback ?? home)
    expect(again.status).toBe(400)
    expect(read(again)).toContain('This sign-in is not known here')
  })

  it('asks for an account to be created where a person has none', async () => {
    await startProvider('jwt')
    const page = await visitor.submit(await visitor.open(home), 'sign-in', { prompt: 'create' })
    expect(page.way[1]?.searchParams.get('prompt')).toBe('create')
  })

  it('gives the browser another session than the one before it', async () => {
    await startProvider('jwt')
    await visitor.open(home)
    const before = visitor.cookies.find(home, 'latchkey-demo')
    await signIn()
    const after = visitor.cookies.find(home, 'latchkey-demo')
    expect(after).not.toBe(before)
    visitor.cookies.plant(home, 'latchkey-demo', before ?? '')
    expect(read(await visitor.open(home))).toContain('You are not signed in')
  })

  it('works with a provider whose access tokens are opaque', async () => {
    await startProvider('opaque')
    const page = await signIn()
    expect(read(page)).toContain('This one is opaque')
    expect(rawToken(page, 'access')).not.toBe('')
  })

  it('shows why the provider refused, as text', async () => {
    const provider = await startProvider('jwt')
    provider.answerNext({ kind: 'refuse', error: 'access_denied', description: 'Not <today>' })
    const page = await signIn()
    expect(page.status).toBe(400)
    expect(page.html).toContain('<header id="errors" role="alert">')
    expect(read(page)).toContain('You were not signed in')
    expect(read(page)).toContain('Error access_denied')
    expect(page.html).toContain('Not &lt;today&gt;')
    expect(read(await visitor.open(home))).toContain('You are not signed in')
  })

  it('refuses an answer that was made for another browser', async () => {
    await startProvider('jwt')
    const page = await signIn()
    const callback = page.way.find((url) => url.pathname === '/callback')
    const stranger = createRoamingVisitor()
    const refused = await stranger.open(callback ?? home)
    expect(refused.status).toBe(400)
    expect(read(await stranger.open(home))).toContain('You are not signed in')
  })
})

describe('a provider that is down', () => {
  it('is named on a clear page, and needs no restart of the demo once it is up', async () => {
    const down = await signIn()
    expect(down.status).toBe(503)
    expect(down.headers.get('retry-after')).toBe('5')
    expect(read(down)).toContain('Latchkey does not answer')
    await startProvider('jwt')
    expect((await signIn()).html).toContain('Hello, Asha Rao')
  })

  it('is waited for a moment', async () => {
    const page = await visitor.open(home)
    const [signedIn] = await Promise.all([visitor.submit(page, 'sign-in'), startProvider('jwt')])
    expect(signedIn.html).toContain('Hello, Asha Rao')
  })

  it('is named beside the button when it goes away later', async () => {
    const provider = await startProvider('jwt')
    const page = await signIn()
    await provider.close()
    running.splice(0)
    const after = await visitor.submit(page, 'refresh')
    expect(after.status).toBe(200)
    expect(read(after)).toContain('Latchkey does not answer')
  })
})

describe('somebody who is signed in', () => {
  it('sees what userinfo says', async () => {
    await startProvider('opaque')
    const page = await visitor.submit(await signIn(), 'call-userinfo')
    expect(page.status).toBe(200)
    expect(page.html).toContain('Claims of userinfo')
    expect(page.html.split('Claims of userinfo').at(-1)).toContain('asha.rao@police.example')
  })

  it('sees why userinfo refused', async () => {
    // The library refuses JWT access tokens at userinfo unless its adapter knows them.
    await startProvider('jwt')
    const page = await visitor.submit(await signIn(), 'call-userinfo')
    expect(page.status).toBe(200)
    expect(page.html).toContain('<strong>invalid_token</strong>')
  })

  it('gets new tokens by refreshing, and again with the new refresh token', async () => {
    await startProvider('jwt')
    const first = await signIn()
    const second = await visitor.submit(first, 'refresh')
    const third = await visitor.submit(second, 'refresh')
    expect(read(third)).toContain('These tokens are new')
    expect(new Set([first, second, third].map((page) => rawToken(page, 'access'))).size).toBe(3)
  })

  it('sees why a refresh was refused', async () => {
    const provider = await startProvider('jwt')
    const page = await signIn()
    await provider.endGrants()
    const refused = await visitor.submit(page, 'refresh')
    expect(refused.html).toContain('<strong>invalid_grant</strong>')
    expect(rawToken(refused, 'access')).toBe(rawToken(page, 'access'))
  })

  it('is signed out here and at the provider, and comes back', async () => {
    const provider = await startProvider('jwt')
    const page = await signIn()
    const asked = await visitor.submit(page, 'sign-out')
    expect(asked.url.searchParams.get('id_token_hint')).toBe(rawToken(page, 'id'))
    expect(asked.url.searchParams.get('post_logout_redirect_uri')).toBe(home.href)
    expect(read(await visitor.open(home))).toContain('You are not signed in')
    const back = await visitor.submit(asked, 'op.logoutForm', { logout: 'yes' })
    expect(back.url.href).toBe(home.href)
    expect(read(back)).toContain('You are signed out of this application')
    await signIn()
    expect(provider.countSignIns()).toBe(2)
  })
})

describe('forms', () => {
  it.each(['/sign-in', '/userinfo', '/refresh', '/call-orders', '/sign-out'])(
    '%s refuses what this browser was not given',
    async (path) => {
      await startProvider('jwt')
      const page = await signIn()
      const strange = await createRoamingVisitor().open(home)
      const csrf = strange.dom.querySelector('input[name="csrf"]')?.getAttribute('value') ?? ''
      for (const fields of [{}, { csrf: '' }, { csrf }, { 'csrf[]': csrf }]) {
        const refused = await visitor.post(new URL(path, home), fields)
        expect(refused.status).toBe(403)
      }
      expect(rawToken(await visitor.open(home), 'access')).toBe(rawToken(page, 'access'))
    },
  )

  it('are not larger than they need to be', async () => {
    const refused = await visitor.post(new URL('/sign-in', home), { csrf: 'a'.repeat(9000) })
    expect(refused.status).toBe(413)
    expect(refused.html).toContain('id="errors"')
  })
})

describe('a cookie that the demo did not sign', () => {
  it('is nobody', async () => {
    await startProvider('jwt')
    await signIn()
    const id = visitor.cookies.find(home, 'latchkey-demo') ?? ''
    const forger = createRoamingVisitor()
    forger.cookies.plant(home, 'latchkey-demo', id)
    expect(read(await forger.open(home))).toContain('You are not signed in')
  })
})

describe('an address that does not exist', () => {
  it('has a page that says so', async () => {
    const page = await visitor.open(new URL('/nothing', home))
    expect(page.status).toBe(404)
    expect(read(page)).toContain('There is no such page')
  })
})

describe('the process', () => {
  const script = join(import.meta.dirname, 'server.ts')

  it('says where it is, and ends when it is told to', async () => {
    const port = await freePort()
    const child = startNode(script, {
      DEMO_PORT: String(port),
      DEMO_CLIENT_ID: CLIENT.clientId,
      DEMO_CLIENT_SECRET: CLIENT.clientSecret,
    })
    await child.waitFor(new RegExp(`Demo application: http://localhost:${port}\n`))
    expect((await visitor.open(`http://localhost:${port}/`)).status).toBe(200)
    expect(await child.stop()).toEqual({ code: 0, signal: null })
  })

  it('names everything that is wrong with its settings at once', async () => {
    const child = startNode(script, { DEMO_ISSUER: 'ftp://a', DEMO_PORT: 'many' })
    expect((await child.exit()).code).toBe(1)
    for (const name of ['DEMO_ISSUER', 'DEMO_PORT', 'DEMO_CLIENT_ID', 'DEMO_CLIENT_SECRET'])
      expect(child.output()).toContain(`${name}: must be`)
  })

  it('says that its port is taken', async () => {
    const child = startNode(script, {
      DEMO_PORT: home.port,
      DEMO_CLIENT_ID: CLIENT.clientId,
      DEMO_CLIENT_SECRET: CLIENT.clientSecret,
    })
    expect((await child.exit()).code).toBe(1)
    expect(child.output()).toContain(`cannot listen on port ${home.port}`)
  })
})
