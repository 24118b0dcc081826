import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { addAccount } from '../support/add-account.ts'
import { APACHE_CALLBACK, type Apache, startApache } from '../support/apache.ts'
import { application } from '../support/applications.ts'
import { createBalancedVisitor } from '../support/balanced-visitor.ts'
import { eventually } from '../support/eventually.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, GOOD_PASSWORD, signUp, tokensOf } from '../support/people.ts'
import { freePort } from '../support/ports.ts'
import { claimsOf, DEMO } from '../support/relying-party.ts'

let node: FastNode
let apache: Apache

beforeAll(async () => {
  const port = await freePort()
  const callback = `http://localhost:${port}${APACHE_CALLBACK}`
  const archive = application('archive', 'Archive', callback, {
    latchkey_first_party: true,
    backchannel_logout_uri: `${callback}?logout=backchannel`,
  })
  const api = application('archive-api', 'Archive API', '', {
    redirect_uris: [],
    grant_types: ['client_credentials'],
  })
  node = await startFastNode({}, { clients: [archive.registration, api.registration] })
  apache = await startApache({ issuer: node.url, pages: archive, api, port })
})

afterAll(async () => {
  await apache?.stop()
  await node?.stop()
})

describe('a page behind mod_auth_openidc', () => {
  it('is shown to who signs in, by name, and no more once the session ended at the issuer', async () => {
    const email = 'archivist@example.org'
    await addAccount(node, { email })
    const reader = createBalancedVisitor(apache.url)
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(String((await reader.open('/private/page.html')).location))
    await visitor.submit('sign-in', { identifier: email, password: GOOD_PASSWORD })
    await visitor.submit('code', { code: await codeFor(node.url, email) })
    expect(await reader.open(String(visitor.at.location))).toMatchObject({
      status: 200,
      url: `${apache.url}/private/page.html`,
      text: `Here is ${email}.\n`,
    })

    await visitor.open('/session/end')
    await visitor.submit('sign-out', { decision: 'sign-out' })
    await eventually('it asks again who is there', async () => {
      return (await reader.get('/private/page.html')).location?.startsWith(`${node.url}/auth?`) === true
    })
  })

  it('is shown to a program with an access token, until that is revoked', async () => {
    const { access_token: token } = await tokensOf(await signUp(node.url, 'program@example.org'))
    const ask = async (bearer: string) => {
      const headers = { authorization: `Bearer ${bearer}` }
      const answer = await fetch(`${apache.url}/api/page.html`, { headers })
      return { status: answer.status, text: await answer.text() }
    }
    expect(await ask(token)).toEqual({ status: 200, text: `Here is ${claimsOf(token)['sub']}.\n` })
    expect((await ask(`${token.slice(0, -8)}AAAAAAAA`)).status).toBe(401)
    await revoke(token)
    expect((await ask(token)).status).toBe(401)
  })
})

async function revoke(token: string): Promise<void> {
  const response = await fetch(`${node.url}/revocation`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${DEMO.id}:${DEMO.secret}`)}` },
    body: new URLSearchParams({ token }),
  })
  expect(response.status).toBe(200)
}
