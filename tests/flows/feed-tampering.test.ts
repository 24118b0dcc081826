import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Guard, GuardOptions, Problem, ProblemCode } from '../../src/guard/api.d.ts'
import { createGuard } from '../../src/guard/index.js'
import { ORDERS_API } from '../support/applications.ts'
import { eventually } from '../support/eventually.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { type FeedProxy, startFeedProxy, type Tampering } from '../support/feed-proxy.ts'
import { freePort } from '../support/ports.ts'
import { claimsOf, createRelyingParty } from '../support/relying-party.ts'
import { shiftedClock } from '../support/shifted-clock.ts'

const ROBOT = { id: 'robot', secret: 'secret-of-the-robot', redirectUri: '' }
const CONFIGURATION = {
  clients: [{ client_id: ROBOT.id, client_secret: ROBOT.secret, grant_types: ['client_credentials'] }],
  apis: [ORDERS_API],
}
const ORDERS = ORDERS_API.identifier
/** A guard may be 30 s behind. */
const [WITHIN_SECONDS, BEYOND_SECONDS] = [20, 31]
const TOKEN_SECONDS = 900

const clock = shiftedClock()
let proxy: FeedProxy
let node: FastNode
let guards: Guard[] = []

beforeAll(async () => {
  proxy = await startFeedProxy({ port: await freePort(), node: () => node.url, clock })
  node = await startFastNode({ clock, issuer: proxy.url }, CONFIGURATION)
})

afterEach(() => {
  for (const guard of guards) guard.close()
  guards = []
  proxy.tamper(null)
})

afterAll(async () => {
  await node.stop()
  await proxy.stop()
})

const withAnotherSignature: Tampering = async (query, ask) => {
  const { status, body } = await ask(query)
  const [header, payload, signature = ''] = body.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  bytes[0] = (bytes[0] ?? 0) ^ 1
  return { status, body: [header, payload, bytes.toString('base64url')].join('.') }
}

const withoutDeaths: Tampering = async (query, ask) => {
  const { status, body } = await ask(query)
  const [header, , signature] = body.split('.')
  const payload = Buffer.from(JSON.stringify({ ...claimsOf(body), dead: [] })).toString('base64url')
  return { status, body: [header, payload, signature].join('.') }
}

const ofAnotherAudience: Tampering = (_query, ask) =>
  ask(new URLSearchParams({ aud: node.settings.audience }))

/** Genuine, and whatever is asked for it goes on from where the issuer stands by now. */
const fromTheNewest: Tampering = async (_query, ask) => {
  const { cursor } = claimsOf((await ask(new URLSearchParams({ aud: ORDERS }))).body)
  return ask(new URLSearchParams({ aud: ORDERS, since: String(cursor) }))
}

describe('a guard that reaches the real issuer through somebody else', () => {
  it.each<[string, Tampering, ProblemCode]>([
    ['whose signature was touched', withAnotherSignature, 'bad-document'],
    ['from which the deaths were taken', withoutDeaths, 'bad-document'],
    ['that is meant for another API', ofAnotherAudience, 'bad-document'],
    ['that leaves out what died before', fromTheNewest, 'gap'],
    ['that it has seen', () => ({ status: 200, body: proxy.documents.at(-1) ?? '' }), 'stale'],
    ['that never changes', () => ({ status: 304, body: '' }), 'stale'],
    ['that does not come', () => ({ status: 502, body: '' }), 'unreachable'],
  ])('lives on no document %s, and refuses every token at its bound', async (_what, how, code) => {
    const { guard, verdict, told } = await readyGuard()
    await revoke(await newToken())
    await eventually('a death is known', () => guard.status().deadHandles > 0)
    const token = await newToken()
    await tamper(how)
    await revoke(token)
    expect(await clock.later(WITHIN_SECONDS, () => verdict(token))).toBe('ok')
    await clock.later(BEYOND_SECONDS, async () => {
      expect(await verdict(token)).toBe('stale')
      await told(code)
      expect(await verdict(token)).toBe('stale')
      proxy.tamper(null)
      await eventually('the death is known', async () => (await verdict(token)) === 'revoked')
      expect(await verdict(await newToken())).toBe('ok')
    })
  })

  it('brings no dead token to life by the document from before its death', async () => {
    const { verdict, told } = await readyGuard()
    const before = proxy.documents.at(-1) ?? ''
    expect(claimsOf(before)).toMatchObject({ reset: true })
    const token = await newToken()
    await revoke(token)
    await eventually('the death is known', async () => (await verdict(token)) === 'revoked')
    await tamper(() => ({ status: 200, body: before }))
    await told('rolled-back')
    expect(await verdict(token)).toBe('revoked')
  })

  it.each([60, -60])('says that its clock is %i s off, and takes no token', async (secondsAhead) => {
    const { verdict, told } = aGuard({ now: () => clock.now().getTime() + secondsAhead * 1000 })
    expect(await verdict(await newToken())).toBe('stale')
    await told('clock-skew')
  })
})

describe('a guard of the real issuer', () => {
  it('takes a token until it has expired', async () => {
    const { verdict } = await readyGuard()
    const token = await newToken()
    const becomes = (wanted: string) =>
      eventually(`it is ${wanted}`, async () => (await verdict(token)) === wanted)
    await clock.later(TOKEN_SECONDS - 60, () => becomes('ok'))
    await clock.later(TOKEN_SECONDS + 6, () => becomes('expired'))
  })

  it('refuses a token of another real issuer for the same API', async () => {
    const { verdict } = await readyGuard()
    const elsewhere = await startFastNode({}, CONFIGURATION)
    try {
      const token = await newToken(elsewhere.url)
      expect(claimsOf(token)).toMatchObject({ iss: elsewhere.url, aud: ORDERS })
      expect(await verdict(token)).toBe('unknown-key')
    } finally {
      await elsewhere.stop()
    }
  })
})

/** Once it has answered so, no honest answer is on its way any more: a guard asks one thing at a time. */
async function tamper(how: Tampering): Promise<void> {
  let answered = false
  proxy.tamper(async (query, ask) => {
    const answer = await how(query, ask)
    answered = true
    return answer
  })
  await eventually('the feed is tampered with', () => answered)
}

function aGuard(options: Partial<GuardOptions> = {}) {
  const problems: Problem[] = []
  const guard = createGuard({
    issuer: proxy.url,
    audience: ORDERS,
    pollSeconds: 0.05,
    now: () => clock.now().getTime(),
    onProblem: (problem) => problems.push(problem),
    ...options,
  })
  guards.push(guard)
  return {
    guard,
    async verdict(token: string) {
      const result = await guard.verify({ token })
      return result.ok ? 'ok' : result.reason
    },
    told: (code: ProblemCode) =>
      eventually(`${code} is reported`, () => problems.some((problem) => problem.code === code)),
  }
}

async function readyGuard() {
  const one = aGuard()
  await one.guard.ready()
  return one
}

async function newToken(issuer = node.url): Promise<string> {
  const form = { grant_type: 'client_credentials', resource: ORDERS }
  const { body } = await createRelyingParty(issuer, ROBOT).token(form)
  return body.access_token ?? ''
}

async function revoke(token: string): Promise<void> {
  const response = await fetch(`${node.url}/revocation`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${ROBOT.id}:${ROBOT.secret}`)}` },
    body: new URLSearchParams({ token }),
  })
  expect(response.status).toBe(200)
}
