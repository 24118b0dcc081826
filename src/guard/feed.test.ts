import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { generateKeyPair } from 'jose'
import { eventually } from '../../tests/support/eventually.ts'
import type { Misbehaviour } from '../../tests/support/feed-double.ts'
import { guardedByFeed } from '../../tests/support/guarded.ts'

const opened = guardedByFeed()
const STALE = { ok: false, reason: 'stale' }

describe('what is revoked', () => {
  it('is refused within a moment when the stream wakes the guard', async () => {
    const { issuer, readyGuard, becomes } = opened()
    // Nothing but the stream can make it ask again in time.
    const guard = await readyGuard({ pollSeconds: 5 })
    await eventually('the stream is open', () => guard.status().streaming && issuer.openStreams() === 1)
    await pause(500)
    const token = await issuer.makeToken()
    expect(await guard.verify({ token })).toMatchObject({ ok: true })
    issuer.kill('account-1')
    const killedAt = Date.now()
    await becomes(guard, token, 'revoked')
    expect(Date.now() - killedAt).toBeLessThan(2000)
    expect(guard.status()).toMatchObject({ fresh: true, deadHandles: 1 })
  })

  it('is refused by polling where there is no stream', async () => {
    const { issuer, readyGuard, becomes } = opened()
    issuer.wrong.streamStatus = 503
    const guard = await readyGuard()
    const token = await issuer.makeToken()
    issuer.kill('token-1')
    await becomes(guard, token, 'revoked')
    expect(guard.status().streaming).toBe(false)
    const other = await issuer.makeToken({ latchkey_rv: [issuer.issuerHandle, 'token-2'] })
    expect(await guard.verify({ token: other })).toMatchObject({ ok: true })
  })

  it('is refused from the start by a guard that starts later', async () => {
    const { issuer, createGuard } = opened()
    issuer.kill('account-1')
    const guard = createGuard()
    expect(await guard.verify({ token: await issuer.makeToken() })).toEqual({ ok: false, reason: 'revoked' })
  })

  it('is everything older, once the issuer has a new generation', async () => {
    const { issuer, readyGuard, becomes } = opened()
    const guard = await readyGuard()
    const older = await issuer.makeToken()
    issuer.issuerHandle = 'issuer-handle-2'
    issuer.wake()
    await becomes(guard, older, 'revoked')
    expect(await guard.verify({ token: await issuer.makeToken() })).toMatchObject({ ok: true })
  })

  it('is asked for by what is known, and not woken for more than a few times a second', async () => {
    const { issuer, readyGuard } = opened()
    issuer.kill('x')
    const guard = await readyGuard({ pollSeconds: 5 })
    await eventually('the stream is open', () => guard.status().streaming)
    await pause(300)
    const [before, startedAt] = [issuer.requests.length, Date.now()]
    for (let round = 0; round < 100; round++) {
      issuer.wake()
      await pause(5)
    }
    const mostAllowed = (Date.now() - startedAt) / 200 + 2
    expect(issuer.requests.length - before).toBeLessThanOrEqual(mostAllowed)
    expect(issuer.requests.at(-1)).toBe(`/revocation-feed?aud=${encodeURIComponent(issuer.audience)}&since=2`)
  })
})

describe('a stream that is cut', () => {
  it('is opened again, and polling goes on meanwhile', async () => {
    const { issuer, readyGuard, becomes, told } = opened()
    const guard = await readyGuard()
    await eventually('the stream is open', () => guard.status().streaming)
    const token = await issuer.makeToken()
    issuer.wrong.streamStatus = 503
    issuer.cutStreams()
    await told('unreachable')
    issuer.kill('account-1')
    await becomes(guard, token, 'revoked')
    delete issuer.wrong.streamStatus
    await eventually('the stream is open again', () => guard.status().streaming)
  })

  it('again and again is not opened in a hurry', async () => {
    const { issuer, readyGuard } = opened()
    issuer.wrong.cutStream = true
    const guard = await readyGuard({ pollSeconds: 5 })
    await pause(1500)
    expect(issuer.countRequests('/revocation-feed/stream')).toBeLessThanOrEqual(3)
    expect(issuer.countRequests('/revocation-feed')).toBeLessThanOrEqual(6)
    expect(guard.status().fresh).toBe(true)
  })
})

