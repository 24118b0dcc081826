import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { anOutgoingMessage } from '../../../tests/support/an-outgoing-message.ts'
import { answerWith, drip, hang, reset } from '../../../tests/support/http-double.ts'
import { freePort } from '../../../tests/support/ports.ts'
import {
  startTwilioDouble,
  TWILIO,
  type TwilioDouble,
  twilioError,
} from '../../../tests/support/twilio-double.ts'
import { systemClock } from '../../lib/clock.ts'
import type { Sender } from './sender.ts'
import { createTwilioSms, type TwilioParts } from './twilio-sms.ts'

const TIMEOUT_MS = 250

let twilio: TwilioDouble
let sender: Sender
let closedPort: number

const aSender = (change: Partial<TwilioParts> = {}) =>
  createTwilioSms({
    ...TWILIO,
    from: { number: '+15005550006' },
    apiUrl: twilio.url,
    callbackUrl: (id) => `https://id.example/callbacks/twilio/${id}`,
    timeoutMs: TIMEOUT_MS,
    fetch,
    clock: systemClock,
    ...change,
  })

beforeAll(async () => {
  twilio = await startTwilioDouble()
  sender = await aSender()
  closedPort = await freePort()
})

afterAll(() => twilio.die())

describe('an SMS by Twilio', () => {
  it('says what it must by the published names of the fields, and nothing else', async () => {
    const message = anOutgoingMessage()
    expect(await sender.send(message)).toEqual({ kind: 'handed-over' })
    const { ValidityPeriod, ...form } = twilio.sent.at(-1) ?? {}
    expect(form).toEqual({
      To: '+14155550100',
      From: '+15005550006',
      Body: '482913 is your code',
      StatusCallback: `https://id.example/callbacks/twilio/${message.id}`,
    })
    expect(Number(ValidityPeriod)).toBeGreaterThan(290)
    expect(Number(ValidityPeriod)).toBeLessThanOrEqual(300)
  })

  it('comes from a messaging service where that is what there is', async () => {
    const messagingServiceSid = `MG${'2'.repeat(32)}`
    const other = await aSender({ from: { messagingServiceSid }, callbackUrl: null })
    expect(await other.send(anOutgoingMessage())).toEqual({ kind: 'handed-over' })
    expect(twilio.sent.at(-1)).toMatchObject({ MessagingServiceSid: messagingServiceSid })
    expect(twilio.sent.at(-1)).not.toHaveProperty('From')
    expect(twilio.sent.at(-1)).not.toHaveProperty('StatusCallback')
  })

  it.each([21211, 21610, 21614, 21635, 30005, 30006])('never reaches a number of error %i', async (code) => {
    twilio.next(twilioError(code))
    expect(await sender.send(anOutgoingMessage())).toEqual({
      kind: 'never',
      reason: expect.stringContaining(String(code)),
    })
  })

  it.each([21408, 21612, 30007])(
    'of error %i goes elsewhere, and nobody thinks ill of Twilio',
    async (code) => {
      twilio.next(twilioError(code))
      expect(await sender.send(anOutgoingMessage())).toMatchObject({
        kind: 'try-elsewhere',
        blames: 'message',
        certain: true,
      })
    },
  )

  it('reads the error of a message that was made and failed at once', async () => {
    const sid = `SM${'3'.repeat(32)}`
    twilio.next(
      answerWith(201, { sid, status: 'failed', error_code: 21614 }),
      answerWith(201, { sid, status: 'undelivered', error_code: 1 }),
    )
    expect(await sender.send(anOutgoingMessage())).toMatchObject({ kind: 'never' })
    expect(await sender.send(anOutgoingMessage())).toMatchObject({ kind: 'try-elsewhere', certain: true })
  })

  it.each([
    ['429 with Retry-After', twilioError(20429, 429, { 'retry-after': '7' }), 7],
    ['503', twilioError(20503, 503), null],
    ['wrong credentials', twilioError(20003, 401), null],
    ['a redirect', answerWith(302, '', { location: 'https://elsewhere.example/' }), null],
  ])('is surely not with a Twilio that answers %s', async (_what, answer, retryAfterSeconds) => {
    twilio.next(answer)
    expect(await sender.send(anOutgoingMessage())).toMatchObject({
      kind: 'try-elsewhere',
      blames: 'provider',
      certain: true,
      retryAfterSeconds,
    })
  })

  it.each([
    ['500', twilioError(20500, 500)],
    ['502 of a gateway', answerWith(502, '<html>Bad gateway</html>')],
    ['a broken connection', reset],
    ['nothing', hang],
    ['one byte after another', drip],
    ['malformed JSON', answerWith(201, '{"sid": "SM')],
    ['200 with an error in it', answerWith(200, { code: 1, message: 'no', status: 500 })],
    ['JSON that is no object', answerWith(200, 'null')],
    ['more than anybody wants to read', answerWith(200, ' '.repeat(100_000))],
  ])('may be with a Twilio that answers %s, soon', async (_what, answer) => {
    twilio.next(answer)
    const began = performance.now()
    expect(await sender.send(anOutgoingMessage())).toMatchObject({
      kind: 'try-elsewhere',
      blames: 'provider',
      certain: false,
    })
    expect(performance.now() - began).toBeLessThan(TIMEOUT_MS * 4)
  })

  it.each([
    ['no such host', () => 'http://nowhere.invalid'],
    ['nobody there', () => `http://127.0.0.1:${closedPort}`],
    ['no TLS', () => twilio.url.replace('http:', 'https:')],
  ])('is surely not with a Twilio that cannot be reached: %s', async (_what, url) => {
    const lost = await aSender({ apiUrl: url(), timeoutMs: 4000 })
    expect(await lost.send(anOutgoingMessage())).toMatchObject({ kind: 'try-elsewhere', certain: true })
  })
})
