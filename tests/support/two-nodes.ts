import { type BalancedVisitor, createBalancedVisitor } from './balanced-visitor.ts'
import type { MoreConfiguration } from './config-dir.ts'
import { type FastNode, startFastNode } from './fast-node.ts'
import { messagesTo, type OutboxMessage } from './people.ts'
import { startSecondNode } from './second-node.ts'

/** Two processes on one database: two nodes of one issuer, without the cost of bcrypt. */
export interface TwoNodes {
  readonly issuer: string
  /** Where each of them listens. */
  readonly urls: readonly [string, string]
  /** The one in this process. */
  readonly first: FastNode
  visitor(): BalancedVisitor
  /** Messages to one contact; either process may have sent them. Newest first. */
  messagesTo(to: string): Promise<OutboxMessage[]>
  /** The newest code, once there are `count` codes. */
  codeFor(to: string, count?: number): Promise<string>
  stop(): Promise<void>
}

const PATIENCE_LOOKS = 300

export async function startTwoNodes(more: MoreConfiguration = {}): Promise<TwoNodes> {
  const first = await startFastNode({}, more)
  const second = await startSecondNode({ ...first, issuer: first.url })
  const urls = [first.url, second.url] as const

  async function messages(to: string): Promise<OutboxMessage[]> {
    const found = await Promise.all(urls.map((url) => messagesTo(url, to)))
    return found.flat().sort((a, b) => b.at.localeCompare(a.at))
  }

  return {
    issuer: first.url,
    urls,
    first,
    visitor: () => createBalancedVisitor(first.url, urls),
    messagesTo: messages,
    async codeFor(to, count = 1) {
      for (let look = 0; look < PATIENCE_LOOKS; look++) {
        const codes = (await messages(to)).flatMap(({ code }) => (code === null ? [] : [code]))
        if (codes.length >= count && codes[0] !== undefined) return codes[0]
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      throw new Error(`No code reached ${to}.`)
    },
    async stop() {
      await second.process.stop()
      await first.stop()
    },
  }
}