describe('a feed that goes wrong', () => {
  /** What is known stays in force until it is too old; then nothing passes, whatever still comes. */
  async function failsClosed(wrong: Misbehaviour) {
    const { issuer, readyGuard, becomes, advance } = opened()
    const guard = await readyGuard({ requestTimeoutSeconds: 0.2 })
    const token = await issuer.makeToken()
    issuer.kill('other')
    await eventually('the other one is known', () => guard.status().deadHandles === 1)
    Object.assign(issuer.wrong, wrong)
    // Whatever was on its way is there.
    await pause(300)
    advance(20)
    expect(await guard.verify({ token })).toMatchObject({ ok: true })
    advance(12)
    await becomes(guard, token, 'stale')
    await pause(100)
    expect(await guard.verify({ token })).toEqual(STALE)
    expect(guard.status()).toMatchObject({ fresh: false })
    return { guard, token }
  }

  it.each<[string, Misbehaviour, string]>([
    ['that is down', { feedStatus: 503 }, 'unreachable'],
    ['that does not know the audience', { feedStatus: 404 }, 'unknown-audience'],
    ['that sends people elsewhere', { feedStatus: 302 }, 'unreachable'],
    ['that never ends its answer', { hangingFeed: true }, 'unreachable'],
    ['of garbage', { rawFeed: '<html>Welcome to the hotel network</html>' }, 'bad-document'],
    ['of nothing', { rawFeed: '' }, 'bad-document'],
    ['of another kind of token', { feedType: 'at+jwt' }, 'bad-document'],
    ['of another issuer', { feed: (claims) => ({ ...claims, iss: 'https://a.example' }) }, 'bad-document'],
    ['for another audience', { feed: (claims) => ({ ...claims, aud: 'https://a.example' }) }, 'bad-document'],
    [
      'for several',
      { feed: (claims) => ({ ...claims, aud: ['https://orders.example/api'] }) },
      'bad-document',
    ],
    ['without an end', { feed: ({ exp: _, ...claims }) => claims }, 'bad-document'],
    ['without a time', { feed: ({ iat: _, ...claims }) => claims }, 'bad-document'],
    ['without a cursor', { feed: ({ cursor: _, ...claims }) => claims }, 'bad-document'],
    ['without an issuer handle', { feed: ({ issuer: _, ...claims }) => claims }, 'bad-document'],
    ['that does not say whether it is all', { feed: ({ reset: _, ...claims }) => claims }, 'bad-document'],
    ['without a list', { feed: ({ dead: _, ...claims }) => claims }, 'bad-document'],
    [
      'with a hole in its list',
      { feed: (claims) => ({ ...claims, dead: [JSON.parse('{}')] }) },
      'bad-document',
    ],
    [
      'with a cursor that goes back',
      { feed: (claims) => ({ ...claims, reset: false, cursor: 1 }) },
      'rolled-back',
    ],
    ['with a gap', { feed: (claims) => ({ ...claims, reset: false, since: 77, cursor: 78 }) }, 'gap'],
  ])('%s is refused, and the guard fails closed', async (_what, wrong, code) => {
    await failsClosed(wrong)
    await opened().told(code as 'gap')
  })

  it('that says that nothing has changed adds no freshness, asked or not', async () => {
    await failsClosed({ unchanged: 'always' })
  })

  it('that says so although it has is asked for the whole answer in time', async () => {
    const { issuer, readyGuard, advance, becomes } = opened()
    const guard = await readyGuard()
    const token = await issuer.makeToken()
    issuer.wrong.unchanged = 'when-asked'
    await eventually('it is asked whether something has changed', () => issuer.unchangedAnswers() > 1)
    issuer.kill('account-1')
    await pause(400)
    expect(await guard.verify({ token })).toMatchObject({ ok: true })
    advance(16)
    await becomes(guard, token, 'revoked')
  })

  it('that is signed by somebody else is refused', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    await failsClosed({ signFeedWith: privateKey })
    await opened().told('bad-document')
  })

  it('that replays an old document adds no freshness', async () => {
    await failsClosed({ replay: opened().issuer.newestDocument() })
    expect(opened().problems.map(({ code }) => code)).toContain('stale')
  })

  it('that replays one from before what is known does not bring the dead to life', async () => {
    const { issuer, readyGuard, becomes, advance, told } = opened()
    const guard = await readyGuard()
    const token = await issuer.makeToken()
    const old = issuer.newestDocument()
    advance(2)
    issuer.kill('account-1')
    await becomes(guard, token, 'revoked')
    issuer.wrong.replay = old
    await told('rolled-back')
    expect(await guard.verify({ token })).toEqual({ ok: false, reason: 'revoked' })
  })

  it('that is endless is not read to its end', async () => {
    const { issuer, createGuard, told } = opened()
    issuer.wrong.hugeFeed = 1024 * 1024 * 1024
    const guard = createGuard()
    expect(await guard.verify({ token: await issuer.makeToken() })).toEqual(STALE)
    await told('too-large')
  })

  it('with a gap is asked for all there is', async () => {
    const { issuer, readyGuard, becomes, told } = opened()
    const guard = await readyGuard()
    const token = await issuer.makeToken()
    issuer.wrong.feed = (claims) => (claims.reset ? claims : { ...claims, since: 77, dead: [] })
    issuer.kill('account-1')
    await becomes(guard, token, 'revoked')
    await told('gap')
  })

  it('with more dead handles than the guard may keep is too large', async () => {
    const { issuer, createGuard, told } = opened()
    for (let index = 0; index < 5; index++) issuer.kill(`handle-${index}`)
    const guard = createGuard({ maxDeadHandles: 4 })
    expect(await guard.verify({ token: await issuer.makeToken() })).toEqual(STALE)
    await told('too-large')
  })

  it('is followed again as soon as it is right', async () => {
    const { issuer, becomes } = opened()
    const { guard, token } = await failsClosed({ feed: (claims) => ({ ...claims, reset: false, since: 7 }) })
    issuer.wrong = {}
    await becomes(guard, token, 'ok')
    expect(guard.status()).toMatchObject({ fresh: true, deadHandles: 1 })
  })
})

