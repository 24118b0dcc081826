import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { createBalancedVisitor } from '../support/balanced-visitor.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { GOOD_PASSWORD, messagesTo } from '../support/people.ts'

const CHAINS = 5

let node: FastNode

beforeAll(async () => {
  node = await startFastNode()
})

afterAll(() => node.stop())

it('shows what an answer led to, newest first, to whoever looks right after it', async () => {
  const visitor = createBalancedVisitor(node.url)
  const to = 'right-after@example.org'
  for (let sent = 1; sent <= CHAINS; sent++) {
    // Another browser each time: a new chain to the same contact.
    const other = createBalancedVisitor(node.url)
    await other.open(`${node.url}/sign-up?userType=user`)
    await other.submit('sign-up', { email: to, password: GOOD_PASSWORD })
    const [newest, ...older] = await messagesTo(node.url, to)
    expect(older).toHaveLength(sent - 1)
    expect(other.at.page.textContent).toContain(newest?.reference ?? 'no reference')
  }
  await visitor.open(`${node.url}/dev/outbox`)
  expect(visitor.at.text).toContain(to)
})
