import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, describe, expect, it } from '@jest/globals'
import { createTwilioSms } from '../../src/domain/delivery/index.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { readSettings, systemIo } from '../../src/settings/index.ts'
import { addAccount } from '../support/add-account.ts'
import { createBalancedVisitor } from '../support/balanced-visitor.ts'
import { roomyConfigDir } from '../support/config-dir.ts'
import { eventually } from '../support/eventually.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { reset } from '../support/http-double.ts'
import { GOOD_PASSWORD } from '../support/people.ts'
import { freePort } from '../support/ports.ts'
import { createRelyingParty } from '../support/relying-party.ts'
import { RESEND_KEY, startResendDouble } from '../support/resend-double.ts'
import { startSecondNode } from '../support/second-node.ts'
import { shiftedClock } from '../support/shifted-clock.ts'
import { startTwilioDouble, TWILIO, type TwilioDouble } from '../support/twilio-double.ts'

const SIGN_INS = 100
const AT_ONCE = 8
const DIES_AFTER = 40
const PAST_LEASES_SECONDS = 31

async function typePassword(url: string, identifier: string) {
  const visitor = createBalancedVisitor(url)
  await visitor.open(createRelyingParty(url).authorize().url)
  await visitor.submit('sign-in', { identifier, password: GOOD_PASSWORD })
  return visitor
}

const codesTo = (phone: string, doubles: readonly TwilioDouble[]) =>
  doubles
    .flatMap(({ sent }) => sent)
    .filter(({ To, Body }) => To === phone && /^\d{6} /.test(Body ?? ''))
    .map(({ Body }) => Body?.slice(0, 6) ?? '')

describe('two SMS providers, of which the first dies in the middle of 100 sign-ins', () => {
  let node: FastNode
  let doubles: [TwilioDouble, TwilioDouble]

  afterAll(async () => {
    await node.stop()
    for (const double of doubles) await double.die()
  })

  it('all 100 finish, and every code is sent once', async () => {
    doubles = [await startTwilioDouble(), await startTwilioDouble()]
    const sms = await Promise.all(
      doubles.map((double, index) =>
        createTwilioSms({
          ...TWILIO,
          name: `sms${index + 1}`,
          from: { number: '+15005550006' },
          apiUrl: double.url,
          callbackUrl: (id) => `https://id.example/${id}`,
          timeoutMs: 2000,
          fetch,
          clock: systemClock,
        }),
      ),
    )
    node = await startFastNode({ senders: { sms, email: [] } })
    const phones = Array.from({ length: SIGN_INS }, (_, index) => `+91987654${String(3000 + index)}`)
    for (const phone of phones) await addAccount(node, { phone })

    const waiting = [...phones]
    let done = 0
    const ends: string[] = []
    async function signInNext(): Promise<void> {
      for (let phone = waiting.shift(); phone !== undefined; phone = waiting.shift()) {
        const visitor = await typePassword(node.url, phone)
        const to = phone
        await eventually(`a code to ${to}`, () => codesTo(to, doubles).length > 0)
        const [code = ''] = codesTo(to, doubles)
        const { location } = await visitor.submit('code', { code })
        ends.push(location ?? '')
        done += 1
        if (done === DIES_AFTER) doubles[0].always(reset)
        if (done === DIES_AFTER + 20) await doubles[0].die()
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, signInNext))

    expect(ends.filter((end) => end.includes('/callback?code='))).toHaveLength(SIGN_INS)
    await pause(300)
    for (const phone of phones) expect([phone, codesTo(phone, doubles).length]).toEqual([phone, 1])
    expect(doubles[0].sent.length).toBeGreaterThanOrEqual(DIES_AFTER)
    expect(doubles[1].sent.length).toBeGreaterThanOrEqual(SIGN_INS - DIES_AFTER - AT_ONCE)
  }, 90_000)
})

describe('a node that is killed', () => {
  const folders = [mkdtempSync(join(tmpdir(), 'latchkey-')), roomyConfigDir()] as const

  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true })
  })

  it('before it has sent, and in the middle of sending: each message is sent once, by another', async () => {
    const [dataDir, configDir] = folders
    const clock = shiftedClock()
    const [twilio, resend] = [await startTwilioDouble(), await startResendDouble()]
    const env = {
      LATCHKEY_SMS_PROVIDERS: 'twilio',
      LATCHKEY_EMAIL_PROVIDERS: 'resend',
      LATCHKEY_TWILIO_ACCOUNT_SID: TWILIO.accountSid,
      LATCHKEY_TWILIO_AUTH_TOKEN: TWILIO.authToken,
      LATCHKEY_TWILIO_FROM: '+15005550006',
      LATCHKEY_RESEND_API_KEY: RESEND_KEY,
      LATCHKEY_RESEND_API_URL: resend.url,
      LATCHKEY_EMAIL_FROM: 'codes@example.org',
    }
    const victim = await startSecondNode({
      dataDir,
      configDir,
      env: { ...env, LATCHKEY_TWILIO_API_URL: `http://127.0.0.1:${await freePort()}` },
    })
    resend.always(resend.takeAndHang)
    const people = { phone: '+919876540001', email: 'kim@example.org' }
    const settings = readSettings({ LATCHKEY_DATA_DIR: dataDir, LATCHKEY_CONFIG_DIR: configDir }, systemIo)
    for (const [kind, value] of Object.entries(people)) await addAccount({ settings }, { [kind]: value })
    for (const identifier of Object.values(people)) await typePassword(victim.url, identifier)
    await eventually('Resend was asked', () => resend.asked.length > 0)
    const figuresOf = async (url: string) => (await fetch(`${url}/metrics`)).text()
    await eventually('nobody has the SMS', async () =>
      /channel="sms".*"try-elsewhere"\} 2$/m.test(await figuresOf(victim.url)),
    )
    await pause(200)
    victim.process.kill()
    await victim.process.exit()

    resend.always(resend.take)
    const heir = await startFastNode({
      dataDir,
      env: { ...env, LATCHKEY_TWILIO_API_URL: twilio.url },
      clock,
    })
    try {
      await clock.later(PAST_LEASES_SECONDS, () =>
        eventually('both are sent', async () => {
          const figures = await figuresOf(heir.url)
          return figures.includes('latchkey_messages_waiting 0') && twilio.sent.length > 0
        }),
      )
      expect(codesTo(people.phone, [twilio])).toHaveLength(1)
      expect(resend.sent.filter(({ to }) => to === people.email)).toHaveLength(1)
      expect(new Set(resend.asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
      expect(resend.asked.length).toBeGreaterThan(1)
    } finally {
      await heir.stop()
      await twilio.die()
      await resend.die()
    }
  }, 60_000)
})
