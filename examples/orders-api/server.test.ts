import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { eventually } from '../../tests/support/eventually.ts'
import { type FeedDouble, startFeedDouble } from '../../tests/support/feed-double.ts'
import { freePort } from '../../tests/support/ports.ts'
import { type RunningProcess, startNode } from '../../tests/support/processes.ts'

const script = join(import.meta.dirname, 'server.ts')
let issuer: FeedDouble
let api: string
let child: RunningProcess

beforeEach(async () => {
  issuer = await startFeedDouble()
  const port = await freePort()
  api = `http://localhost:${port}`
  child = startNode(script, {
    ORDERS_ISSUER: issuer.issuer,
    ORDERS_AUDIENCE: issuer.audience,
    ORDERS_PORT: String(port),
  })
  await child.waitFor(new RegExp(`Orders API: ${api}\n`))
})

afterEach(async () => {
  await child.stop()
  await issuer.close()
})

interface Answer {
  readonly code?: string
  readonly orders?: readonly object[]
}

async function call(path: string, token?: string) {
  const headers = new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` })
  const response = await fetch(`${api}${path}`, { headers })
  return { status: response.status, body: (await response.json()) as Answer }
}

describe('the orders API', () => {
  it('shows people their own orders, and refuses their token once it is revoked', async () => {
    const token = await issuer.makeToken()
    const { status, body } = await call('/orders', token)
    expect(status).toBe(200)
    expect(body.orders?.[0]).toEqual({ id: 'acc_ann-1', owner: 'acc_ann', item: 'A lamp' })
    issuer.kill('account-1')
    await eventually('the token is refused', async () => (await call('/orders', token)).status === 401)
    expect((await call('/orders', token)).body.code).toBe('revoked')
    const other = await issuer.makeToken({ latchkey_rv: [issuer.issuerHandle, 'account-2'] })
    expect((await call('/orders', other)).status).toBe(200)
  })

  it('shows nothing without a token, and everything to a moderator alone', async () => {
    expect(await call('/orders')).toMatchObject({ status: 401, body: { code: 'missing_token' } })
    const police = await issuer.makeToken()
    expect(await call('/orders/all', police)).toMatchObject({
      status: 403,
      body: { code: 'insufficient_roles' },
    })
    await call('/orders', police)
    const moderator = await issuer.makeToken({ roles: ['moderator'], sub: 'acc_mo' })
    expect((await call('/orders/all', moderator)).body.orders).toHaveLength(3)
  })

  it('says how well it knows what is revoked', async () => {
    await eventually('it is fresh', async () => (await call('/health')).status === 200)
    expect((await call('/health')).body).toMatchObject({ fresh: true, deadHandles: 0 })
  })

  it('ends when it is told to', async () => {
    expect(await child.stop()).toEqual({ code: 0, signal: null })
  })
})

describe('its settings', () => {
  it('are named all at once where they are wrong', async () => {
    const wrong = startNode(script, { ORDERS_ISSUER: 'ftp://a', ORDERS_AUDIENCE: '', ORDERS_PORT: 'many' })
    expect((await wrong.exit()).code).toBe(1)
    for (const name of ['ORDERS_ISSUER', 'ORDERS_AUDIENCE', 'ORDERS_PORT'])
      expect(wrong.output()).toContain(`${name}: must be`)
  })
})
