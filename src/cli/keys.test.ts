import { beforeEach, describe, expect, it } from '@jest/globals'
import { movingClock } from '../../tests/support/moving-clock.ts'
import { temporaryStorage } from '../../tests/support/temporary-storage.ts'
import { type Audit, createAudit } from '../domain/audit/index.ts'
import { type Keys, openKeys } from '../domain/keys/index.ts'
import { systemRandom as random } from '../lib/ids.ts'
import { keysList, keysRotate } from './keys.ts'

const clock = movingClock(new Date('2026-08-09T10:40:12.480Z'))
const { storage } = temporaryStorage(clock)
let keys: Keys
let audit: Audit

beforeEach(async () => {
  keys = await openKeys({ store: storage().keys, masterKeys: [{ key: Buffer.alloc(32, 1) }], clock, random })
  audit = createAudit({ store: storage().audit, keys: keys.dataKeys('audit'), clock, random })
})

async function rotate(...args: string[]) {
  const lines: string[] = []
  const code = await keysRotate({ keys, audit, random }, args, (line) => lines.push(line))
  return { code, text: lines.join('\n') }
}

async function list(...args: string[]) {
  const lines: string[] = []
  const code = await keysList({ keys, clock }, args, (line) => lines.push(line))
  return { code, text: lines.join('\n') }
}

describe('keys rotate', () => {
  it('says which keys it made and from when they sign, and makes none while they wait', async () => {
    expect(await rotate()).toEqual({
      code: 0,
      text:
        'New keys: ES256/2, RS256/2, EdDSA/2. They sign from 2026-08-09T11:40:12.480Z; ' +
        'the former keys leave the key set at 2026-09-09T11:40:12.480Z.',
    })
    expect((await rotate()).text).toContain('sign from 2026-08-09T11:40:12.480Z; none were made')
    const [record, ...more] = await storage().audit.listUnsealed(10)
    expect(more).toEqual([])
    expect(JSON.parse(record?.body ?? '')).toMatchObject({
      event: 'key.rotated',
      step: 'keys rotate',
      details: {
        slots: ['ES256/2', 'RS256/2', 'EdDSA/2'],
        activeAt: '2026-08-09T11:40:12.480Z',
        formerRetiredAt: '2026-09-09T11:40:12.480Z',
      },
    })
  })

  it('drops the former keys where it is told to', async () => {
    expect((await rotate('--drop-old')).text).toContain('They sign now; the former keys are dropped.')
    expect(keys.signingKeys(clock.now())).toHaveLength(3)
  })

  it('ends with 2 where the command is wrong, and does nothing', async () => {
    expect((await rotate('--drop')).code).toBe(2)
    expect((await rotate('ES256')).code).toBe(2)
    expect(await storage().audit.countUnsealed()).toBe(0)
  })
})

describe('keys list', () => {
  it('shows when each key signs and how many lie under which master key, and no key', async () => {
    await rotate()
    const { code, text } = await list()
    expect(code).toBe(0)
    expect(text).toMatch(/^ES256\/1 +signs since 2026-08-09T\S+, leaves the key set at 2026-09-09T\S+$/m)
    expect(text).toMatch(/^ES256\/2 +signs from 2026-08-09T\S+$/m)
    expect(text).toMatch(/^master key [0-9a-f]{12}: 14 keys lie under it$/m)
    expect((await list('--json')).text).not.toContain('sealed')
  })
})
