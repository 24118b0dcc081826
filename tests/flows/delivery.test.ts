import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { addAccount } from '../support/add-account.ts'
import { auditOf } from '../support/audit-records.ts'
import { createBalancedVisitor } from '../support/balanced-visitor.ts'
import { eventually } from '../support/eventually.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { hang } from '../support/http-double.ts'
import { codeOf, GOOD_PASSWORD } from '../support/people.ts'
import { reportAsResend, reportAsTwilio, WEBHOOK_SECRET } from '../support/provider-reports.ts'
import { createRelyingParty } from '../support/relying-party.ts'
import { RESEND_KEY, type ResendDouble, resendError, startResendDouble } from '../support/resend-double.ts'
import { startTwilioDouble, TWILIO, type TwilioDouble, twilioError } from '../support/twilio-double.ts'

let node: FastNode
let twilio: TwilioDouble
let resend: ResendDouble
let people = 0

beforeAll(async () => {
  twilio = await startTwilioDouble()
  resend = await startResendDouble()
  node = await startFastNode({
    env: {
      LATCHKEY_SMS_PROVIDERS: 'twilio',
      LATCHKEY_EMAIL_PROVIDERS: 'resend',
      LATCHKEY_TWILIO_ACCOUNT_SID: TWILIO.accountSid,
      LATCHKEY_TWILIO_AUTH_TOKEN: TWILIO.authToken,
      LATCHKEY_TWILIO_FROM: '+15005550006',
      LATCHKEY_TWILIO_API_URL: twilio.url,
      LATCHKEY_RESEND_API_KEY: RESEND_KEY,
      LATCHKEY_RESEND_API_URL: resend.url,
      LATCHKEY_RESEND_WEBHOOK_SECRET: WEBHOOK_SECRET,
      LATCHKEY_EMAIL_FROM: 'Example <codes@example.org>',
    },
  })
})

afterAll(async () => {
  await node.stop()
  await twilio.die()
  await resend.die()
})

async function newPerson() {
  people += 1
  const person = { email: `yan${people}@example.org`, phone: `+9198765431${String(people).padStart(2, '0')}` }
  await addAccount(node, person)
  return person
}

async function newPersonByPhone() {
  people += 1
  const phone = `+9198765430${String(people).padStart(2, '0')}`
  await addAccount(node, { phone })
  return phone
}

async function typePassword(identifier: string) {
  const visitor = createBalancedVisitor(node.url)
  await visitor.open(createRelyingParty(node.url).authorize().url)
  await visitor.submit('sign-in', { identifier, password: GOOD_PASSWORD })
  return visitor
}

type Visitor = Awaited<ReturnType<typeof typePassword>>

/** The newest text message to a phone, once it is there. */
async function textTo(phone: string, count = 1) {
  const to = () => twilio.sent.filter(({ To }) => To === phone)
  await eventually(`${count} SMS to ${phone}`, () => to().length >= count)
  return to().at(-1) ?? {}
}

async function mailTo(email: string, count = 1) {
  const to = () => resend.sent.filter((mail) => mail['to'] === email)
  await eventually(`${count} mails to ${email}`, () => to().length >= count)
  return to().at(-1) ?? {}
}

const codeIn = (text: unknown) => /\b\d{6}\b/.exec(String(text))?.[0] ?? ''

async function look(visitor: Visitor): Promise<string> {
  return (await visitor.open(visitor.at.url)).text
}

describe('a sign-in by real providers', () => {
  it('takes the code that Twilio was handed, once', async () => {
    const phone = await newPersonByPhone()
    const visitor = await typePassword(phone)
    const { Body, StatusCallback } = await textTo(phone)
    expect(StatusCallback).toMatch(new RegExp(`^${node.url}/callbacks/twilio/msg_[\\w-]{43}$`))
    await visitor.submit('code', { code: codeIn(Body) })
    const { at } = visitor
    expect(codeOf({ url: at.location ?? at.url, status: at.status, text: at.text })).toBeTruthy()
    expect(twilio.sent.filter((sent) => sent['Body'] === Body)).toHaveLength(1)
  })

  it('is not held up by a provider that says nothing', async () => {
    const { email } = await newPerson()
    resend.next(hang)
    const began = performance.now()
    const visitor = await typePassword(email)
    expect(performance.now() - began).toBeLessThan(2000)
    expect(visitor.at.text).toContain('We sent 6-digit code')
  })
})

