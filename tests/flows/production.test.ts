import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { roomyConfigDir } from '../support/config-dir.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freePort } from '../support/ports.ts'
import { TWILIO } from '../support/twilio-double.ts'

const configDir = roomyConfigDir()
let node: TestNode
let metricsPort: number
let base: string

beforeAll(async () => {
  for (const name of ['clients', 'apis'] as const) {
    const file = join(configDir, `${name}.json`)
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), [name]: [] }))
  }
  metricsPort = await freePort()
  node = await startNode({
    issuer: 'https://id.example',
    env: {
      LATCHKEY_MODE: 'production',
      LATCHKEY_CONFIG_DIR: configDir,
      LATCHKEY_MASTER_KEYS: randomBytes(32).toString('base64url'),
      LATCHKEY_METRICS_PORT: String(metricsPort),
      LATCHKEY_SMS_PROVIDERS: 'twilio',
      LATCHKEY_TWILIO_ACCOUNT_SID: TWILIO.accountSid,
      LATCHKEY_TWILIO_AUTH_TOKEN: TWILIO.authToken,
      LATCHKEY_TWILIO_FROM: '+15005550006',
      LATCHKEY_EMAIL_PROVIDERS: 'resend,smtp',
      LATCHKEY_RESEND_API_KEY: 're_key',
      LATCHKEY_SMTP_URL: 'smtps://user:password@mail.example',
      LATCHKEY_EMAIL_FROM: 'Example <codes@id.example>',
    },
  })
  base = `http://127.0.0.1:${node.settings.listen.port}`
})

afterAll(async () => {
  await node.stop()
  rmSync(configDir, { recursive: true })
})

describe('production with real senders', () => {
  it('starts, and is ready', async () => {
    const ready = await fetch(`${base}/health/ready`)
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }])
    const { issuer } = (await (await fetch(`${base}/.well-known/openid-configuration`)).json()) as {
      issuer: string
    }
    expect(issuer).toBe('https://id.example')
  })

  it('serves figures on their own port alone, and nothing else there', async () => {
    expect((await fetch(`${base}/metrics`)).status).toBe(404)
    const figures = await fetch(`http://127.0.0.1:${metricsPort}/metrics`)
    expect([figures.status, figures.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('text/plain'),
    ])
    expect(await figures.text()).toContain('route="/health/ready"')
    expect((await fetch(`http://127.0.0.1:${metricsPort}/jwks`)).status).toBe(404)
    expect((await fetch(`http://127.0.0.1:${metricsPort}/metrics`, { method: 'POST' })).status).toBe(404)
  })

  it('has no outbox, and hears no webhook whose signature it could not check', async () => {
    expect((await fetch(`${base}/dev/outbox`)).status).toBe(404)
    const webhook = await fetch(`${base}/callbacks/resend`, { method: 'POST', body: '{}' })
    expect(webhook.status).toBe(404)
  })
})
