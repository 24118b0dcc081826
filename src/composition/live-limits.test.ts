import { describe, expect, it } from '@jest/globals'
import type { AuditEvent } from '../domain/audit/index.ts'
import { limitsFileSchema } from '../domain/limits/index.ts'
import { systemRandom } from '../lib/ids.ts'
import { type RereadLimits, rereadLimits } from '../settings/index.ts'
import { followLimits } from './live-limits.ts'

function follow(first: string) {
  let text = first
  const recorded: AuditEvent[] = []
  const warned: object[] = []
  const live = followLimits({
    limits: limitsFileSchema.parse({ send: { totalPerHour: 7 } }),
    reread: () => reread(text),
    audit: { record: async (event) => void recorded.push(event) },
    random: systemRandom,
    log: { info: () => {}, warn: (what: object) => void warned.push(what) },
  })
  live.stop()
  const write = (next: string) => {
    text = next
    return live.look()
  }
  return { limits: live.limits, write, recorded, warned }
}

function reread(text: string): RereadLimits {
  return rereadLimits('/config', {
    readText: () => ({ ok: true, value: text }),
    readBytes: () => ({ ok: false, why: 'not asked for' }),
    absolute: (path) => path,
    terminal: false,
  })
}

describe('limits.json while the process runs', () => {
  it('changes the budgets for whoever holds them, and says so in one record', async () => {
    const { limits, write, recorded } = follow('{}')
    const { send } = limits
    await write('{"send":{"perCountryPerHour":50,"refuseCountries":["TJ"]}}')
    expect(send).toMatchObject({ perCountryPerHour: 50, refuseCountries: ['TJ'] })
    await write('{ "send": {"refuseCountries": ["TJ"], "perCountryPerHour": 50} }')
    expect(recorded).toHaveLength(1)
    expect(recorded[0]).toMatchObject({
      event: 'limits.changed',
      details: { changed: { perCountryPerHour: { from: 2000, to: 50 } } },
    })
  })

  it('counts only from its first change on', async () => {
    const { limits, write, recorded } = follow('{"send":{"totalPerHour":9}}')
    await write('{"send":{"totalPerHour":9}}')
    expect(limits.send.totalPerHour).toBe(7)
    expect(recorded).toEqual([])
  })

  it.each(['{"send":', '{"send":{"totalPerHour":0}}', '{"send":{"totalPerDay":5}}'])(
    'changes nothing while it has a mistake, and names it once: %s',
    async (mistaken) => {
      const { limits, write, recorded, warned } = follow('{}')
      await write(mistaken)
      await write(mistaken)
      expect(limits.send.totalPerHour).toBe(7)
      expect(warned).toEqual([{ problems: [expect.stringContaining('limits.json')] }])
      await write('{"send":{"totalPerHour":8}}')
      expect(limits.send.totalPerHour).toBe(8)
      expect(recorded).toHaveLength(1)
    },
  )
})