describe('before the first document', () => {
  it('every token is refused, and ready() waits', async () => {
    const { issuer, createGuard, becomes } = opened()
    issuer.wrong.feedStatus = 503
    const guard = createGuard()
    const token = await issuer.makeToken()
    expect(await guard.verify({ token })).toEqual(STALE)
    expect(guard.status()).toMatchObject({ fresh: false, ageSeconds: null })
    issuer.wrong = {}
    await guard.ready()
    await becomes(guard, token, 'ok')
  })

  it('a document that only adds to others is refused', async () => {
    const { issuer, createGuard, told } = opened()
    issuer.wrong.feed = (claims) => ({ ...claims, reset: false })
    expect(await createGuard().verify({ token: await issuer.makeToken() })).toEqual(STALE)
    await told('gap')
  })
})

describe('a clock that is a minute wrong', () => {
  it.each([
    ['ahead', -60, 'ahead of'],
    ['behind', 60, 'behind'],
  ])('is reported when it is %s, and fails closed', async (_what, issuerAhead, words) => {
    const { issuer, createGuard, told, problems } = opened()
    issuer.wrong.clockAhead = issuerAhead
    const guard = createGuard()
    expect(await guard.verify({ token: await issuer.makeToken() })).toEqual(STALE)
    await told('clock-skew')
    const told1 = problems.find(({ code }) => code === 'clock-skew')
    expect(told1?.message).toContain(`s ${words} the clock of the issuer`)
    expect(Math.abs(guard.status().clockSkewSeconds ?? 0)).toBeGreaterThan(55)
  })

  it('is reported by the document itself where the answer has no time', async () => {
    const { issuer, createGuard, told, problems } = opened()
    issuer.wrong.feed = (claims) => ({ ...claims, iat: (claims.iat ?? 0) + 60, exp: (claims.exp ?? 0) + 60 })
    expect(await createGuard().verify({ token: await issuer.makeToken() })).toEqual(STALE)
    await told('clock-skew')
    expect(problems.find(({ code }) => code === 'clock-skew')?.message).toMatch(
      /5[89]|6[01] seconds from now/,
    )
  })

  it('makes nothing fresher by being set back', async () => {
    const { issuer, readyGuard, setBack, becomes } = opened()
    const guard = await readyGuard()
    const token = await issuer.makeToken()
    issuer.wrong.feedStatus = 503
    setBack(3600)
    await becomes(guard, token, 'stale')
  })

  it('by a few seconds hinders nobody', async () => {
    const { issuer, createGuard, problems } = opened()
    issuer.wrong.clockAhead = 3
    expect(await createGuard().verify({ token: await issuer.makeToken() })).toMatchObject({ ok: true })
    expect(problems.map(({ code }) => code)).not.toContain('clock-skew')
  })
})

describe('problems', () => {
  it('are told once a minute each', async () => {
    const { issuer, readyGuard, problems, advance } = opened()
    await readyGuard()
    issuer.wrong.feedStatus = 503
    await eventually('the first is told', () => problems.some(({ code }) => code === 'unreachable'))
    const count = () => problems.filter(({ code }) => code === 'unreachable').length
    await pause(300)
    expect(count()).toBe(1)
    advance(61)
    await eventually('the second is told', () => count() === 2)
  })
})

describe('a guard that is closed', () => {
  it('refuses every token and asks nobody anything', async () => {
    const { issuer, readyGuard } = opened()
    const guard = await readyGuard()
    await eventually('the stream is open', () => issuer.openStreams() === 1)
    const token = await issuer.makeToken()
    guard.close()
    expect(await guard.verify({ token })).toEqual(STALE)
    await eventually('the stream is closed', () => issuer.openStreams() === 0)
    const asked = issuer.requests.length
    await pause(200)
    expect(issuer.requests.length).toBe(asked)
  })

  it('says so to whoever waits for it', async () => {
    const { issuer, createGuard } = opened()
    issuer.wrong.feedStatus = 503
    const guard = createGuard()
    const waiting = expect(guard.ready()).rejects.toThrow('closed')
    guard.close()
    await waiting
  })
})
