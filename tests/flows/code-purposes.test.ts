import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createOtp, type Purpose } from '../../src/domain/otp/index.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/ids.ts'
import { createBalancedVisitor, type FilledForm, type Reply } from '../support/balanced-visitor.ts'
import { addAccountWith, begin, CODE_PURPOSES, codeNumber } from '../support/code-purposes.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { bytes } from '../support/records.ts'
import { temporaryStorage } from '../support/temporary-storage.ts'

let node: FastNode
let contacts = 0

beforeAll(async () => {
  const passwordless = { createsAccounts: false }
  node = await startFastNode({
    change: (settings) => ({
      ...settings,
      userTypes: settings.userTypes.map((type) => (type.id === 'user' ? { ...type, passwordless } : type)),
    }),
  })
})

afterAll(() => node.stop())

function newContact(kind: 'email' | 'phone' = 'email'): string {
  contacts += 1
  const number = String(contacts).padStart(3, '0')
  return kind === 'email' ? `contact${number}@example.org` : `+9198765${number}00`
}

/** Everything but "that code is not right" on the page that asks for it would be an acceptance. */
const isRefused = ({ status, location, page }: Reply) =>
  status === 422 && location === null && page.querySelector('form[id="code"]') !== null

type Begun = Awaited<ReturnType<typeof begin>>

/** A page that asks for a code, and the code that was sent for it; null where none was. */
interface Chain {
  readonly form: FilledForm
  readonly code: string | null
}

/** Asks for a code in this browser; `sent` codes went to the contact before. */
async function chainOf(
  { ask, contact }: (typeof CODE_PURPOSES)[number],
  asking: Begun,
  { sent = 0, isTaken }: { sent?: number; isTaken: boolean },
): Promise<Chain> {
  await ask(asking)
  const sends = contact === 'either' || contact === (isTaken ? 'of an account' : 'of nobody')
  return {
    form: asking.visitor.fill('code'),
    code: sends ? await codeNumber(node.url, asking.contact, sent + 1) : null,
  }
}

function typeInto({ visitor }: Begun, { form }: Chain, code: string | null): Promise<Reply> {
  if (code === null) throw new Error('No code was sent to be typed.')
  return visitor.post({ ...form, fields: { ...form.fields, code } })
}

const pairs = CODE_PURPOSES.flatMap((from) =>
  CODE_PURPOSES.filter((into) => into !== from).map((into) => [from.name, into.name, from, into] as const),
)

describe('in one browser and one request, a code for one purpose', () => {
  it.each(pairs)('%s is not taken for %s', async (_from, _into, from, into) => {
    const asking = await begin(node, createBalancedVisitor(node.url), newContact())
    const isTaken = from.contact !== 'of nobody'
    if (isTaken) await addAccountWith(node, asking.contact)
    const issued = await chainOf(from, asking, { isTaken })
    // Who has verified nothing yet has an account by the time of the second purpose, unless that must have none.
    const isTakenThen = isTaken || into.contact !== 'of nobody'
    if (!isTaken && isTakenThen) await addAccountWith(node, asking.contact)
    const awaiting = await chainOf(into, asking, { sent: 1, isTaken: isTakenThen })
    expect(isRefused(await typeInto(asking, awaiting, issued.code))).toBe(true)
    // It was the code that was refused, not the page: its own is taken.
    if (awaiting.code !== null) expect(isRefused(await typeInto(asking, awaiting, awaiting.code))).toBe(false)
  })
})

