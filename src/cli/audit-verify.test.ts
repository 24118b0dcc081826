import { beforeEach, describe, expect, it } from '@jest/globals'
import { movingClock } from '../../tests/support/moving-clock.ts'
import { anAuditEntry } from '../../tests/support/records.ts'
import { temporaryStorage } from '../../tests/support/temporary-storage.ts'
import { type AuditStore, formatHead, sealRecords } from '../domain/audit/index.ts'
import { type Keys, openKeys } from '../domain/keys/index.ts'
import { systemRandom as random } from '../lib/ids.ts'
import { auditVerify } from './audit-verify.ts'

const clock = movingClock(new Date('2026-08-09T10:40:12.480Z'))
const { storage } = temporaryStorage(clock)
let keys: Keys

beforeEach(async () => {
  keys = await openKeys({ store: storage().keys, masterKeys: [{ key: Buffer.alloc(32, 1) }], clock, random })
  await storage().audit.append([anAuditEntry(), anAuditEntry(), anAuditEntry()])
  await seal()
})

function seal() {
  return sealRecords({ store: storage().audit, keys: keys.dataKeys('audit'), clock, limit: 100 })
}

async function run(args: readonly string[], audit: AuditStore = storage().audit) {
  const lines: string[] = []
  const code = await auditVerify({ audit }, keys, args, (line) => lines.push(line))
  return { code, text: lines.join('\n') }
}

/** The same store without its second record. */
function withoutSecond(): AuditStore {
  const { audit } = storage()
  return {
    ...audit,
    listSealed: async (after, limit) =>
      (await audit.listSealed(after, limit)).filter((one) => one.sequence !== 2),
  }
}

describe('audit verify', () => {
  it('ends with 0 and tells the head when the chain is whole', async () => {
    await storage().audit.append([anAuditEntry()])
    const head = await storage().audit.head()
    expect(await run([])).toEqual({
      code: 0,
      text: [
        'The audit chain is whole. Records: 3.',
        `Head ${head && formatHead(head)}, sealed at 2026-08-09T10:40:12.480Z.`,
        'Not sealed yet: 1.',
      ].join('\n'),
    })
  })

  it('ends with 1 and names the place when it is damaged', async () => {
    const { code, text } = await run([], withoutSecond())
    expect(code).toBe(1)
    expect(text).toContain('DAMAGED')
    expect(text).toContain('Missing: record 2.')
  })

  it('tells programs the same as JSON', async () => {
    const whole = JSON.parse((await run(['--json'])).text)
    expect(whole).toMatchObject({ ok: true, records: 3, unsealed: 0, problems: [], problemCount: 0 })
    expect(whole.head).toEqual({
      sequence: 3,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      sealedAt: '2026-08-09T10:40:12.480Z',
    })
    const damaged = await run(['--json'], withoutSecond())
    expect(damaged.code).toBe(1)
    expect(JSON.parse(damaged.text).problems).toEqual([{ kind: 'missing', from: 2, to: 2 }])
  })

  it('finds a head that was kept elsewhere, or says that it is gone', async () => {
    const head = await storage().audit.head()
    const kept = head ? formatHead(head) : ''
    await storage().audit.append([anAuditEntry()])
    await seal()
    expect((await run(['--head', kept])).code).toBe(0)
    const foreign = await run([`--head=3:${'0'.repeat(64)}`])
    expect(foreign.code).toBe(1)
    expect(foreign.text).toContain('The head given for record 3 is no part of this chain')
  })

  it('ends with 2 when the command is wrong', async () => {
    for (const args of [['--heads'], ['--head', 'x'], ['--head'], ['more']]) {
      const { code, text } = await run(args)
      expect(code).toBe(2)
      expect(text).toContain('latchkey audit verify [--head SEQUENCE:HASH] [--json]')
    }
  })

  it('explains itself', async () => {
    const { code, text } = await run(['--help'])
    expect(code).toBe(0)
    expect(text).toContain('--json')
  })
})
