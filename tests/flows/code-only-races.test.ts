import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { auditOf } from '../support/audit-records.ts'
import { atWithCode, claim, TYPES } from '../support/code-only.ts'
import { tokensOf } from '../support/people.ts'
import { claimsOf } from '../support/relying-party.ts'
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.ts'

let nodes: TwoNodes

beforeAll(async () => {
  nodes = await startTwoNodes({ userTypes: TYPES })
})

afterAll(() => nodes.stop())

describe('two processes on one database', () => {
  it('make one account of a first-time contact whose 20 right codes come at once, and sign all in to it', async () => {
    const contact = 'first@example.org'
    const waiting: (Awaited<ReturnType<typeof claim>> & { code: string })[] = []
    for (let index = 1; index <= 20; index++) {
      const begun = await claim(nodes.issuer, contact, { visitor: nodes.visitor() })
      waiting.push({ ...begun, code: await nodes.codeFor(contact, index) })
    }
    const forms = waiting.map(({ visitor, code }) => ({ visitor, form: visitor.fill('code', { code }) }))
    const replies = await Promise.all(forms.map(({ visitor, form }) => visitor.post(form)))
    // Each counts as wrong until it was looked at, so that of many at once some are told to wait; they come again.
    for (const [index, { visitor, form }] of forms.entries()) {
      if (replies[index]?.status === 429) replies[index] = await visitor.post(form)
    }
    expect(replies.map(({ status }) => status)).toEqual(Array(20).fill(303))

    const made = await auditOf(nodes.first, 'sign-up.completed')
    expect(made).toHaveLength(1)
    const subjects = new Set<unknown>()
    for (const [index, { visitor, rp, request }] of waiting.entries()) {
      const reply = replies[index]
      if (!reply) throw new Error('A post has no answer.')
      const { location, url, status, text } = await visitor.follow(reply)
      const { id_token } = await tokensOf({ rp, request, end: { url: location ?? url, status, text } })
      subjects.add(claimsOf(id_token)['sub'])
    }
    expect([...subjects]).toEqual([made[0]?.subjectId])
  })

  it('evaluate at most 5 of 50 guesses at one code that stands alone, sent all at once', async () => {
    const { visitor } = await claim(nodes.issuer, 'guess@example.org', { visitor: nodes.visitor() })
    const right = await nodes.codeFor('guess@example.org')
    const guesses = Array.from({ length: 50 }, (_, index) => String(10_000_000 + index * 899_999))
    const replies = await Promise.all(
      guesses.filter((guess) => guess !== right).map((code) => visitor.post(visitor.fill('code', { code }))),
    )
    expect((await auditOf(nodes.first, 'code.wrong')).length).toBeLessThanOrEqual(5)
    for (const { status } of replies) expect([422, 429]).toContain(status)
    expect((await visitor.post(visitor.fill('code', { code: right }))).status).toBe(429)
  })

  it('send one code for one form that is posted to both at once', async () => {
    const { visitor } = await atWithCode(nodes.issuer, { visitor: nodes.visitor() })
    const form = visitor.fill('sign-in-with-code', { identifier: 'both@example.org' })
    const replies = await Promise.all(Array.from({ length: 8 }, () => visitor.post(form)))
    expect(replies.map(({ status }) => status)).toEqual(Array(8).fill(303))
    await nodes.codeFor('both@example.org')
    // Long enough for either process to look at the queue again.
    await new Promise((resolve) => setTimeout(resolve, 1200))
    expect(await nodes.messagesTo('both@example.org')).toHaveLength(1)
  })
})
