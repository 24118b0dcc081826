import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage } from '../../src/storage/index.ts'
import { addAccount } from '../support/add-account.ts'
import { auditOf } from '../support/audit-records.ts'
import type { BalancedVisitor, Reply } from '../support/balanced-visitor.ts'
import { GOOD_PASSWORD } from '../support/people.ts'
import { startTwoNodes, type TwoNodes } from '../support/two-nodes.ts'

const TIMES = 10

let nodes: TwoNodes
let count = 0

beforeAll(async () => {
  nodes = await startTwoNodes()
})

afterAll(() => nodes.stop())

interface Person {
  readonly id: string
  readonly email: string
}

async function aPerson(): Promise<Person> {
  count += 1
  const email = `racer.${count}@example.org`
  return { id: await addAccount(nodes.first, { email }), email }
}

/** Signs in by opening a page of the account. */
async function openAt(path: string, { email }: Person, sentBefore = 0): Promise<BalancedVisitor> {
  const visitor = nodes.visitor()
  await visitor.open(`${nodes.issuer}${path}`)
  await visitor.submit('sign-in', { identifier: email, password: GOOD_PASSWORD })
  await visitor.submit('code', { code: await nodes.codeFor(email, sentBefore + 1) })
  expect(new URL(visitor.at.url).pathname).toBe(new URL(path, nodes.issuer).pathname)
  return visitor
}

/** At the page that asks for the code of a new contact, with that code. */
async function claim(contact: string, person: Person, { sentBefore = 0, sentToIt = 0 } = {}) {
  const visitor = await openAt('/account/contact?channel=email', person, sentBefore)
  await visitor.submit('change-contact', { contact })
  return { visitor, code: await nodes.codeFor(contact, sentToIt + 1) }
}

async function emailOf({ id }: Person): Promise<string | undefined> {
  const storage = await openStorage(nodes.first.settings.storage, { clock: systemClock })
  try {
    return (await storage.accounts.find(id))?.email?.value
  } finally {
    await storage.close()
  }
}

const changesOf = async (...people: readonly Person[]) =>
  (await auditOf(nodes.first, 'account.contact-changed')).filter(({ subjectId }) =>
    people.some(({ id }) => id === subjectId),
  )

const isDone = ({ status, location }: Reply) => status === 303 && location?.includes('done=') === true
/** Which of them came too late, each with a page that says so or with the way to begin again. */
const isClear = ({ status }: Reply) => [303, 409, 422, 429].includes(status)

function postMany(visitor: BalancedVisitor, form: string, fields: Readonly<Record<string, string>>) {
  return Promise.all(Array.from({ length: TIMES }, () => visitor.post(visitor.fill(form, fields))))
}

describe('in two processes, at once', () => {
  it('two people who both hold a right code for one address: one of them gets it', async () => {
    const [ann, ben] = [await aPerson(), await aPerson()]
    const contact = 'wanted-by-two@example.org'
    const first = await claim(contact, ann)
    const second = await claim(contact, ben, { sentToIt: 1 })
    const replies = await Promise.all([
      postMany(first.visitor, 'code', { code: first.code }),
      postMany(second.visitor, 'code', { code: second.code }),
    ])
    expect(replies.flat().filter(isDone)).toHaveLength(1)
    expect(replies.flat().every(isClear)).toBe(true)
    const emails = [await emailOf(ann), await emailOf(ben)]
    expect(emails.filter((email) => email === contact)).toHaveLength(1)
    expect(emails.filter((email) => email === ann.email || email === ben.email)).toHaveLength(1)
    expect(await changesOf(ann, ben)).toHaveLength(1)
    expect(await auditOf(nodes.first, 'account.contact-refused')).toContainEqual(
      expect.objectContaining({ reason: 'taken' }),
    )
  })

  it('one code posted many times changes the contact once, and tells the old one once', async () => {
    const person = await aPerson()
    const contact = 'often@example.org'
    const { visitor, code } = await claim(contact, person)
    const replies = await postMany(visitor, 'code', { code })
    expect(replies.filter(isDone)).toHaveLength(1)
    expect(replies.every(isClear)).toBe(true)
    expect(await emailOf(person)).toBe(contact)
    expect(await changesOf(person)).toHaveLength(1)
    const isNotice = ({ template }: { template: string }) => template === 'contact-changed'
    for (let look = 0; look < 100; look++) {
      if ((await nodes.messagesTo(person.email)).some(isNotice)) break
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect((await nodes.messagesTo(person.email)).filter(isNotice)).toHaveLength(1)
  })

  it('a change of contact here and one of the password there: one of them is done, and the other browser is out', async () => {
    const person = await aPerson()
    const contact = 'either-or@example.org'
    const there = await openAt('/account/password', person)
    const { visitor: here, code } = await claim(contact, person, { sentBefore: 1 })
    const newPassword = 'seven-grey-herons-at-noon'
    const [changedContact, changedPassword] = await Promise.all([
      here.post(here.fill('code', { code })),
      there.post(there.fill('change-password', { currentPassword: GOOD_PASSWORD, newPassword })),
    ])
    expect([changedContact, changedPassword].filter(isDone)).toHaveLength(1)
    const [winner, loser] = isDone(changedContact) ? [here, there] : [there, here]
    expect(new URL((await winner.open(`${nodes.issuer}/account`)).url).pathname).toBe('/account')
    expect(new URL((await loser.open(`${nodes.issuer}/account`)).url).pathname).toMatch(/^\/interaction\//)
    expect((await emailOf(person)) === contact).toBe(isDone(changedContact))
  })
})
