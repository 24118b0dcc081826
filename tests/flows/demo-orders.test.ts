import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { createDemoApp } from '../../examples/demo-app/app.ts'
import { ordersBeside } from '../../examples/demo-app/beside.ts'
import { createOrdersApi } from '../../examples/orders-api/app.ts'
import type { Guard } from '../../src/guard/api.d.ts'
import { createGuard } from '../../src/guard/index.js'
import { systemRandom } from '../../src/lib/ids.ts'
import { application } from '../support/applications.ts'
import { eventually } from '../support/eventually.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, GOOD_PASSWORD, signUp } from '../support/people.ts'
import { freePort } from '../support/ports.ts'
import { type Arrival, createRoamingVisitor } from '../support/roaming-visitor.ts'

let node: FastNode
let guard: Guard
let demo: Server
let home: URL

beforeAll(async () => {
  const port = await freePort()
  home = new URL(`http://localhost:${port}/`)
  const { id, secret, registration } = application('court', 'Court', `${home}callback`, {
    grant_types: ['authorization_code', 'refresh_token'],
    post_logout_redirect_uris: [home.href],
    latchkey_first_party: true,
  })
  node = await startFastNode({}, { clients: [registration] })
  const { audience } = node.settings
  guard = createGuard({ issuer: node.url, audience })
  const app = createDemoApp({
    settings: {
      issuer: new URL(node.url),
      port,
      baseUrl: home,
      clientId: id,
      clientSecret: secret,
      audience,
    },
    now: () => new Date(),
    newSecret: () => Buffer.from(systemRandom.bytes(32)).toString('base64url'),
    retryAfterMs: [10],
  })
  demo = createServer(ordersBeside(app.callback(), createOrdersApi(guard).callback()))
  demo.listen(port, '127.0.0.1')
  await once(demo, 'listening')
  await guard.ready()
})

afterAll(async () => {
  guard.close()
  demo.close()
  demo.closeAllConnections()
  await node.stop()
})

it('is refused by the API once the person has signed out, though the token has not expired', async () => {
  const email = 'orders@example.org'
  await signUp(node.url, email)
  const visitor = createRoamingVisitor()
  const start = await visitor.submit(await visitor.open(home), 'sign-in')
  const asked = await visitor.submit(start, 'sign-in', { identifier: email, password: GOOD_PASSWORD })
  const signedIn = await visitor.submit(asked, 'code', { code: await codeFor(node.url, email, 2) })
  expect(signedIn.url.href).toBe(home.href)

  const served = await visitor.submit(signedIn, 'call-orders')
  expect(served.dom.querySelectorAll('#order-list li')).toHaveLength(3)

  let page: Arrival = await visitor.submit(served, 'sign-out')
  expect(page.html).toContain('You are signed out of this application')
  await eventually('the token of before is refused', async () => {
    page = await visitor.submit(page, 'call-orders')
    return page.html.includes('<strong>401 revoked</strong>')
  })
  expect(page.dom.querySelector('#order-list')).toBeNull()
})