describe('a code of one purpose', () => {
  const rows = CODE_PURPOSES.map((purpose) => [purpose.name, purpose] as const)

  /** Two people at the page for a code, each in a browser and a request of their own. */
  async function twoChains(
    purpose: (typeof CODE_PURPOSES)[number],
    [first, second]: readonly [string, string],
  ) {
    const isTaken = purpose.contact !== 'of nobody'
    if (isTaken) {
      for (const contact of new Set([first, second])) await addAccountWith(node, contact)
    }
    const one = await begin(node, createBalancedVisitor(node.url), first)
    const other = await begin(node, createBalancedVisitor(node.url), second)
    const issued = await chainOf(purpose, one, { isTaken })
    const awaiting = await chainOf(purpose, other, { isTaken, sent: first === second ? 1 : 0 })
    return { one, other, issued, awaiting }
  }

  it.each(rows)('for %s is not taken for another account', async (_, purpose) => {
    const { other, issued, awaiting } = await twoChains(purpose, [newContact(), newContact()])
    expect(isRefused(await typeInto(other, awaiting, issued.code))).toBe(true)
    expect(isRefused(await typeInto(other, awaiting, awaiting.code))).toBe(false)
  })

  it.each(rows)('for %s is not taken in another request of the same person', async (_, purpose) => {
    const contact = newContact()
    const { one, other, issued, awaiting } = await twoChains(purpose, [contact, contact])
    expect(isRefused(await typeInto(other, awaiting, issued.code))).toBe(true)
    // Nor is it in its own request what it was not before: both chains live.
    expect(isRefused(await typeInto(one, issued, awaiting.code))).toBe(true)
    expect(isRefused(await typeInto(one, issued, issued.code))).toBe(false)
  })

  it.each(rows)('for %s is not taken for another contact', async (_, purpose) => {
    const { other, issued, awaiting } = await twoChains(purpose, [newContact('email'), newContact('phone')])
    expect(isRefused(await typeInto(other, awaiting, issued.code))).toBe(true)
    expect(isRefused(await typeInto(other, awaiting, awaiting.code))).toBe(false)
  })
})

/**
 * The same where it is decided. Over HTTP the values of two codes differ as well; here it is one challenge and its own
 * code, and only what it is expected to be for is another.
 */
describe('a challenge and its own code', () => {
  const PURPOSES: readonly Purpose[] = [
    'sign-in',
    'code-only',
    'sign-up',
    'setup',
    'recovery',
    'contact-change',
    'step-up',
  ]
  const ACCOUNTS = ['acc_1', 'acc_2', null] as const
  const DESTINATIONS = ['ann@example.org', '+919876543210', ''] as const
  const everything = PURPOSES.flatMap((purpose) =>
    ACCOUNTS.flatMap((accountId) => DESTINATIONS.map((destination) => ({ purpose, accountId, destination }))),
  )
  const temporary = temporaryStorage(systemClock)

  it.each(PURPOSES)('made for %s are right for that, its account and its contact alone', async (purpose) => {
    const otp = createOtp({
      challenges: temporary.storage().challenges,
      peppers: [{ id: 'p1', key: bytes('a pepper of 32 bytes for a test.') }],
      clock: systemClock,
      random: systemRandom,
    })
    const made = { purpose, accountId: 'acc_1', destination: 'ann@example.org' } as const
    const policy = { digits: 6, lifetimeSeconds: 300, resendSeconds: 30, attempts: 1000 }
    const write = { audit: [], messages: [] }
    let issuedCode = ''
    const started = await otp.start({ ...made, channel: 'email', policy }, async ({ code }) => {
      issuedCode = code
      return write
    })
    if (!started.ok) throw new Error('Nothing was to be paid.')
    const { id } = started.challenge
    const right = (expected: (typeof everything)[number]) =>
      expected.purpose === purpose &&
      expected.accountId === 'acc_1' &&
      expected.destination === made.destination
    for (const expected of everything.filter((one) => !right(one))) {
      const result = await otp.verify(id, issuedCode, expected, async () => [])
      expect([expected, result]).toMatchObject([expected, { ok: false, reason: 'wrong-code' }])
    }
    for (const expected of everything.filter(right)) {
      expect(await otp.verify(id, issuedCode, expected, async () => [])).toMatchObject({ ok: true })
    }
  })
})
