import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { verifyRecords } from '../../src/domain/audit/index.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/ids.ts'
import { openData } from '../../src/open-data.ts'
import { auditOf } from '../support/audit-records.ts'
import { createBalancedVisitor } from '../support/balanced-visitor.ts'
import { roomyConfigDir } from '../support/config-dir.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { codeFor, GOOD_PASSWORD, signIn, tokensOf } from '../support/people.ts'
import { claimsOf, createRelyingParty } from '../support/relying-party.ts'
import { type SecondNode, startSecondNode } from '../support/second-node.ts'
import { shiftedClock } from '../support/shifted-clock.ts'

const SIGN_UPS = 200
const AT_ONCE = 6
const KILL_AFTER = 70
/** What the dead process held is then another's. */
const PAST_LEASES_SECONDS = 31

const clock = shiftedClock()
const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-'))
const configDir = roomyConfigDir()

afterAll(() => {
  for (const folder of [dataDir, configDir]) rmSync(folder, { recursive: true })
})

describe('a node that is killed during 200 sign-ups', () => {
  it('has lost no account that it acknowledged, and its audit chain is whole', async () => {
    const victim = await startSecondNode({ dataDir, configDir })
    const acknowledged = await signUpUntilKilled(victim)
    expect(acknowledged.length).toBeGreaterThanOrEqual(KILL_AFTER)
    expect(acknowledged.length).toBeLessThan(SIGN_UPS)

    const node = await startFastNode({ dataDir, clock })
    try {
      const subjects = acknowledged.map(async (email) => {
        const tokens = await tokensOf(await signIn(node.url, email))
        return claimsOf(tokens.access_token)['sub']
      })
      const accounts = new Set(await Promise.all(subjects))
      expect(accounts.size).toBe(acknowledged.length)

      const recorded = (await auditOf(node, 'sign-up.completed')).map(({ subjectId }) => subjectId)
      expect(new Set(recorded).size).toBe(recorded.length)
      for (const account of accounts) expect(recorded).toContain(account)
      await clock.later(PAST_LEASES_SECONDS, () => expectWholeChain(node))
    } finally {
      await node.stop()
    }
  }, 90_000)
})

/** Signs people up, many at once, and kills the node in the middle; answers whom it told that they have an account. */
async function signUpUntilKilled({ url, process: victim }: SecondNode): Promise<string[]> {
  const acknowledged: string[] = []
  let begun = 0

  async function one(): Promise<void> {
    while (begun < SIGN_UPS) {
      const email = `person${begun++}@example.org`
      const visitor = createBalancedVisitor(url)
      await visitor.open(createRelyingParty(url).authorize({ prompt: 'create' }).url)
      await visitor.submit('choose-type', { userType: 'user' })
      await visitor.submit('sign-up', { email, password: GOOD_PASSWORD })
      const form = visitor.fill('code', { code: await codeFor(url, email) })
      const { status, location } = await visitor.post(form)
      expect([status, location?.startsWith(`${url}/auth/`)]).toEqual([303, true])
      acknowledged.push(email)
      if (acknowledged.length === KILL_AFTER) victim.kill()
    }
  }

  const outcomes = await Promise.allSettled(Array.from({ length: AT_ONCE }, one))
  victim.kill()
  expect(await victim.exit()).toEqual({ code: null, signal: 'SIGKILL' })
  // What fails, fails because nobody answers any more, and not because of what was answered before.
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(String(outcome.reason)).toMatch(/fetch failed|terminated/)
  }
  return acknowledged
}

async function expectWholeChain(node: FastNode): Promise<void> {
  const { storage, keys } = await openData(node.settings, systemClock, systemRandom)
  try {
    for (let look = 0; look < 50 && (await storage.audit.countUnsealed()) > 0; look++) {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const report = await verifyRecords({ store: storage.audit, keys: keys.dataKeys('audit'), kept: null })
    expect(report).toMatchObject({ ok: true, problemCount: 0, unsealed: 0 })
    expect(report.records).toBeGreaterThan(KILL_AFTER)
  } finally {
    await storage.close()
  }
}
