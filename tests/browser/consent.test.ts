import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { BrowserContextOptions, Page as Tab } from 'playwright-core'
import { type Application, application, codesSentTo } from '../support/applications.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, GOOD_PASSWORD, signUp } from '../support/people.ts'
import { freePort } from '../support/ports.ts'
import { createRelyingParty } from '../support/relying-party.ts'
import { openStage, type Person, type Stage } from './person.ts'

const WAYS: Readonly<Record<string, BrowserContextOptions>> = {
  'with JavaScript on': {},
  'with JavaScript off': { javaScriptEnabled: false },
}

let node: FastNode
let stage: Stage
let server: Server
/** Run by somebody else, and by the organisation: two names of one server here. */
let foreign: Application
let ours: Application

beforeAll(async () => {
  const page = '<!doctype html><html lang="en"><title>Back</title><h1>Back at the application</h1></html>'
  server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(page))
  const port = await freePort()
  await once(server.listen(port, '127.0.0.1'), 'listening')
  foreign = application('case-notes', 'Case Notes', `http://localhost:${port}/case-notes`)
  ours = application('court', 'Court', `http://localhost:${port}/court`, { latchkey_first_party: true })
  node = await startFastNode({}, { clients: [foreign.registration, ours.registration] })
  for (const name of ['ann', 'ben']) await signUp(node.url, `${name}@example.org`)
  stage = await openStage()
})

afterAll(async () => {
  await stage?.close()
  await node?.stop()
  server?.close()
})

async function openRequest(tab: Tab, app: Application, parameters: Readonly<Record<string, string>> = {}) {
  await tab.goto(createRelyingParty(node.url, app).authorize(parameters).url)
}

async function typeCredentials(tab: Tab, email: string): Promise<void> {
  const before = await codesSentTo(node.url, email)
  await tab.locator('#identifier').fill(email)
  await tab.locator('#password').fill(GOOD_PASSWORD)
  await tab.locator('form#sign-in button').click()
  await tab.locator('#code-input').fill(await codeFor(node.url, email, before + 1))
  await tab.locator('form#code button').click()
}

/** The parameters with which the browser came back. */
async function answerTo(tab: Tab, app: Application): Promise<URLSearchParams> {
  await tab.waitForURL(`${app.redirectUri}?**`)
  await tab.getByText('Back at the application').waitFor()
  return new URL(tab.url()).searchParams
}

describe.each(Object.entries(WAYS))('a person %s', (_, options) => {
  let person: Person
  let tab: Tab

  beforeAll(async () => {
    person = await stage.enter(options)
    tab = person.tab
  })
  beforeEach(() => person.startAfresh())
  afterEach(() => expect(person.complaints).toEqual([]))
  afterAll(() => person?.leave())

  it('allows an application of somebody else what it asks for, and is back there', async () => {
    await openRequest(tab, foreign, { scope: 'openid email roles' })
    await typeCredentials(tab, 'ann@example.org')
    await tab.getByRole('heading', { name: 'Share with Case Notes?' }).waitFor()
    await person.look('consent')
    await tab.getByRole('button', { name: 'Allow', exact: true }).click()
    expect((await answerTo(tab, foreign)).has('code')).toBe(true)
  })

  it('does not allow it, and is back there all the same', async () => {
    await openRequest(tab, foreign)
    await typeCredentials(tab, 'ann@example.org')
    await tab.getByRole('button', { name: 'Do not allow' }).click()
    expect((await answerTo(tab, foreign)).get('error')).toBe('access_denied')
  })

  it('signs in where somebody else is signed in, and is back at the application', async () => {
    await openRequest(tab, ours)
    await typeCredentials(tab, 'ann@example.org')
    expect((await answerTo(tab, ours)).has('code')).toBe(true)
    await openRequest(tab, ours, { prompt: 'login' })
    await typeCredentials(tab, 'ben@example.org')
    if (options.javaScriptEnabled === false) await tab.getByRole('button', { name: 'Continue' }).click()
    expect((await answerTo(tab, ours)).has('code')).toBe(true)
  })
})
