import { afterEach, describe, expect, it } from '@jest/globals'
import { createBalancedVisitor } from '../support/balanced-visitor.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, GOOD_PASSWORD } from '../support/people.ts'
import { rawRequest } from '../support/raw-request.ts'
import { createRelyingParty } from '../support/relying-party.ts'

const ISSUER = 'https://id.example'
const THEIR_TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'

let node: FastNode

afterEach(() => node.stop())

/** A proxy ends TLS before the node, as everywhere outside of development. */
async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
  node = await startFastNode({ issuer: ISSUER, env })
}

describe('a node whose issuer is https', () => {
  it('signs a person up and in, with cookies that no other host or script gets at', async () => {
    await start()
    const visitor = createBalancedVisitor(ISSUER, [node.url])
    const begun = await visitor.get(createRelyingParty(ISSUER).authorize({ prompt: 'create' }).url)
    const page = await visitor.follow(begun)
    await visitor.submit('choose-type', { userType: 'user' })
    await visitor.submit('sign-up', { email: 'tls@example.org', password: GOOD_PASSWORD })
    const form = visitor.fill('code', { code: await codeFor(node.url, 'tls@example.org') })
    const accepted = await visitor.post(form)
    expect(accepted.location).toMatch(/^https:\/\/id\.example\/auth\//)
    const end = await visitor.get(accepted.location ?? '')
    const lines = [begun, page, accepted, end].flatMap(({ headers }) => headers.getSetCookie())
    expect(new URL(end.location ?? '').searchParams.get('iss')).toBe(ISSUER)
    expect(new URL(end.location ?? '').searchParams.get('code')).toBeTruthy()

    const set = lines.filter((line) => !/expires=Thu, 01 Jan 1970/i.test(line))
    expect(set.length).toBeGreaterThan(3)
    for (const line of set) {
      expect(line).toMatch(/; ?secure/i)
      expect(line).toMatch(/; ?httponly/i)
      expect(line).toMatch(/; ?samesite=lax/i)
      expect(line).not.toMatch(/; ?domain=/i)
      expect(line).toMatch(/^__(Host|Secure)-/)
      if (line.startsWith('__Host-')) expect(line).toMatch(/; ?path=\/(;|$)/i)
    }
    expect(set.some((line) => line.startsWith('__Host-latchkey_session='))).toBe(true)
    expect(end.headers.get('strict-transport-security')).toContain('max-age=')
  })

  it('keeps no trace id, address or origin that a stranger claims', async () => {
    await start()
    for (const target of ['/nowhere', '/.well-known/openid-configuration']) {
      const answer = await rawRequest(node.url, {
        target,
        headers: {
          traceparent: `00-${THEIR_TRACE}-00f067aa0ba902b7-01`,
          'X-Forwarded-For': '203.0.113.9',
          'X-Forwarded-Host': 'evil.example',
          'X-Forwarded-Proto': 'http',
        },
      })
      expect(answer.headers['traceparent']).not.toContain(THEIR_TRACE)
      expect(answer.text).not.toMatch(/evil|http:\/\/id\.example/)
    }
  })
})

describe('a node behind one trusted proxy', () => {
  it('keeps the trace that the proxy brings', async () => {
    await start({ LATCHKEY_TRUSTED_PROXIES: '1' })
    expect(await traceOf(`00-${THEIR_TRACE}-00f067aa0ba902b7-01`)).toBe(THEIR_TRACE)
  })

  it('makes a trace of its own where the one that came is not valid', async () => {
    await start({ LATCHKEY_TRUSTED_PROXIES: '1' })
    // W3C Trace Context §3.2.2: no version ff, no id of zeros only, lower case.
    for (const wrong of [
      `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
      `00-${THEIR_TRACE}-${'0'.repeat(16)}-01`,
      `ff-${THEIR_TRACE}-00f067aa0ba902b7-01`,
      `00-${THEIR_TRACE.toUpperCase()}-00f067aa0ba902b7-01`,
      THEIR_TRACE,
    ]) {
      const own = await traceOf(wrong)
      expect([wrong, own]).toEqual([wrong, expect.stringMatching(/^[0-9a-f]{32}$/)])
      expect([wrong, own]).not.toEqual([wrong, THEIR_TRACE])
    }
  })
})

async function traceOf(traceparent: string): Promise<string | undefined> {
  const headers = { traceparent, 'X-Forwarded-For': '203.0.113.9' }
  const answer = await rawRequest(node.url, { target: '/nowhere', headers })
  return answer.headers['traceparent']?.split('-')[1]
}
