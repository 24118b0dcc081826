import { afterEach, describe, expect, it } from '@jest/globals'
import { addAccount } from '../support/add-account.ts'
import { createBalancedVisitor, type Reply } from '../support/balanced-visitor.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { GOOD_PASSWORD, messagesTo } from '../support/people.ts'
import { createRelyingParty } from '../support/relying-party.ts'

const EMAIL = 'josé.o@example.org'
const PHONE = '+919876543210'
const WRONG_PASSWORD = 'not-the-password-at-all'

/** Draws text as its full-width forms, which Asian keyboards type. */
const wide = (text: string) =>
  text.replace(/[!-~]/g, (one) => String.fromCodePoint((one.codePointAt(0) ?? 0) + 0xfee0))
/** The digits of another script; `zero` is its first. */
const inScript = (text: string, zero: string) =>
  text.replace(/\d/g, (digit) => String.fromCodePoint((zero.codePointAt(0) ?? 0) + Number(digit)))
const between = (text: string, invisible: string) => [...text].join(invisible)

const EMAILS = [
  EMAIL,
  'JOSÉ.O@EXAMPLE.ORG',
  'José.O@Example.Org',
  'josé.o@EXAMPLE.org',
  'JOSÉ.o@example.org',
  EMAIL.normalize('NFD'),
  EMAIL.normalize('NFD').toUpperCase(),
  'jOsÉ.O@eXaMpLe.oRg',
  wide(EMAIL),
  wide(EMAIL.toUpperCase()),
  wide('josé.o').concat('@example.org'),
  'josé.o'.concat(wide('@'), 'example.org'),
  'josé.o@example。org',
  'josé.o@example.org.',
  ` ${EMAIL}`,
  `${EMAIL} `,
  `\t${EMAIL}\t`,
  `\u3000${EMAIL}\u3000`,
  `\u00a0${EMAIL}`,
  `${EMAIL}\u2003`,
  between(EMAIL, '\u200b'),
  between(EMAIL, '\u200d'),
  between(EMAIL, '\u2060'),
  `\ufeff${EMAIL}`,
  `\u202e${EMAIL}\u202c`,
  `\u2066${EMAIL}\u2069`,
  between(EMAIL, '\u00ad'),
  'jos\u0065\u200b\u0301.o@example.org',
  '𝗃𝗈𝗌é.𝗈@𝖾𝗑𝖺𝗆𝗉𝗅𝖾.𝗈𝗋𝗀',
  'ⓙⓞⓢé.ⓞ@ⓔⓧⓐⓜⓟⓛⓔ.ⓞⓡⓖ',
]

const PHONES = [
  PHONE,
  '+91 98765 43210',
  '+91 98765-43210',
  '+91-98765-43210',
  '+91 (98765) 43210',
  '+91.98765.43210',
  '+91/98765/43210',
  '00919876543210',
  '00 91 98765 43210',
  '0091-98765-43210',
  '9876543210',
  '98765 43210',
  '98765-43210',
  '09876543210',
  '0 98765 43210',
  'tel:+919876543210',
  'TEL:+91-98765-43210',
  wide(PHONE),
  wide('+91 98765 43210'),
  wide('9876543210'),
  inScript(PHONE, '०'),
  inScript('98765 43210', '०'),
  inScript(PHONE, '٠'),
  inScript(PHONE, '০'),
  between(PHONE, '\u200b'),
  `\u202a${PHONE}\u202c`,
  `\u2066${PHONE}\u2069`,
  '+91\u00a098765\u00a043210',
  '+91\u201198765\u201143210',
  `\ufeff\t${PHONE} `,
]

let stop = async () => {}

afterEach(async () => {
  await stop()
  stop = async () => {}
})

/** A node in India, where numbers may be written without the country's code. */
async function start(): Promise<FastNode> {
  const node = await startFastNode({
    change: (settings) => ({ ...settings, pages: { ...settings.pages, phoneRegion: 'IN' } }),
  })
  stop = node.stop
  return node
}

async function typePassword(node: FastNode, identifier: string, password: string): Promise<Reply> {
  const visitor = createBalancedVisitor(node.url)
  await visitor.open(createRelyingParty(node.url).authorize().url)
  return visitor.post(visitor.fill('sign-in', { identifier, password }))
}

describe.each([
  ['an email address', 'email', EMAIL, EMAILS],
  ['a phone number', 'phone', PHONE, PHONES],
] as const)('30 spellings of %s', (_, kind, canonical, spellings) => {
  it('are 30, all different', () => {
    expect(new Set(spellings).size).toBe(30)
  })

  it('sign in to one account', async () => {
    const node = await start()
    await addAccount(node, { [kind]: canonical })
    const refused: string[] = []
    for (const spelling of spellings) {
      const { status } = await typePassword(node, spelling, GOOD_PASSWORD)
      if (status !== 303) refused.push(`${status} ${spelling}`)
    }
    expect(refused).toEqual([])
  })

  it.each(['known', 'unknown'])('have one pause when it is %s', async (who) => {
    const node = await start()
    if (who === 'known') await addAccount(node, { [kind]: canonical })
    const statuses: number[] = []
    for (const spelling of spellings) {
      statuses.push((await typePassword(node, spelling, WRONG_PASSWORD)).status)
    }
    expect(statuses).toEqual([422, 422, 422, ...Array<number>(27).fill(429)])
  })

  it('sign nobody up a second time', async () => {
    const node = await start()
    await addAccount(node, { [kind]: canonical })
    for (const spelling of spellings) {
      const visitor = createBalancedVisitor(node.url)
      await visitor.open('/sign-up?userType=user')
      await visitor.submit('sign-up', { [kind]: spelling, password: GOOD_PASSWORD })
      expect(visitor.at.page.querySelector('form[id="code"]')).not.toBeNull()
    }
    const messages = await messagesTo(node.url, canonical)
    expect(messages.map(({ template }) => template)).toEqual(['known-contact'])
    const all = (await (await fetch(`${node.url}/dev/outbox.json`)).json()) as { messages: unknown[] }
    expect(all.messages).toHaveLength(1)
  })
})