describe('a message that nobody takes', () => {
  it('is told to whoever has typed the password, with the other way', async () => {
    const { email } = await newPerson()
    resend.next(resendError('validation_error', 422, 'Invalid `to` field.'))
    const visitor = await typePassword(email)
    await eventually('the page says so', async () =>
      (await look(visitor)).includes('The email with your code could not be delivered'),
    )
    expect(visitor.at.text).toContain('href="#choose-channel"')
    const records = await auditOf(node, 'contact.undeliverable')
    expect(records).toHaveLength(1)
    expect(JSON.stringify(records)).not.toContain(email)
  })

  it('is not told to anybody else: a sign-up looks as ever', async () => {
    const number = '+919876543299'
    twilio.next(twilioError(21614))
    const asked = twilio.asked.length
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(`${node.url}/sign-up?userType=user`)
    await visitor.submit('sign-up', { email: '', phone: number, password: GOOD_PASSWORD })
    await eventually('Twilio was asked', () => twilio.asked.length > asked)
    await eventually(
      'it is given up',
      async () => (await auditOf(node, 'contact.undeliverable')).length === 2,
    )
    expect(await look(visitor)).not.toContain('id="trouble"')
  })
})

describe('what Twilio reports', () => {
  async function aSentText() {
    const phone = await newPersonByPhone()
    const visitor = await typePassword(phone)
    const { StatusCallback = '' } = await textTo(phone)
    return { phone, visitor, url: StatusCallback }
  }
  const failed = { MessageSid: 'SM1', MessageStatus: 'undelivered', ErrorCode: '30006' }
  const told = async (visitor: Visitor) =>
    (await look(visitor)).includes('The text message with your code could not be delivered')

  it('of a message that failed is believed, told and recorded once', async () => {
    const { visitor, url } = await aSentText()
    const before = (await auditOf(node, 'contact.undeliverable')).length
    expect(await reportAsTwilio(url, TWILIO.authToken, { MessageStatus: 'sent' })).toBe(204)
    expect(await told(visitor)).toBe(false)
    for (let time = 0; time < 3; time++) expect(await reportAsTwilio(url, TWILIO.authToken, failed)).toBe(204)
    expect(await told(visitor)).toBe(true)
    expect((await auditOf(node, 'contact.undeliverable')).length - before).toBe(1)
  })

  it('with a wrong signature, or one for another message, is nothing', async () => {
    const { visitor, url } = await aSentText()
    const other = await aSentText()
    expect(await reportAsTwilio(url, 'another token', failed)).toBe(403)
    expect(await reportAsTwilio(url, TWILIO.authToken, failed, other.url)).toBe(403)
    const unsigned = await fetch(url, { method: 'POST', body: new URLSearchParams(failed) })
    expect(unsigned.status).toBe(403)
    expect(await told(visitor)).toBe(false)
    expect(await reportAsTwilio(`${node.url}/callbacks/twilio/msg_short`, TWILIO.authToken, failed)).toBe(404)
  })

  it('is told at the next sign-in, until the person has signed in', async () => {
    const { phone, url } = await aSentText()
    await reportAsTwilio(url, TWILIO.authToken, failed)
    const again = await typePassword(phone)
    expect(again.at.text).toContain('id="lost-contact"')
    await again.submit('code', { code: codeIn((await textTo(phone, 2))['Body']) })
    const third = await typePassword(phone)
    expect(third.at.text).not.toContain('id="lost-contact"')
  })
})

