import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { anOutgoingMail } from '../../../tests/support/an-outgoing-message.ts'
import { answerWith, drip, hang, reset } from '../../../tests/support/http-double.ts'
import {
  RESEND_KEY,
  type ResendDouble,
  resendError,
  startResendDouble,
} from '../../../tests/support/resend-double.ts'
import { systemClock } from '../../lib/clock.ts'
import { createResendEmail } from './resend-email.ts'
import type { Sender } from './sender.ts'

const TIMEOUT_MS = 250

let resend: ResendDouble
let sender: Sender

const aSender = (apiUrl: string) =>
  createResendEmail({
    apiKey: RESEND_KEY,
    apiUrl,
    from: 'Example <codes@example.org>',
    timeoutMs: TIMEOUT_MS,
    clock: systemClock,
  })

beforeAll(async () => {
  resend = await startResendDouble()
  sender = await aSender(resend.url)
})

afterAll(() => resend.die())

describe('an email by Resend', () => {
  it('says what it must by the published names of the fields, and nothing else', async () => {
    const mail = anOutgoingMail()
    expect(await sender.send(mail)).toEqual({ kind: 'handed-over' })
    expect(resend.sent.at(-1)).toEqual({
      from: 'Example <codes@example.org>',
      to: 'ann@example.org',
      subject: 'Your code',
      text: mail.text,
      html: mail.html,
      headers: { 'Auto-Submitted': 'auto-generated' },
      tags: [{ name: 'latchkey_message', value: mail.id }],
    })
    expect(resend.asked.at(-1)?.headers['idempotency-key']).toBe(mail.id)
  })

  it('is sent once, however often it is handed over', async () => {
    const before = resend.sent.length
    const mail = anOutgoingMail()
    resend.next(resend.takeAndHang)
    expect(await sender.send(mail)).toMatchObject({ kind: 'try-elsewhere', certain: false })
    expect(await sender.send(mail)).toEqual({ kind: 'handed-over' })
    expect(resend.sent.length - before).toBe(1)
  })

  it('never reaches an address that is none', async () => {
    resend.next(resendError('validation_error', 422, 'Invalid `to` field. The email address needs to …'))
    expect(await sender.send(anOutgoingMail())).toMatchObject({ kind: 'never' })
    resend.next(resendError('validation_error', 422, 'Invalid `subject` field.'))
    expect(await sender.send(anOutgoingMail())).toMatchObject({ kind: 'try-elsewhere', blames: 'message' })
  })

  it('was sent before, where the key is known with other words', async () => {
    resend.next(resendError('invalid_idempotent_request', 409))
    expect(await sender.send(anOutgoingMail())).toEqual({ kind: 'handed-over' })
  })

  it.each([
    ['429 with Retry-After', resendError('rate_limit_exceeded', 429, 'no', { 'retry-after': '3' }), true, 3],
    ['a spent quota', resendError('daily_quota_exceeded', 429), true, null],
    ['a wrong key', resendError('invalid_api_key', 403), true, null],
    ['500', resendError('internal_server_error', 500), false, null],
    ['502 of a gateway', answerWith(502, '<html>'), false, null],
    ['a broken connection', reset, false, null],
    ['nothing', hang, false, null],
    ['one byte after another', drip, false, null],
    ['malformed JSON', answerWith(200, '{"id":'), false, null],
    ['200 with an error in it', answerWith(200, { name: 'application_error' }), false, null],
  ])('goes elsewhere, soon, when Resend answers %s', async (_what, answer, certain, retryAfterSeconds) => {
    resend.next(answer)
    const began = performance.now()
    expect(await sender.send(anOutgoingMail())).toMatchObject({
      kind: 'try-elsewhere',
      blames: 'provider',
      certain,
      retryAfterSeconds,
    })
    expect(performance.now() - began).toBeLessThan(TIMEOUT_MS * 4)
  })

  it.each([
    ['no such host', 'http://nowhere.invalid'],
    ['nobody there', 'http://127.0.0.1:1'],
  ])('goes elsewhere when Resend cannot be reached: %s', async (_what, url) => {
    const lost = await aSender(url)
    expect(await lost.send(anOutgoingMail())).toMatchObject({ kind: 'try-elsewhere', blames: 'provider' })
  })

  it('has one line for a subject, and nothing in it that turns it around', async () => {
    const subject = `a\r\nBcc: eve@example.org\u202Ereversed${'x'.repeat(300)}`
    await sender.send(anOutgoingMail({ subject }))
    expect(String(resend.sent.at(-1)?.['subject'])).toMatch(/^a Bcc: eve@example\.org reversedx{160,}$/)
  })
})
