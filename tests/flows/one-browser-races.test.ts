import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type Application, application, callTokenEndpoint, DEMO_APP } from '../support/applications.ts'
import type { BalancedVisitor } from '../support/balanced-visitor.ts'
import { GOOD_PASSWORD } from '../support/people.ts'
import { claimsOf, createRelyingParty } from '../support/relying-party.ts'
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.ts'

const PLACES = ['ground', 'first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh']

/** Tabs that a browser opens all at once when it starts. */
const TABS = PLACES.map((place) =>
  application(place, `The ${place} floor`, `https://${place}.example/callback`, {
    latchkey_first_party: true,
    post_logout_redirect_uris: [`https://${place}.example/`],
  }),
)
/** What one application asks for, a token each. */
const APIS = PLACES.map((place) => ({
  identifier: `https://api.${place}.example/`,
  name: `The ${place} API`,
  scopes: [`${place}:read`],
}))

let nodes: TwoNodes

beforeAll(async () => {
  nodes = await startTwoNodes({ clients: TABS.map(({ registration }) => registration), apis: APIS })
})

afterAll(() => nodes.stop())

describe('silent sign-ins of one browser, all at once, over two processes', () => {
  it('are all known to the session afterwards: each application keeps its sid and what it was given', async () => {
    const visitor = await signUp('tabs@example.org')
    const atOnce = await Promise.all(TABS.map((app, index) => silently(visitor, app, index)))
    for (const [index, app] of TABS.entries()) {
      const again = await silently(visitor, app, index)
      expect([app.id, again.access['sid'], again.access['latchkey_grant']]).toEqual([
        app.id,
        atOnce[index]?.access['sid'],
        atOnce[index]?.access['latchkey_grant'],
      ])
    }
  })

  it('of one application are of one sid, with which each of them can sign out', async () => {
    const visitor = await signUp('one@example.org')
    const [app = DEMO_APP] = TABS
    const answers = await Promise.all(PLACES.map((_, index) => silently(visitor, app, index)))
    expect(new Set(answers.map(({ access }) => access['sid'])).size).toBe(1)
    const hint = answers[0]?.idToken ?? ''
    const { status, location } = await visitor.get(
      `${nodes.issuer}/session/end?${new URLSearchParams({
        id_token_hint: hint,
        post_logout_redirect_uri: 'https://ground.example/',
      })}`,
    )
    expect([status, location]).toEqual([303, 'https://ground.example/'])
  })

  it('for one API each get tokens with the scopes that were asked for', async () => {
    const visitor = await signUp('apis@example.org')
    const answers = await Promise.all(
      APIS.map(({ identifier: resource, scopes: [scope] }, index) =>
        silently(visitor, DEMO_APP, index, { resource, scope: `openid ${scope}` }),
      ),
    )
    expect(answers.map(({ access }) => [access['aud'], access['scope']])).toEqual(
      APIS.map(({ identifier, scopes: [scope] }) => [identifier, `openid ${scope}`]),
    )
  })
})

async function signUp(email: string): Promise<BalancedVisitor> {
  const visitor = nodes.visitor()
  await visitor.open(createRelyingParty(nodes.issuer).authorize({ prompt: 'create' }).url)
  await visitor.submit('choose-type', { userType: 'user' })
  await visitor.submit('sign-up', { email, password: GOOD_PASSWORD })
  await visitor.submit('code', { code: await nodes.codeFor(email) })
  return visitor
}

/** What an application learns without a page, at the process whose turn it is. */
async function silently(
  visitor: BalancedVisitor,
  app: Application,
  turn: number,
  parameters: Readonly<Record<string, string>> = {},
) {
  const request = createRelyingParty(nodes.issuer, app).authorize({ prompt: 'none', ...parameters })
  const { location, status } = await visitor.get(request.url, nodes.urls[turn % 2])
  const code = location === null ? null : new URL(location).searchParams.get('code')
  if (code === null) throw new Error(`No code for ${app.id}: ${status} ${location}`)
  const { body } = await callTokenEndpoint(nodes.issuer, app, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: app.redirectUri,
    code_verifier: request.verifier,
  })
  return { access: claimsOf(body.access_token ?? ''), idToken: body.id_token ?? '' }
}