describe('what Resend reports', () => {
  async function aSentMail() {
    const person = await newPerson()
    const visitor = await typePassword(person.email)
    const mail = await mailTo(person.email)
    const [tag] = mail['tags'] as { name: string; value: string }[]
    return { person, visitor, tags: { [tag?.name ?? '']: tag?.value ?? '' } }
  }
  const told = async (visitor: Visitor) =>
    (await look(visitor)).includes('The email with your code could not be delivered')

  it('of a mail that bounced is believed, once, however it names the tags', async () => {
    const { visitor, tags } = await aSentMail()
    const before = (await auditOf(node, 'contact.undeliverable')).length
    expect(await reportAsResend(node.url, { type: 'email.sent', data: { tags } })).toBe(204)
    expect(await told(visitor)).toBe(false)
    const bounced = { type: 'email.bounced', data: { tags, bounce: { type: 'Permanent' } } }
    expect(await reportAsResend(node.url, bounced)).toBe(204)
    const [[name, value] = []] = Object.entries(tags)
    const asList = { type: 'email.bounced', data: { tags: [{ name, value }] } }
    expect(await reportAsResend(node.url, asList)).toBe(204)
    expect(await told(visitor)).toBe(true)
    expect((await auditOf(node, 'contact.undeliverable')).length - before).toBe(1)
  })

  it('is nothing when it is not signed, by another, for other words, or long ago', async () => {
    const { visitor, tags } = await aSentMail()
    const bounced = { type: 'email.bounced', data: { tags } }
    const another = `whsec_${Buffer.from('some other secret').toString('base64')}`
    expect(await reportAsResend(node.url, bounced, { secret: another })).toBe(403)
    expect(await reportAsResend(node.url, bounced, { sent: JSON.stringify({ ...bounced, more: 1 }) })).toBe(
      403,
    )
    expect(await reportAsResend(node.url, bounced, { at: new Date(Date.now() - 600_000) })).toBe(403)
    expect(await told(visitor)).toBe(false)
  })

  it('of a later mail that arrived takes the mark away', async () => {
    const { person, tags } = await aSentMail()
    await reportAsResend(node.url, { type: 'email.bounced', data: { tags } })
    expect((await typePassword(person.email)).at.text).toContain('id="lost-contact"')
    const [tag] = (await mailTo(person.email, 2))['tags'] as { name: string; value: string }[]
    await reportAsResend(node.url, {
      type: 'email.delivered',
      data: { tags: { [tag?.name ?? '']: tag?.value } },
    })
    expect((await typePassword(person.email)).at.text).not.toContain('id="lost-contact"')
  })
})

/** Last in this file: Twilio is left alone afterwards. */
describe('when the only provider of a channel is down', () => {
  it('readiness and figures say so, and the next page names the other way', async () => {
    const person = await newPerson()
    twilio.always(twilioError(20503, 503))
    for (let time = 0; time < 3; time++) await typePassword(await newPersonByPhone())
    const ready = async () => (await fetch(`${node.url}/health/ready`)).json()
    await eventually('Twilio is left alone', async () => JSON.stringify(await ready()).includes('sms:twilio'))
    expect(await ready()).toEqual({ status: 'ready', degraded: ['sms:twilio'] })

    const visitor = await typePassword(await newPersonByPhone())
    expect(await look(visitor)).toContain('Text messages are late at the moment')
    expect((await typePassword(person.email)).at.text).not.toContain('id="trouble"')

    const figures = await (await fetch(`${node.url}/metrics`)).text()
    expect(figures).toMatch(
      /^latchkey_messages_tried_total\{channel="sms",provider="twilio",outcome="try-elsewhere"\} \d+$/m,
    )
    expect(figures).toMatch(/^latchkey_messages_waiting [1-9]\d*$/m)
    expect(figures).toMatch(/^latchkey_providers_down 1$/m)
    expect(figures).toMatch(/route="\/interaction\/:uid",method="POST",status="3xx"/)
    expect(figures).toMatch(/^latchkey_hashes_waiting 0$/m)
    expect(figures).toMatch(/^process_cpu_seconds_total /m)
    expect(figures).not.toMatch(/yan\d|\+91/)
  })
})
